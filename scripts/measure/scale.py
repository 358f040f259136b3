"""Measure how long a set of COCO's size takes to read and check, and how much memory.

Makes the set in a temporary folder: 118,000 small images that differ in content and a JSON file
with 860,000 boxes and their outlines, then reads it in a process of its own.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from datasets.progress import silently
from pipelines.system import runtime
from pipelines.system.command_line import Options, run, whole
from pipelines.system.processes import in_own_process

CLASSES, SIDE_PX, OUTLINE_POINTS = 80, 64, 24


def parser() -> Options:
    """Return the command line's parser."""
    made = Options(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    made.add_argument("--images", type=whole(1), default=118_000, metavar="N")
    made.add_argument("--boxes", type=whole(1), default=860_000, metavar="N")
    made.add_argument("--keep", type=Path, metavar="DIR", help="make the set there, or use it")
    made.add_argument(
        "--inspect", action="store_true", help="also decode every image, as a look does"
    )
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Measure; return the exit status."""
    return run("measure_scale", parser(), argv, measured)


def measured(arguments: argparse.Namespace) -> int:
    """Make, read, print; return 0."""
    with tempfile.TemporaryDirectory() as place:
        folder = arguments.keep or Path(place) / "coco"
        if not folder.exists():
            started = time.perf_counter()
            size = make_set(folder, arguments.images, arguments.boxes)
            print(f"made in {time.perf_counter() - started:.0f} s; JSON of {size / 2**20:.0f} MiB")
        print("read and checked:", json.dumps(in_own_process(read, folder)))
        if arguments.inspect:
            print("inspected:", json.dumps(in_own_process(look, folder, Path(place) / "look")))
    return 0


def make_set(folder: Path, images: int, boxes: int) -> int:
    """Write the set and return the size of its JSON file in bytes."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.effect_noise((SIDE_PX, SIDE_PX), 40).convert("RGB").save(buffer, "JPEG")
    pixels = buffer.getvalue()
    (folder / "train2017").mkdir(parents=True)
    (folder / "annotations").mkdir()
    for number in range(images):
        # Bytes behind the end of a JPEG are not looked at, but make the file another one.
        path = folder / "train2017" / f"{number:012}.jpg"
        path.write_bytes(pixels + number.to_bytes(8))
    path = folder / "annotations" / "instances_train2017.json"
    with path.open("w", encoding="utf-8") as stream:
        stream.write('{"info": {}, "images": [')
        for number in range(images):
            entry = {
                "id": number,
                "file_name": f"{number:012}.jpg",
                "width": SIDE_PX,
                "height": SIDE_PX,
            }
            stream.write(("," if number else "") + json.dumps(entry))
        stream.write('], "annotations": [')
        for number in range(boxes):
            stream.write(("," if number else "") + json.dumps(_annotation(number, images)))
        categories = [{"id": 7 * n + 1, "name": f"class {n:02}"} for n in range(CLASSES)]
        stream.write(f'], "categories": {json.dumps(categories)}}}')
    return path.stat().st_size


def _annotation(number: int, images: int) -> dict[str, Any]:
    chance = random.Random(number)  # noqa: S311 - no secret
    x, y = chance.uniform(0, SIDE_PX / 2), chance.uniform(0, SIDE_PX / 2)
    outline = [round(chance.uniform(0, SIDE_PX), 2) for _ in range(2 * OUTLINE_POINTS)]
    return {
        "id": number,
        "image_id": chance.randrange(images),
        "category_id": 7 * chance.randrange(CLASSES) + 1,
        "bbox": [round(x, 2), round(y, 2), round(SIDE_PX / 3, 2), round(SIDE_PX / 4, 2)],
        "area": SIDE_PX * SIDE_PX / 12,
        "iscrowd": 0,
        "segmentation": [outline],
    }


def read(folder: Path) -> dict[str, Any]:
    """Read the set as the main job does before it decodes an image."""
    from datasets.reading import read_dataset

    started, worked = time.perf_counter(), time.process_time()
    dataset = read_dataset(folder)
    return {
        "seconds": round(time.perf_counter() - started, 1),
        "cpu_seconds": round(time.process_time() - worked, 1),
        "peak_rss_mib": round(runtime.peak_rss_mb()),
        "images": sum(len(images) for images in dataset.splits.values()),
        "boxes": sum(len(i.annotations) for images in dataset.splits.values() for i in images),
    }


def look(folder: Path, output: Path) -> dict[str, Any]:
    """Look at the set as `inspect_dataset.py` does."""
    from datasets.reading import read_folder
    from datasets.settings import DatasetSettings
    from pipelines.inspection import inspect

    started, worked = time.perf_counter(), time.process_time()
    settings = DatasetSettings()
    found = read_folder(folder, "auto", silently, settings)
    inspect(found, settings, output, silently, runtime.usable_cores(), decode=True)
    return {
        "seconds": round(time.perf_counter() - started, 1),
        "cpu_seconds": round(time.process_time() - worked, 1),
        "peak_rss_mib": round(runtime.peak_rss_mb()),
    }


if __name__ == "__main__":
    raise SystemExit(main())
