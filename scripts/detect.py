"""Run a trained detector on images, folders, globs, videos or a camera.

Exit 0 when done, also where some pictures could not be read; 2 for bad usage or bad input.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import pipelines.system.interrupted_imports  # noqa: F401 - for what it does
from datasets.path_names import real_path
from datasets.settings import MAX_PIXELS, MOST_PIXELS
from pipelines.system.command_line import Options, command, real, say, whole

if TYPE_CHECKING:
    from pipelines.inference.detect import Summary

LISTED_PROBLEMS = 12  # lines on the terminal; summary.json has all

OPTIONS = Options(__doc__)
option = OPTIONS.add_argument
option("model", type=Path, metavar="RUN/models/PIPELINE", help="of a finished run")
given = "images, folders, 'glob/*.jpg', videos; or a camera's number or rtsp://… address"
option("sources", nargs="+", metavar="SOURCE", help=given)
option("--output", type=Path, metavar="DIR", help="default: runs/detect-<source>")
option("--overwrite", action="store_true", help="replace the results in DIR")
option("--format", choices=["coco", "csv"], default="coco", help="default: coco")
option("--no-draw", action="store_true", help="write results only, no pictures")
least = "least score; default: the run's, chosen on its validation split"
option("--threshold", type=real(-1e6, 1e6), metavar="SCORE", help=least)
option("--device", choices=["auto", "cpu", "gpu"], default="auto")
others = "scheduler of a Dask cluster that detects in the images, as tcp://10.0.0.1:8786"
option("--cluster", metavar="ADDRESS", help=others)
pixels = partial(option, default=MAX_PIXELS, help="of an image; default: dataset.max_pixels")
pixels("--max-pixels", type=whole(1, MOST_PIXELS), metavar="N")


@command("detect", OPTIONS, "nothing half done was left")
def main(arguments: argparse.Namespace) -> int:
    """Detect, write and print; return the exit status."""
    # From here on it takes a moment to import.
    from pipelines.inference.detect import detect_sources, is_result
    from pipelines.inference.engines import DetectOptions
    from pipelines.inference.sources import found_sources
    from pipelines.runs.model_folder import Threshold, open_model, validated_threshold
    from pipelines.system.files import followed
    from pipelines.system.fonts import undrawn
    from pipelines.system.output_lock import claimed
    from pipelines.system.progress import on_terminal
    from pipelines.system.temporary import own_temporary_files

    model = open_model(arguments.model)
    threshold = validated_threshold(model)
    if arguments.threshold is not None:
        threshold = Threshold(arguments.threshold, "given as --threshold")
    sources = found_sources(arguments.sources)
    name = real_path(Path(arguments.sources[0])).stem.strip("*?[] ") or "pictures"
    if sources[0].camera is not None:
        name = Path(sources[0].name).name
        say(f"{sources[0].name}: Ctrl-C stops it and keeps what was found", error=True)
    output = followed(arguments.output or Path("runs") / f"detect-{name}")
    folders = [Path(text) for text in arguments.sources if Path(text).is_dir()]
    note = "" if threshold.is_chosen else "note: "
    options = DetectOptions(
        threshold,
        arguments.format,
        draw=not arguments.no_draw,
        device=arguments.device,
        max_pixels=arguments.max_pixels,
        cluster=arguments.cluster,
    )
    free = claimed(
        output,
        "result of scripts/detect.py",
        is_result,
        overwrite=arguments.overwrite,
        apart_from=[*folders, *(s.path for s in sources if s.camera is None)],
    )
    with free, own_temporary_files():
        say(f"{note}score from {threshold.score:.4g}: {threshold.source}", error=True)
        if not arguments.no_draw and (missing := undrawn(model.classes)):
            say(f"note: {missing}", error=True)
        summary = detect_sources(model, sources, output, options, on_terminal)
    show(summary, output)
    return 0


def show(summary: Summary, output: Path) -> None:
    """Print what was found, what could not be read, and where everything is."""
    print(
        f"{summary.detections} detections in {summary.pictures} pictures, "
        f"{summary.pictures_per_second:.1f} a second on {summary.device}"
    )
    if summary.pretrained_on:
        say(f"by a detector that is pre-trained on {summary.pretrained_on}")
    if summary.passed_over:
        print(f"{summary.passed_over} frames came faster than that and were passed over")
    if problems := summary.unreadable:
        print(f"{len(problems)} could not be read:")
        for line in problems[:LISTED_PROBLEMS]:
            say(f"  {line}")
        if len(problems) > LISTED_PROBLEMS:
            print("  and more; summary.json lists all")
    pictures = ", annotated/" if (output / "annotated").is_dir() else ""
    say(f"{output}: {summary.results}{pictures}, summary.json")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
