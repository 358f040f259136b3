"""Read every input of a folder of cases and print how each comes out.

A case is a folder with a ``set`` and the boxes that are right (``expected.json``), or a ``gt.json``
and a ``det.json``, or videos. *right*: the right boxes, or a sentence that says what is wrong;
*silent*: other boxes, and no such sentence; *message*: the right boxes, but what there is to say is
not said; *refusal*: refused without saying what to do; *crash*: any other exception.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from datasets.annotations import Dataset
from datasets.errors import UserError
from pipelines.system.command_line import Options, command

TOLERANCE_PX = 1.01  # of a corner
GOOD_SCORE = 0.3  # mAP@.50 that all results of the cases reach where they are read right

# A pattern for each case: what has to be said even where all boxes are right, ...
NEEDED = r"""c01 outline; c02 outline|mask; c16 dataset\.split; d01 of 30 frames;
e05 not list; e13 annotation; i01 12 bits; m01 val.* no object; s10 ^(?!.*a row without four);
v03 outline; v22 dataset\.split; y07 p8\.heic.*p9|p9.*p8\.heic; y34 twice"""
# ... and what is enough where the boxes can't be right, or the format is not read.
ENOUGH = r"""c03 one id; c15 category null; c05 fractions; c24 counted; e01 file names; e14 area;
j01 LabelMe; j02 VGG; j04 Label Studio; m09 difficult; s04 column; s05 no header; s06
column; s08 VGG; s09 description; s13 column; s15 no header|AutoML; s21 column; v01
Unspecified; v07 save it as UTF-8; v10 CVAT; y02b quote; y03c quote; y08
classes\.txt.*(other|disagree); y10 \.jpg\.txt; y27 OIDv4; y30 corners"""

OPTIONS = Options(__doc__)
default = Path(__file__).resolve().parents[2].parent / "shared" / "cases"
OPTIONS.add_argument("cases", type=Path, nargs="?", default=default, metavar="DIR")


@command("measure_cases", OPTIONS)
def main(arguments: argparse.Namespace) -> int:
    """Read all cases and print; return 0."""
    folders = sorted(path for path in arguments.cases.glob("*") if path.is_dir())
    count: Counter[str] = Counter()
    for folder in folders:
        with tempfile.TemporaryDirectory() as place:
            case = Path(shutil.copytree(folder, Path(place) / folder.name))
            if (case / "make.py").exists():
                subprocess.run([sys.executable, str(case / "make.py")], check=True)
            result, words = outcome(case)
        count[result] += 1
        print(f"{result:8} {folder.name:40} {'; '.join(words)[:300]!a}")
    print(", ".join(f"{number} {result}" for result, number in count.most_common()))
    return 0


def outcome(case: Path) -> tuple[str, list[str]]:
    """Return how a case comes out and all that was said."""
    words: list[str] = []
    needed, enough = (pattern_of(case.name, table) for table in (NEEDED, ENOUGH))
    try:
        if (case / "set").exists():
            is_right = read_set(case, words)
        else:
            is_right = (score if (case / "gt.json").exists() else read_videos)(case, words)
    except UserError as error:
        words.append(str(error).replace(str(case), ""))
        return "right" if enough and re.search(enough, "; ".join(words)) else "refusal", words
    except Exception as error:
        return "crash", [*words, repr(error)]
    if is_right and re.search(needed, "; ".join(words)):
        return "right", words
    if enough and re.search(enough, "; ".join(words)):
        return "right", words
    return "message" if is_right and words else "silent", words


def pattern_of(name: str, table: str) -> str:
    """Return a case's pattern in a table, empty without one."""
    rows = dict(row.split(maxsplit=1) for row in table.split(";"))
    return rows.get(name.partition("_")[0], "")


def read_set(case: Path, words: list[str]) -> bool:
    """Say whether a set's boxes are those expected; print it as the look at a set does."""
    from datasets.progress import silently
    from datasets.reading import read_folder
    from datasets.settings import DatasetSettings
    from pipelines.report.inspection import inspect
    from pipelines.report.terminal.inspection import inspection_text
    from pipelines.system.terminal import Terminal

    settings = DatasetSettings()
    found = read_folder(case / "set", "auto", silently, settings)
    _, numbers = inspect(found, settings, case / "look", silently, 1, decode=True)
    words += numbers.problems
    Terminal(file=io.StringIO()).print(*inspection_text(numbers))
    return same_boxes(found, json.loads((case / "expected.json").read_text("utf-8")))


def same_boxes(dataset: Dataset, expected: dict[str, list[list[float | str]]]) -> bool:
    """Say whether a set has the boxes expected of each image, none of them ignored."""
    images = [image for found in dataset.splits.values() for image in found]
    if not {*expected} & {image.name for image in images}:  # then what is expected says nothing
        return not any(image.annotations.ignore.any() for image in images)
    left = {name: sorted((str(b[4]), b[:4]) for b in boxes) for name, boxes in expected.items()}
    for image in images:
        truth = image.annotations
        names = [dataset.classes[label] for label in truth.labels[~truth.ignore]]
        found = sorted(zip(names, truth.boxes[~truth.ignore].tolist(), strict=True))
        wanted = left.pop(image.name, [])
        if [name for name, _ in found] != [name for name, _ in wanted]:
            return False
        pairs = [[box for _, box in boxes] for boxes in (found, wanted)]
        if np.abs(np.diff(np.array(pairs, float), axis=0)).max(initial=0) > TOLERANCE_PX:
            return False
    return not any(left.values())


def score(case: Path, words: list[str]) -> bool:
    """Say whether results score as well as they do where all is right."""
    from pipelines.benchmark.score import outside_detections
    from pipelines.evaluation.coco_files.results import read_ground_truth
    from pipelines.evaluation.quality import score as quality_of
    from pipelines.settings import NamedFile

    truth = read_ground_truth(case / "gt.json")
    found, notes = outside_detections([NamedFile("other", str(case / "det.json"))], truth)
    words += notes
    return quality_of(truth.annotations, found["other"], truth.classes).map_50 >= GOOD_SCORE


def read_videos(case: Path, words: list[str]) -> bool:
    """Read every frame; say whether any came."""
    from datasets.images import ImageError
    from pipelines.inference.sources import found_sources, pictures

    frames = 0
    for picture in pictures(found_sources([str(case)]), 10**8):
        try:
            picture.read()
            frames += 1
        except ImageError as error:
            words.append(str(error))
    return frames > 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
