"""Print deletion scores of both saliency methods beside random masks of the same size.

Detections are those of a finished run's test split, of each pipeline on its own, so that there are
enough of them. Less is better. Random masks hide as many pixels, anywhere or within the box.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from pipelines.system.command_line import Options, run, whole

RESAMPLES = 2000


def main(argv: Sequence[str] | None = None) -> int:
    """Measure; return the exit status."""
    parser = Options(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of a finished comparison")
    parser.add_argument(
        "--detections", type=whole(1), default=50, metavar="N", help="a pipeline (50)"
    )
    parser.add_argument(
        "--masks", type=whole(2, 10**6), default=256, metavar="N", help="an image (256)"
    )
    parser.add_argument("--pipelines", nargs="+", default=["classical", "yolo"])
    return run("measure_explanations", parser, argv, measured)


def measured(arguments: argparse.Namespace) -> int:
    """Measure and print; return 0 if both methods beat chance, 1 if not, 2 for a bad run."""
    from pipelines.runs.finished import open_run, read_metrics
    from pipelines.studies.interpretability.explainers import load_explainer
    from pipelines.system import runtime

    subject = open_run(arguments.run, read_metrics(arguments.run))
    runtime.set_threads(runtime.usable_cores())
    runtime.choose_device("cpu")
    better = True
    for name in arguments.pipelines:
        explainer = load_explainer(name, subject.folder, runtime.usable_cores())
        rows = deletions(subject, name, explainer, arguments.detections, arguments.masks)
        better &= show(name, rows)
    return 0 if better else 1


def deletions(subject: Any, name: str, explainer: Any, wanted: int, masks: int) -> list[Any]:
    """Return the rows of at least so many right detections, image by image, all of one pipeline."""
    from datasets.images import load_image
    from pipelines.studies.interpretability.explaining import explained, right_detections
    from pipelines.studies.interpretability.saliency import Target
    from pipelines.system.progress import on_terminal

    threshold = subject.pipelines[name]["quality"]["operating_point"]["threshold"]
    chosen, count = [], 0
    for image in subject.dataset.splits["test"]:
        (found,) = explainer.detect_many([load_image(image.path)])
        right = right_detections(found.above(threshold), image)
        targets = [
            (Target(box, int(label)),) for box, label in zip(right.boxes, right.labels, strict=True)
        ]
        if targets and count < wanted:
            chosen.append((image, targets))
            count += len(targets)
    rows = []
    for image, targets in on_terminal(chosen, f"explaining {name}", len(chosen)):
        rows += explained({name: explainer}, image, targets, masks, subject.settings.seed)
    return rows


def show(name: str, rows: Sequence[Any]) -> bool:
    """Print a line each method; return whether both are surely better than both kinds of chance."""
    from pipelines.studies.interpretability.explaining import RANDOM, RANDOM_WITHIN

    methods = list(dict.fromkeys(row.method for row in rows))
    scores = {m: np.array([row.deletion for row in rows if row.method == m]) for m in methods}
    count = len(scores[RANDOM])
    random = np.random.default_rng(0)
    drawn = random.integers(count, size=(RESAMPLES, count))
    better = True
    print(f"{name}: deletion over {count} detections, mean and 95 % interval (less is better)")
    for method, values in scores.items():
        low, high = np.quantile(values[drawn].mean(axis=1), [0.025, 0.975])
        told = f"  {method:<22} {values.mean():.3f} [{low:.3f} {high:.3f}]"
        if method not in {RANDOM, RANDOM_WITHIN}:
            for chance in (RANDOM, RANDOM_WITHIN):
                less = (scores[chance] - values)[drawn].mean(axis=1)
                ends = np.quantile(less, [0.025, 0.975])
                told += f"; less than {chance} by {less.mean():.3f} [{ends[0]:.3f} {ends[1]:.3f}]"
            better &= bool(np.quantile((scores[RANDOM] - values)[drawn].mean(axis=1), 0.025) > 0)
        print(told)
    return better


if __name__ == "__main__":
    raise SystemExit(main())
