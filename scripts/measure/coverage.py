"""Print how often the evaluator's 95 % intervals hold the truth, where simulation gives it.

20,000 simulated images with two detectors' detections are the truth. From them many small test sets
are drawn, each is judged as a run's test split is, and it is counted how often the interval of a
figure, and that of the two detectors' difference, holds the figure of all 20,000. An honest
interval does in 92 to 98 of 100.

    python scripts/measure/coverage.py --images 70 --sets 500
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.pairs import Floats
from pipelines.evaluation.quality import evaluation_set, quality_of
from pipelines.evaluation.resampling import (
    Resampled,
    bootstrap_counts,
    headline_figures,
    images_holding,
    of_every_size,
)
from pipelines.evaluation.significance import differences, intervals
from pipelines.system.command_line import Options, command, whole
from pipelines.system.progress import on_terminal

POPULATION = 20_000
CLASSES = ("rare", "frequent", "hard")
RATES = (1.0, 8.0, 0.7)  # mean objects an image
SKILLS = ((0.9, 0.75, 0.5), (0.85, 0.78, 0.45))  # share of objects found at all, by detector
FIGURES = ("map_50_95", "map_50", "map_75", "average_recall")
NAMES = (*FIGURES, *(f"per_class.{each}.ap_50" for each in CLASSES))

OPTIONS = Options(__doc__)
option = OPTIONS.add_argument
option("--images", type=whole(1), nargs="+", default=[70, 300])
option("--sets", type=whole(1), default=500)
option("--jobs", type=whole(1, 1024), default=2)


def simulated(random: np.random.Generator) -> tuple[Annotations, list[Detections]]:
    """Return one image's objects and what two detectors find.

    Some images are hard for both: less is found, worse placed, with more mistakes. Objects lie in
    cells 100 px apart, so that no detection can mean two of them.
    """
    hard = random.normal(0, 0.6)
    boxes, labels = [], []
    for label, rate in enumerate(RATES):
        count = min(random.poisson(rate * np.exp(random.normal(0, 0.4))), 60)
        cells = random.choice(100, count, replace=False)
        corners = np.stack([cells % 10, cells // 10], axis=1) * 100.0
        corners += random.uniform(0, 20, (count, 2))
        sides = np.exp(random.uniform(2.5, 4.3, (count, 2)))
        boxes.append(np.hstack([corners, corners + sides]))
        labels.append(np.full(count, label))
    truth = Annotations(np.vstack(boxes), np.concatenate(labels))
    shared = random.normal(0, 0.8, len(truth)) - hard  # how easy an object is for both
    return truth, [_detections(random, truth, shared, hard, skill) for skill in SKILLS]


def _detections(
    random: np.random.Generator,
    truth: Annotations,
    shared: Floats,
    hard: float,
    skill: Sequence[float],
) -> Detections:
    ease = shared + random.normal(0, 0.6, len(truth)) + 2 * np.array(skill)[truth.labels] - 0.6
    seen = ease > 0
    sides = np.tile(truth.boxes[:, 2:] - truth.boxes[:, :2], 2)
    moved = truth.boxes + random.normal(0, 0.07 * np.exp(0.4 * hard), sides.shape) * sides
    extra = random.poisson(np.array(RATES) * 0.5 * np.exp(0.5 * hard) + 1.5)
    corners = random.uniform(0, 1000, (extra.sum(), 2))
    wrong = np.hstack([corners, corners + np.exp(random.uniform(2.5, 4.3, corners.shape))])
    ranks = [ease[seen] + random.normal(0, 0.7, seen.sum()), random.normal(-0.3, 1, len(wrong))]
    boxes = np.vstack([moved[seen], wrong])
    boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2] + 1)
    labels = np.concatenate([truth.labels[seen], np.repeat(np.arange(len(RATES)), extra)])
    return Detections(boxes, 1 / (1 + np.exp(-np.concatenate(ranks))), labels)


Population = list[tuple[Annotations, list[Detections]]]


def drawn(population: Population, images: int, number: int) -> Population:
    """Return one test set."""
    random = np.random.default_rng([images, number])
    return [population[place] for place in random.choice(len(population), images, replace=False)]


def judged(test: Population, detector: int, weights: NDArray[np.integer]) -> Resampled:
    """Return one detector's figures, once and resampled."""
    found = [detections[detector] for _, detections in test]
    given = evaluation_set([truth for truth, _ in test], found, CLASSES)
    figures, holding = headline_figures(quality_of(given)), images_holding(given)
    once = {name: figures[name] for name in NAMES}
    return Resampled(once, of_every_size(given, weights), holding)


def truth_held(
    test: Population, truths: Sequence[Mapping[str, float]], seed: int
) -> dict[str, bool]:
    """Say of each figure whether its interval from one test set holds the truth."""
    weights = bootstrap_counts(len(test), seed)
    a, b = (judged(test, detector, weights) for detector in range(len(SKILLS)))
    in_a, in_b, more = intervals(a), intervals(b), differences(a, b, len(test))
    holds = {}
    for name in NAMES:
        first, second = (truth[name] for truth in truths)
        for who, true, (low, high) in (
            ("detector 1", first, in_a[name]),
            ("detector 2", second, in_b[name]),
            ("difference", first - second, more[name].interval_95),
        ):
            holds[f"{name}, {who}"] = low <= true <= high
    return holds


@command("measure_coverage", OPTIONS)
def main(arguments: argparse.Namespace) -> int:
    """Print the coverage of each figure; return 0 if all are between 92 and 98 %, else 1."""
    random = np.random.default_rng(0)
    watched = on_terminal(range(POPULATION), "simulating images", POPULATION)
    population = [simulated(random) for _ in watched]
    once = np.ones((1, POPULATION), np.int16)
    truths = [judged(population, detector, once).once for detector in range(len(SKILLS))]
    shares = []
    for images in arguments.images:
        work = (
            delayed(truth_held)(drawn(population, images, number), truths, number)
            for number in range(arguments.sets)
        )
        results = Parallel(n_jobs=arguments.jobs, return_as="generator")(work)
        sets = list(on_terminal(results, f"sets of {images}", arguments.sets))
        print(f"{arguments.sets} sets of {images} images")
        for name in sets[0]:
            share = float(np.mean([each[name] for each in sets]))
            print(f"  {name:<36} {100 * share:5.1f} %")
            if not name.startswith("per_class"):
                shares.append(share)
    print(f"headline figures between {100 * min(shares):.1f} and {100 * max(shares):.1f} %")
    return 0 if min(shares) >= 0.92 and max(shares) <= 0.98 else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
