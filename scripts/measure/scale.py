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
from collections.abc import Iterable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from pipelines.system.command_line import Options, command, whole
from scripts.measure.common import Cost, costly, opened

CLASSES, SIDE_PX, OUTLINE_POINTS = 80, 64, 24

OPTIONS = Options(__doc__)
option = OPTIONS.add_argument
option("--images", type=whole(1), default=118_000, metavar="N")
option("--boxes", type=whole(1), default=860_000, metavar="N")
option("--keep", type=Path, metavar="DIR", help="make the set there, or use it")
option("--inspect", action="store_true", help="also inspect it, which decodes every image")


@command("measure_scale", OPTIONS)
def main(arguments: argparse.Namespace) -> int:
    """Make, read, print; return 0."""
    from pipelines.system.processes import in_own_process

    with tempfile.TemporaryDirectory() as place:
        folder = arguments.keep or Path(place) / "coco"
        if not folder.exists():
            size, cost = costly(lambda: make_set(folder, arguments.images, arguments.boxes))
            print(f"made in {cost.seconds:.0f} s; JSON of {size / 2**20:.0f} MiB")
        print("read and checked:", in_own_process(read, folder))
        if arguments.inspect:
            print("inspected:", in_own_process(inspected, folder, Path(place) / "inspected"))
    return 0


def make_set(folder: Path, images: int, boxes: int) -> int:
    """Write the set and return the size of its JSON file in bytes."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.effect_noise((SIDE_PX, SIDE_PX), 40).convert("RGB").save(buffer, "JPEG")
    (folder / "train2017").mkdir(parents=True)
    (folder / "annotations").mkdir()
    for number in range(images):
        # Bytes behind the end of a JPEG are not decoded, but make the file another one.
        path = folder / "train2017" / f"{number:012}.jpg"
        path.write_bytes(buffer.getvalue() + number.to_bytes(8))
    path = folder / "annotations" / "instances_train2017.json"
    lists: dict[str, Iterable[object]] = {
        "images": (
            {"id": n, "file_name": f"{n:012}.jpg", "width": SIDE_PX, "height": SIDE_PX}
            for n in range(images)
        ),
        "annotations": (_annotation(number, images) for number in range(boxes)),
        "categories": ({"id": 7 * n + 1, "name": f"class {n:02}"} for n in range(CLASSES)),
    }
    with path.open("w", encoding="utf-8") as stream:
        stream.write('{"info": {}')
        for name, rows in lists.items():
            stream.write(f', "{name}": [{",".join(map(json.dumps, rows))}]')
        stream.write("}")
    return path.stat().st_size


def _annotation(number: int, images: int) -> dict[str, object]:
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


def read(folder: Path) -> str:
    """Read the set as the main job does before it decodes an image; return what it took."""
    dataset, cost = costly(lambda: opened(str(folder)))
    images = [image for split in dataset.splits.values() for image in split]
    boxes = sum(len(image.annotations) for image in images)
    return f"{in_words(cost)}; {len(images)} images, {boxes} boxes"


def inspected(folder: Path, output: Path) -> str:
    """Inspect the set as `inspect_dataset.py` does; return what it took."""
    from datasets.progress import silently
    from datasets.reading import read_folder
    from datasets.settings import DatasetSettings
    from pipelines.report.inspection import inspect
    from pipelines.system import runtime

    settings, cores = DatasetSettings(), runtime.usable_cores()
    read_it = partial(read_folder, folder, "auto", silently, settings, cores)
    _, cost = costly(lambda: inspect(read_it(), settings, output, silently, cores, decode=True))
    return in_words(cost)


def in_words(cost: Cost) -> str:
    """Return time and memory as a text."""
    cores = f"{cost.cpu_seconds:.1f} s of all cores"
    return f"{cost.seconds:.1f} s, {cores}, at most {cost.peak_mib:.0f} MiB"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
