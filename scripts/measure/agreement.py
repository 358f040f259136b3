"""The largest difference between this evaluator's twelve COCO figures and those of pycocotools.

    python scripts/measure/agreement.py --run runs/BCCD   # random fixtures and a run's detections

pycocotools comes with the extra ``test``.
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
from pipelines.detections import Detections
from pipelines.evaluation.coco_files.format import detections_to_coco, ground_truth_to_coco
from pipelines.evaluation.coco_files.results import as_detections, read_ground_truth, read_rows
from pipelines.evaluation.quality import Quality, score
from pipelines.evaluation.undefined import plain
from pipelines.system.command_line import Options, run, whole
from pipelines.system.progress import on_terminal

TWELVE = (
    *("map_50_95", "map_50", "map_75", "small", "medium", "large"),
    *("average_recall_1", "average_recall_10", "average_recall"),
    *("average_recall_small", "average_recall_medium", "average_recall_large"),
)


def random_fixture(seed: int) -> tuple[list[Annotations], list[Detections]]:
    """Return images of every kind: crowds, ties, duplicates, empty ones, objects of all sizes."""
    random = np.random.default_rng(seed)
    truths, founds = [], []
    for _ in range(int(random.integers(5, 25))):
        count = int(random.integers(0, 12))
        corners = random.uniform(0, 300, (count, 2))
        boxes = np.hstack([corners, corners + np.exp(random.uniform(1, 5.5, (count, 2)))])
        labels = random.integers(0, 4, count)
        truths.append(Annotations(boxes, labels, random.random(count) < 0.15))
        near = np.repeat(boxes, 3, axis=0) + random.normal(0, 4, (3 * count, 4))
        near[::5] = np.repeat(boxes, 3, axis=0)[::5]
        near[:, 2:] = np.maximum(near[:, 2:], near[:, :2] + 1)
        guesses = np.where(
            random.random(3 * count) < 0.8, np.repeat(labels, 3), random.integers(0, 4, 3 * count)
        )
        scores = np.round(random.random(3 * count), 2)  # two figures: many are equal
        founds.append(Detections(near, scores, guesses))
    return truths, founds


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


def largest(ours: Quality, theirs: Sequence[float]) -> float:
    """Return the largest difference; infinity where only one of them knows a figure."""
    pairs = [(getattr(ours, name), value) for name, value in zip(TWELVE, theirs, strict=True)]
    if any(np.isnan(a) != np.isnan(b) for a, b in pairs):
        return float("inf")
    return max((abs(a - b) for a, b in pairs if not np.isnan(a)), default=0.0)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure; return the exit status."""
    parser = Options(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--run", type=Path, help="a folder of compare_detection.py")
    parser.add_argument("--fixtures", type=whole(1), default=200)
    return run("measure_agreement", parser, argv, measured)


def measured(arguments: argparse.Namespace) -> int:
    """Print the differences; return 1 if one is over 1e-9, else 0."""
    names = tuple("abcd")
    differences = []
    for seed in on_terminal(range(arguments.fixtures), "fixtures", arguments.fixtures):
        truths, founds = random_fixture(seed)
        theirs = by_pycocotools(
            plain(ground_truth_to_coco(truths, names)), plain(detections_to_coco(founds))
        )
        differences.append(largest(score(truths, founds, names), theirs))
    print(f"{arguments.fixtures} random fixtures: largest difference {max(differences):.1e}")
    if arguments.run is not None:
        path = arguments.run / "ground_truth.json"
        truth = read_ground_truth(path)
        for file in sorted((arguments.run / "detections").glob("*.json")):
            rows = read_rows(file, truth)
            found = as_detections(rows, len(truth.image_ids))
            ours = score(truth.annotations, found, truth.classes, truth.areas)
            theirs = by_pycocotools(
                json.loads(path.read_text(encoding="utf-8")),
                json.loads(file.read_text(encoding="utf-8")),
            )
            differences.append(largest(ours, theirs))
            print(f"{file.stem}, {len(rows.score)} detections: {differences[-1]:.1e}")
    return 1 if max(differences) > 1e-9 else 0


if __name__ == "__main__":
    raise SystemExit(main())
