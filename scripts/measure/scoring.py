"""How long scoring and a thousand resamples take, and in how much memory, at two sizes of test set.

python scripts/measure/scoring.py                       # as large as BCCD's test split
python scripts/measure/scoring.py --images 5000 --objects 36825 --detections 330000 --classes 80
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.quality import evaluation_set, quality_of
from pipelines.evaluation.resampling import RESAMPLES, bootstrap_counts, resampled
from pipelines.system import runtime
from pipelines.system.command_line import Options, run, whole


def simulated(
    images: int, objects: int, detections: int, classes: int
) -> tuple[list[Annotations], list[Detections]]:
    """Return a test set of that size, crowded unevenly as COCO's is, most detections wrong."""
    random = np.random.default_rng(0)
    counts = random.multinomial(objects, random.dirichlet(np.ones(images)))
    share = 1 / np.arange(1, classes + 1)
    truths, founds = [], []
    for count in counts:
        boxes, labels = _boxes(random, count), random.choice(classes, count, p=share / share.sum())
        truths.append(Annotations(boxes, labels, random.random(count) < 0.01))
        near = min(int(count * 1.5), detections // images)
        chosen = random.integers(0, count, near) if count else np.zeros(0, np.int64)
        sides = np.tile(boxes[chosen, 2:] - boxes[chosen, :2], 2)
        moved = boxes[chosen] + random.normal(0, 0.08, (near, 4)) * sides
        moved[:, 2:] = np.maximum(moved[:, 2:], moved[:, :2] + 1)
        extra = detections // images - near
        guessed = np.where(
            random.random(near) < 0.85, labels[chosen], random.integers(0, classes, near)
        )
        founds.append(
            Detections(
                np.vstack([moved, _boxes(random, extra)]),
                np.concatenate([random.beta(3, 2, near), random.beta(1, 5, extra)]),
                np.concatenate([guessed, random.integers(0, classes, extra)]),
            )
        )
    return truths, founds


def _boxes(
    random: np.random.Generator, count: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    corners = random.uniform(0, 500, (count, 2))
    return np.hstack([corners, corners + np.exp(random.uniform(2, 5.5, (count, 2)))])


def main(argv: Sequence[str] | None = None) -> int:
    """Measure; return the exit status."""
    parser = Options(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--images", type=whole(1), default=72)
    parser.add_argument("--objects", type=whole(1), default=945)
    parser.add_argument("--detections", type=whole(1), default=7200)
    parser.add_argument("--classes", type=whole(1), default=3)
    return run("measure_scoring", parser, argv, measured)


def measured(size: argparse.Namespace) -> int:
    """Print the times; return 0."""
    truths, founds = simulated(size.images, size.objects, size.detections, size.classes)
    names = [str(number) for number in range(size.classes)]
    print(
        f"{len(truths)} images, {sum(map(len, truths))} objects, {sum(map(len, founds))} "
        f"detections, {size.classes} classes"
    )
    started = time.perf_counter()
    given = evaluation_set(truths, founds, names)
    quality = quality_of(given)
    print(f"scoring once: {time.perf_counter() - started:.2f} s, mAP {quality.map_50_95:.4f}")
    started = time.perf_counter()
    values = resampled(given, bootstrap_counts(given.images, 0))
    spread = values["map_50_95"].std()
    print(f"{RESAMPLES} resamples: {time.perf_counter() - started:.2f} s, spread {spread:.4f}")
    print(f"peak memory: {runtime.peak_rss_mb():.0f} MiB, simulated boxes included")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
