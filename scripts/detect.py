"""Run a trained detector on images, folders, globs or videos.

Exit 0 when done, also where some pictures could not be read; 2 for bad usage or bad input.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from datasets.settings import MAX_PIXELS, MOST_PIXELS
from pipelines.system.command_line import Options, printable, real, run, whole

if TYPE_CHECKING:
    from pipelines.inference.detect import Summary

LISTED_PROBLEMS = 12  # lines on the terminal; summary.json has all


def parser() -> Options:
    """Return the command line's parser."""
    made = Options(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    made.add_argument("model", type=Path, metavar="RUN/models/PIPELINE", help="of a finished run")
    made.add_argument(
        "sources", nargs="+", metavar="SOURCE", help="an image, folder, 'glob/*.jpg' or video"
    )
    made.add_argument("--output", type=Path, metavar="DIR", help="default: runs/detect-<source>")
    made.add_argument("--overwrite", action="store_true", help="replace the results in DIR")
    made.add_argument("--format", choices=["coco", "csv"], default="coco", help="default: coco")
    made.add_argument("--no-draw", action="store_true", help="write results only, no pictures")
    made.add_argument(
        "--threshold",
        type=real(-1e6, 1e6),
        metavar="SCORE",
        help="least score; default: the run's, best for F1 on its validation split",
    )
    made.add_argument("--device", choices=["auto", "cpu", "gpu"], default="auto")
    made.add_argument(
        "--max-pixels",
        type=whole(1, MOST_PIXELS),
        default=MAX_PIXELS,
        metavar="N",
        help="of an image; default: dataset.max_pixels",
    )
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Detect; return the exit status."""
    return run("detect", parser(), argv, detected, "nothing was written")


def detected(arguments: argparse.Namespace) -> int:
    """Detect, write and print; return the exit status."""
    # From here on it takes a moment to import.
    from pipelines.inference.detect import DetectOptions, detect_sources, is_result
    from pipelines.inference.sources import found_sources
    from pipelines.runs.model_folder import Threshold, open_model, validated_threshold
    from pipelines.system.files import check_output
    from pipelines.system.progress import on_terminal

    model = open_model(arguments.model)
    threshold = validated_threshold(model)
    if arguments.threshold is not None:
        threshold = Threshold(arguments.threshold, "given as --threshold")
    sources = found_sources(arguments.sources)
    output = arguments.output or default_output(arguments.sources[0])
    check_output(
        output,
        "result of scripts/detect.py",
        is_result,
        overwrite=arguments.overwrite,
        apart_from=[
            *(Path(text) for text in arguments.sources if Path(text).is_dir()),
            *(source.path for source in sources),
        ],
    )
    note = "" if threshold.is_chosen else "note: "
    print(f"{note}score from {threshold.score:.4g}: {threshold.source}", file=sys.stderr)
    options = DetectOptions(
        threshold=threshold,
        format=arguments.format,
        draw=not arguments.no_draw,
        device=arguments.device,
        max_pixels=arguments.max_pixels,
    )
    show(detect_sources(model, sources, output, options, on_terminal), output)
    return 0


def default_output(source: str) -> Path:
    """Return ``runs/detect-<name>`` below the current folder."""
    name = Path(source).resolve().stem.strip("*?[] ") or "pictures"
    return Path("runs") / f"detect-{name}"


def show(summary: Summary, output: Path) -> None:
    """Print what was found, what could not be read, and where everything is."""
    print(
        f"{summary.detections} detections in {summary.pictures} pictures, "
        f"{summary.pictures_per_second:.1f} a second on {summary.device}"
    )
    if summary.pretrained_on:
        print(f"by a detector that is pre-trained on {summary.pretrained_on}")
    if problems := summary.unreadable:
        print(f"{len(problems)} could not be read:")
        for line in problems[:LISTED_PROBLEMS]:
            print(f"  {printable(line)}")
        if len(problems) > LISTED_PROBLEMS:
            print("  and more; summary.json lists all")
    pictures = ", annotated/" if (output / "annotated").is_dir() else ""
    print(f"{output}: {summary.results}{pictures}, summary.json")


if __name__ == "__main__":
    raise SystemExit(main())
