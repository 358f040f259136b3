"""Score any tool's COCO-format results beside each other, with intervals and verdicts.

Exit 0 when done, 2 for bad usage or bad input.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from pipelines.settings import ScoringSettings, named_file
from pipelines.system.command_line import Options, run


def parser() -> Options:
    """Return the command line's parser."""
    made = Options(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    made.add_argument("--ground-truth", type=Path, required=True, metavar="gt.json", help="COCO")
    made.add_argument(
        "--detections",
        type=named_file,
        nargs="+",
        action="extend",
        required=True,
        metavar="NAME=det.json",
        help="COCO results of the same images",
    )
    made.add_argument("--output", type=Path, required=True, metavar="DIR", help="a new folder")
    made.add_argument("--overwrite", action="store_true", help="replace the metrics.json in DIR")
    made.add_argument("--iou", type=float, metavar="IOU", help="give mAP at this IoU too, as 0.3")
    made.add_argument(
        "--inclusive-pixels",
        action="store_true",
        help="boxes end with their last pixel, as the corners in Pascal VOC's files",
    )
    made.add_argument("--seed", type=int, default=0, metavar="N", help="of the resamples")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Score the files; return the exit status."""
    return run("evaluate_detections", parser(), argv, evaluated)


def evaluated(arguments: argparse.Namespace) -> int:
    """Score the files and print; return the exit status."""
    # From here on it takes a second to import.
    from rich.console import Console

    from pipelines.benchmark.score import compare_files
    from pipelines.report.terminal.run import closing_tables

    settings = ScoringSettings(
        ground_truth=str(arguments.ground_truth),
        detections=tuple(arguments.detections),
        iou=arguments.iou,
        inclusive_pixels=arguments.inclusive_pixels,
        seed=arguments.seed,
    )
    metrics = compare_files(settings, arguments.output, overwrite=arguments.overwrite)
    console = Console()
    for table in closing_tables(metrics):
        console.print(table)
    console.print(f"[bold]{arguments.output}[/bold]: metrics.json")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
