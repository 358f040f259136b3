"""Write a trained YOLO network for other programs, described and checked.

Exit 0 when done, 1 where the exported network gives other boxes, 2 for bad usage or bad input.
"""

from __future__ import annotations

import argparse
import math
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import pipelines.system.interrupted_imports  # noqa: F401 - for what it does
from datasets.errors import UserError
from pipelines.system.command_line import Options, command, say

if TYPE_CHECKING:
    from pipelines.export.agreement import Agreement
    from pipelines.export.description import MapCheck, NoiseCheck

OPTIONS = Options(__doc__)
option = OPTIONS.add_argument
option("model", type=Path, metavar="RUN/models/yolo", help="of a finished run")
option("--to", required=True, choices=["litert", "onnx", "saved_model"])
option("--int8", action="store_true", help="smaller and less exact; LiteRT only")
option("--output", type=Path, metavar="DIR", help="default: exports/RUN-FORM")
option("--overwrite", action="store_true", help="replace the export in DIR")
option("--dataset", metavar="PATH", help="where the run's data set is now")


@command("export", OPTIONS, "nothing half done was left")
def main(arguments: argparse.Namespace) -> int:
    """Export, check and print; return the exit status."""
    # From here on it takes a moment to import, and TensorFlow's seconds once the options are right.
    from pipelines.contenders import contender
    from pipelines.export.network import DESCRIPTION, ExportOptions, export_network, is_export
    from pipelines.runs.model_folder import open_model
    from pipelines.system.files import followed
    from pipelines.system.output_lock import claimed
    from pipelines.system.progress import on_terminal
    from pipelines.system.temporary import own_temporary_files

    options = ExportOptions(arguments.to, arguments.int8, arguments.dataset)
    model = open_model(arguments.model)
    row = contender(model.contender)
    if not row.is_network:
        raise UserError(
            f"{row.label} has no network to export; all of it is in {model.path}, which "
            "scripts/detect.py runs wherever the folder is put"
        )
    form = f"{options.form}{'-int8' if options.int8 else ''}"
    name = f"{(model.run or model.path).name}-{form}"
    output = followed(arguments.output or Path("exports") / name)
    for needed in ("tf2onnx", "onnxruntime") if options.form == "onnx" else ():
        if find_spec(needed) is None:
            raise UserError(f"ONNX needs {needed}; pip install '.[export]' brings it")
    free = claimed(output, "export", is_export, overwrite=arguments.overwrite)
    with free, own_temporary_files():
        description = export_network(model, options, output, on_terminal)
    say(*check_lines(description.check))
    say(f"{output}: {description.network}, {DESCRIPTION}")
    return 0


def check_lines(check: Agreement | MapCheck | NoiseCheck) -> list[str]:
    """Return what the check found, line by line."""
    from pipelines.export.description import MapCheck, NoiseCheck

    if isinstance(check, NoiseCheck):
        return [
            f"note: not checked on images: {check.unreachable}",
            f"raw outputs for noise differ by at most {check.largest_raw_difference_on_noise:.2g}",
        ]
    if isinstance(check, MapCheck):
        return [
            f"{figure}: {check.exported[figure]:.4f}, the original {check.original[figure]:.4f}, "
            f"difference {more.difference:+.4f} (95 % {_span(*more.interval_95)}) "
            f"on {check.images} test images"
            for figure, more in check.exported_minus_original.items()
        ]
    if not check.detections:
        return [f"neither finds anything in {check.images} test images"]
    return [
        f"{check.matches} of {check.detections} detections in {check.images} test images "
        f"match in both: least IoU {check.least_iou:.6f}, scores differ by at most "
        f"{check.largest_score_difference:.1e}"
    ]


def _span(low: float, high: float) -> str:
    return "unknown" if math.isnan(low + high) else f"{low:+.4f} to {high:+.4f}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
