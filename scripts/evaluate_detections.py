"""Score any tool's COCO-format results beside each other, with intervals and verdicts.

Exit 0 when done, 2 for bad usage or bad input.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import pipelines.system.interrupted_imports  # noqa: F401 - for what it does
from pipelines.settings import ScoringSettings, named_file
from pipelines.system.command_line import Options, command

OPTIONS = Options(__doc__)
option = OPTIONS.add_argument
option("--ground-truth", type=Path, required=True, metavar="gt.json", help="COCO")
results = "COCO results of the same images"
several = partial(option, nargs="+", action="extend", metavar="NAME=det.json", help=results)
several("--detections", type=named_file, required=True)
option("--output", type=Path, required=True, metavar="DIR", help="a new folder")
option("--overwrite", action="store_true", help="replace the metrics.json in DIR")
option("--iou", type=float, metavar="IOU", help="give mAP at this IoU too, as 0.3")
corners = "boxes end with their last pixel, as the corners in Pascal VOC's files"
option("--inclusive-pixels", action="store_true", help=corners)
option("--seed", type=int, default=0, metavar="N", help="of the resamples")


@command("evaluate_detections", OPTIONS)
def main(arguments: argparse.Namespace) -> int:
    """Score the files and print; return the exit status."""
    # From here on it takes a second to import.
    from rich.markup import escape

    from pipelines.benchmark.score import compare_files
    from pipelines.report.terminal.run import closing_tables
    from pipelines.system.terminal import Terminal

    settings = ScoringSettings(
        ground_truth=str(arguments.ground_truth),
        detections=tuple(arguments.detections),
        iou=arguments.iou,
        inclusive_pixels=arguments.inclusive_pixels,
        seed=arguments.seed,
    )
    metrics = compare_files(settings, arguments.output, overwrite=arguments.overwrite)
    shown = escape(str(arguments.output))
    Terminal().print(*closing_tables(metrics), f"[bold]{shown}[/bold]: metrics.json")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
