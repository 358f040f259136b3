"""Explain one image: which pixels mattered to each pipeline of a finished run.

Exit 0 when done, 2 for bad usage or bad input.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from datasets.errors import UserError
from pipelines.system.command_line import Options, run, whole


def parser() -> Options:
    """Return the command line's parser."""
    made = Options(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    made.add_argument("run", type=Path, metavar="RUN", help="folder of a finished comparison")
    made.add_argument("image", type=Path, metavar="IMAGE", help="any image file")
    made.add_argument("--output", type=Path, metavar="DIR", help="for PNG and SVG (RUN/explained)")
    made.add_argument(
        "--masks",
        type=whole(2, 10**6),
        default=256,
        metavar="N",
        help="of D-RISE (256); at least 2, one for each of two runs",
    )
    made.add_argument("--seed", type=whole(0), default=0, metavar="N", help="of the masks")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Explain; return the exit status."""
    return run("explain", parser(), argv, explained)


def explained(arguments: argparse.Namespace) -> int:
    """Check what was asked, then explain; return the exit status."""
    # From here on it takes seconds to import.
    from datasets.images import load_image
    from pipelines.runs.finished import read_metrics
    from pipelines.studies.study import pipelines_missing

    metrics = read_metrics(arguments.run)
    reason = pipelines_missing(metrics["settings"].get("pipelines", ("classical", "yolo")))
    if reason:
        raise UserError(f"{arguments.run}: {reason}")
    return explain_one(metrics, arguments, load_image(arguments.image))


def explain_one(metrics: dict[str, Any], arguments: argparse.Namespace, image: Any) -> int:
    """Explain the image, write the pictures and print the figures."""
    from pipelines.studies.common.plots import save
    from pipelines.studies.interpretability.explain_image import draw_explanations, explain
    from pipelines.studies.interpretability.explainers import load_explainer
    from pipelines.system import runtime
    from pipelines.system.progress import on_terminal

    threads = runtime.usable_cores()
    runtime.set_threads(threads)
    runtime.choose_device("cpu")
    names = ("classical", "yolo")
    explainers = {name: load_explainer(name, arguments.run, threads) for name in names}
    thresholds = {
        name: metrics["pipelines"][name]["quality"]["operating_point"]["threshold"]
        for name in names
    }
    classes = tuple(metrics["dataset"]["classes"])
    found = explain(explainers, image, thresholds, arguments.masks, arguments.seed, on_terminal)
    if not found:
        print(f"{arguments.image}: neither pipeline finds anything that there is to explain")
        return 0
    folder = arguments.output or arguments.run / "explained"
    save(draw_explanations(image, found, classes), folder, arguments.image.stem)
    for each in found:
        told = ", ".join(
            f"{method} deletion {each.deletion[method]:.3f} insertion {each.insertion[method]:.3f}"
            for method in each.maps
        )
        print(
            f"{each.pipeline}: {classes[each.target.label]} {each.score:.3f}; {told}; "
            f"two runs of D-RISE agree by {each.agreement:.2f}"
        )
    print(f"{folder}: {arguments.image.stem}.png and .svg")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
