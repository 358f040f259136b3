"""Run a trained detector on images, folders, globs or videos.

Exit 0 when done, also where some pictures could not be read; 2 for bad usage or bad input.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

LISTED_PROBLEMS = 12  # lines on the terminal; summary.json has all


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    made = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
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
        type=float,
        metavar="SCORE",
        help="least score; default: the run's, best for F1 on its validation split",
    )
    made.add_argument("--device", choices=["auto", "cpu", "gpu"], default="auto")
    made.add_argument(
        "--max-pixels", type=int, metavar="N", help="of an image; default: dataset.max_pixels"
    )
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Detect; return the exit status."""
    arguments = parser().parse_args(argv)
    # From here on it takes a moment to import.
    from datasets.settings import MAX_PIXELS, MOST_PIXELS
    from pipelines.detecting import Wish, check_output, detect_sources
    from pipelines.model_folder import (
        ModelFolderError,
        Threshold,
        open_model,
        validated_threshold,
    )
    from pipelines.progress import on_terminal
    from pipelines.run_folder import RunFolderError
    from pipelines.runtime import DeviceError
    from pipelines.sources import SourceError, found_sources

    max_pixels = MAX_PIXELS if arguments.max_pixels is None else arguments.max_pixels
    if not 0 < max_pixels <= MOST_PIXELS:
        return refuse(f"--max-pixels must be from 1 to {MOST_PIXELS}")
    if arguments.threshold is not None and not math.isfinite(arguments.threshold):
        return refuse("--threshold must be a number")
    try:
        model = open_model(arguments.model)
        threshold = validated_threshold(model)
        if arguments.threshold is not None:
            threshold = Threshold(arguments.threshold, "given as --threshold")
        sources = found_sources(arguments.sources)
        output = arguments.output or default_output(arguments.sources[0])
        check_output(output, arguments.sources, sources, overwrite=arguments.overwrite)
        note = "" if threshold.is_chosen else "note: "
        print(f"{note}score from {threshold.score:.4g}: {threshold.source}", file=sys.stderr)
        told = detect_sources(
            model,
            sources,
            output,
            Wish(threshold, arguments.format, not arguments.no_draw, arguments.device, max_pixels),
            on_terminal,
        )
    except (ModelFolderError, SourceError, RunFolderError, DeviceError) as error:
        return refuse(str(error))
    except KeyboardInterrupt:
        print("\nstopped; nothing was written")
        return 130
    show(told, output)
    return 0


def default_output(source: str) -> Path:
    """Return ``runs/detect-<name>`` below the current folder."""
    name = Path(source).resolve().stem.strip("*?[] ") or "pictures"
    return Path("runs") / f"detect-{name}"


def show(told: dict[str, Any], output: Path) -> None:
    """Print what was found, what could not be read, and where everything is."""
    print(
        f"{told['detections']} detections in {told['pictures']} pictures, "
        f"{told['pictures_per_second']:.1f} a second on {told['device']}"
    )
    if told["pretrained_on"]:
        print(f"by a detector that is pre-trained on {told['pretrained_on']}")
    problems = told["unreadable"]
    if problems:
        print(f"{len(problems)} could not be read:")
        for line in problems[:LISTED_PROBLEMS]:
            print(f"  {line}")
        if len(problems) > LISTED_PROBLEMS:
            print("  and more; summary.json lists all")
    pictures = ", annotated/" if (output / "annotated").is_dir() else ""
    print(f"{output}: {told['results']}{pictures}, summary.json")


def refuse(sentence: str) -> int:
    """Print one sentence; return 2."""
    print(f"detect: {sentence}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    raise SystemExit(main())
