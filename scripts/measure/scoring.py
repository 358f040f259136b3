"""Measure the evaluator on simulated boxes: seconds, memory, and agreement with pycocotools.

    python scripts/measure/scoring.py                       # as large as COCO's validation split
    python scripts/measure/scoring.py --images 72 --objects 945 --detections 7200 --classes 3
    python scripts/measure/scoring.py --pycocotools --fixtures 200 --run runs/BCCD

pycocotools, which comes with the extra ``test``, then scores the same boxes, so many small sets and
a run's detections. The exit status is 1 if one of the twelve COCO figures differs by over 1e-9.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import numpy as np

from datasets.annotations import Annotations
from datasets.boxes import Boxes
from pipelines.detections import Detections
from pipelines.evaluation.coco_files.format import ground_truth_to_coco
from pipelines.evaluation.coco_files.own_detections import detections_to_coco
from pipelines.evaluation.coco_files.results import read_ground_truth, read_rows
from pipelines.evaluation.coco_files.rows import as_detections
from pipelines.evaluation.quality import Quality, evaluation_set, quality_of, score
from pipelines.evaluation.resampling import RESAMPLES, Units, figures_of
from pipelines.evaluation.significance import differences
from pipelines.evaluation.undefined import plain
from pipelines.runs.detection_files import DETECTIONS, GROUND_TRUTH
from pipelines.system.command_line import Options, command, whole
from pipelines.system.progress import on_terminal
from scripts.measure.common import costly

TWELVE = (
    *("map_50_95", "map_50", "map_75", "small", "medium", "large"),
    *("average_recall_1", "average_recall_10", "average_recall"),
    *("average_recall_small", "average_recall_medium", "average_recall_large"),
)

OPTIONS = Options(__doc__)
option = OPTIONS.add_argument
option("--images", type=whole(1), default=5000)
option("--objects", type=whole(1), default=36_825)
option("--detections", type=whole(1), default=330_000)
option("--classes", type=whole(1), default=80)
option("--pycocotools", action="store_true", help="score by it too")
option("--fixtures", type=whole(0), default=0, help="small sets to score by both")
option("--run", type=Path, help="to score by both, a comparison's folder")


@command("measure_scoring", OPTIONS)
def main(size: argparse.Namespace) -> int:
    """Print times and differences; return 1 if one is over 1e-9, else 0."""
    truth, pair = simulated(size.images, size.objects, size.detections, size.classes, 0)
    names = [str(number) for number in range(size.classes)]
    counted = f"{len(truth)} images, {sum(map(len, truth))} objects, {sum(map(len, pair[0]))}"
    print(f"{counted} detections, {size.classes} classes")
    quality, cost = costly(lambda: score(truth, pair[0], names))
    print(f"scoring once: {cost.seconds:.2f} s, mAP@[.50:.95] {quality.map_50_95:.4f}")
    sets = [evaluation_set(truth, found, names) for found in pair]
    units = Units.of(size.images)
    first, alone = costly(lambda: figures_of(sets[0], quality, units, 0))
    once = quality_of(sets[1])
    second, other = costly(lambda: figures_of(sets[1], once, units, 0))
    paired, last = costly(lambda: differences(first, second, size.images))
    seconds = alone.seconds + other.seconds + last.seconds
    print(f"{RESAMPLES} resamples of one detector: {alone.seconds:.2f} s")
    print(f"{RESAMPLES} paired resamples of two, with {len(paired)} differences: {seconds:.2f} s")
    print(f"peak memory: {last.peak_mib:.0f} MiB, simulated boxes included")
    apart = [0.0]
    if size.pycocotools:
        coco, rows = ground_truth_to_coco(truth, names), detections_to_coco(pair[0])
        theirs, cost = costly(lambda: by_pycocotools(plain(coco), plain(rows)))
        apart.append(largest_difference(quality, theirs))
        print(f"pycocotools: {cost.seconds:.2f} s, largest difference {apart[-1]:.1e}")
    if size.fixtures:
        watched = on_terminal(range(size.fixtures), "fixtures", size.fixtures)
        apart.append(max(fixture_difference(seed) for seed in watched))
        print(f"{size.fixtures} small sets: largest difference {apart[-1]:.1e}")
    if size.run is not None:
        apart += run_differences(size.run)
    return 1 if max(apart) > 1e-9 else 0


def simulated(
    images: int, objects: int, detections: int, classes: int, seed: int
) -> tuple[list[Annotations], tuple[list[Detections], list[Detections]]]:
    """Return a test set of that size and two detectors' detections, most of them wrong.

    It is crowded unevenly, as COCO's is: some images are empty, and some objects are crowds. Some
    detections have the same score, and several find the same object.
    """
    random = np.random.default_rng(seed)
    share = 1 / np.arange(1, classes + 1)
    truth = []
    for count in random.multinomial(objects, random.dirichlet(np.ones(images))):
        boxes, labels = _boxes(random, count), random.choice(classes, count, p=share / share.sum())
        truth.append(Annotations(boxes, labels, random.random(count) < 0.01))
    an_image = detections // images
    found = [[_detections(random, each, an_image, classes) for each in truth] for _ in range(2)]
    return truth, (found[0], found[1])


def _detections(
    random: np.random.Generator, objects: Annotations, count: int, classes: int
) -> Detections:
    near = min(int(len(objects) * 1.5), count)
    chosen = random.integers(0, max(len(objects), 1), near)
    boxes, labels = objects.boxes[chosen], objects.labels[chosen]
    moved = boxes + random.normal(0, 0.08, (near, 4)) * np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    moved[:, 2:] = np.maximum(moved[:, 2:], moved[:, :2] + 1)
    extra = count - near
    guessed = np.where(random.random(near) < 0.85, labels, random.integers(0, classes, near))
    scores = np.concatenate([random.beta(3, 2, near), random.beta(1, 5, extra)])
    return Detections(
        np.vstack([moved, _boxes(random, extra)]),
        scores.round(3),
        np.concatenate([guessed, random.integers(0, classes, extra)]),
    )


def _boxes(random: np.random.Generator, count: int) -> Boxes:
    corners = random.uniform(0, 500, (count, 2))
    return np.hstack([corners, corners + np.exp(random.uniform(2, 5.5, (count, 2)))])


def by_pycocotools(truth: object, rows: object) -> list[float]:
    """Return its twelve figures, nan for its -1."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = truth
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes(rows), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return [np.nan if value == -1 else float(value) for value in evaluation.stats]


