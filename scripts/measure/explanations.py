"""Print deletion scores of both saliency methods beside random masks of the same size.

Detections are those of a finished run's test split, of each contender on its own, so that there are
enough of them. Less is better. Random masks hide as many pixels, anywhere or within the box.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import numpy as np

from datasets.errors import UserError
from pipelines.system.command_line import Options, command, whole

if TYPE_CHECKING:
    from pipelines.runs.finished import Subject
    from pipelines.studies.interpretability.explainers import Explainer
    from pipelines.studies.interpretability.explaining import ExplanationRow

RESAMPLES = 2000

OPTIONS = Options(__doc__)
option = OPTIONS.add_argument
option("run", type=Path, metavar="RUN", help="folder of a finished comparison")
option("--detections", type=whole(1), default=50, metavar="N", help="a pipeline (50)")
option("--masks", type=whole(2, 10**6), default=256, metavar="N", help="an image (256)")
option("--pipelines", nargs="+", metavar="NAME", help="of the run (all)")


@command("measure_explanations", OPTIONS)
def main(arguments: argparse.Namespace) -> int:
    """Measure and print; return 0 if both methods beat chance, 1 if not."""
    from pipelines.runs.finished import open_run, with_data
    from pipelines.studies.interpretability.explainers import load_explainers

    subject = with_data(open_run(arguments.run))
    names = arguments.pipelines or subject.settings.pipelines
    if unknown := set(names) - set(subject.settings.pipelines):
        raise UserError(f"--pipelines: {arguments.run} has no {', '.join(sorted(unknown))}")
    better = True
    for name, explainer in load_explainers(subject.folder, subject.figures, names).items():
        rows = deletions(subject, name, explainer, arguments.detections, arguments.masks)
        better &= show(name, rows)
    return 0 if better else 1


def deletions(
    subject: Subject, name: str, explainer: Explainer, wanted: int, masks: int
) -> list[ExplanationRow]:
    """Return the rows of at least so many right detections, image by image, of one contender."""
    from datasets.images import pixels_of
    from pipelines.studies.interpretability.explaining import explanation_rows, right_detections
    from pipelines.studies.interpretability.saliency import DetectedBox
    from pipelines.system.progress import on_terminal

    chosen, count = [], 0
    for image in subject.dataset.splits["test"]:
        (found,) = explainer.detect_many([pixels_of(image)])
        right = right_detections(found.above(explainer.threshold), image)
        targets = [
            (DetectedBox(box, int(label)),)
            for box, label in zip(right.boxes, right.labels, strict=True)
        ]
        if targets and count < wanted:
            chosen.append((image, targets))
            count += len(targets)
    rows: list[ExplanationRow] = []
    for image, targets in on_terminal(chosen, f"explaining {name}", len(chosen)):
        rows += explanation_rows({name: explainer}, image, targets, masks, subject.settings.seed)
    return rows


def show(name: str, rows: Sequence[ExplanationRow]) -> bool:
    """Print a line each method; return whether all are surely better than random masks."""
    from pipelines.studies.common.figures import ends, with_interval
    from pipelines.studies.interpretability.explaining import RANDOM, RANDOM_WITHIN

    methods = list(dict.fromkeys(row.method for row in rows))
    scores = {m: np.array([row.deletion for row in rows if row.method == m]) for m in methods}
    if not scores:
        print(f"{name}: no right detection on the test split")
        return False
    count = len(scores[RANDOM])
    drawn = np.random.default_rng(0).integers(count, size=(RESAMPLES, count))
    better = True
    print(f"{name}: deletion over {count} detections, mean and 95 % interval (less is better)")
    for method, values in scores.items():
        text = f"  {method:<22} {with_interval(values.mean(), ends(values[drawn].mean(axis=1)))}"
        for chance in (RANDOM, RANDOM_WITHIN):
            if method not in {RANDOM, RANDOM_WITHIN}:
                less = (scores[chance] - values)[drawn].mean(axis=1)
                text += f"; less than {chance} by {with_interval(less.mean(), ends(less))}"
                better &= chance != RANDOM or ends(less)[0] > 0
        print(text)
    return better


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