def largest_difference(ours: Quality, theirs: Sequence[float]) -> float:
    """Return the largest of the twelve; infinity where only one of them knows a figure."""
    figures = np.array([getattr(ours, name) for name in TWELVE])
    if (np.isnan(figures) != np.isnan(theirs)).any():
        return float("inf")
    return float(np.nanmax(np.abs(figures - theirs), initial=0.0))


def fixture_difference(seed: int) -> float:
    """Return the largest difference in a small set."""
    images = 5 + seed % 20
    truth, (found, _) = simulated(images, 6 * images, 20 * images, 4, seed)
    coco, rows = ground_truth_to_coco(truth, "abcd"), detections_to_coco(found)
    theirs = by_pycocotools(plain(coco), plain(rows))
    return largest_difference(score(truth, found, "abcd"), theirs)


def run_differences(folder: Path) -> list[float]:
    """Print and return the largest difference of each detector of a run."""
    path = folder / GROUND_TRUTH
    truth = read_ground_truth(path)
    apart = []
    for file in sorted((folder / DETECTIONS).glob("*.json")):
        rows = read_rows(file, truth)
        found = as_detections(rows, len(truth.image_ids))
        ours = score(truth.annotations, found, truth.classes, truth.areas)
        theirs = by_pycocotools(json.loads(path.read_bytes()), json.loads(file.read_bytes()))
        apart.append(largest_difference(ours, theirs))
        print(f"{file.stem}, {len(rows.score)} detections: {apart[-1]:.1e}")
    return apart


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
