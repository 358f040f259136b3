"""Print how many objects the proposals find, for each arm and budget, and draw it.

Recall at IoU .5, .7 and .9, average recall (over IoU .50 to .95, Hosang et al. 2016), boxes and
milliseconds an image. What is learnt is learnt from the train split.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from numpy.typing import NDArray

from pipelines.classical_settings import WORDS

ARMS = WORDS["arm"]
BUDGETS = (50, 100, 300, 1000)
IOUS = np.arange(0.5, 0.96, 0.05)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print and draw; return 0, or 2 for data that can't be used."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", default="sample", help="a folder, or sample")
    parser.add_argument("--split", default="val", choices=("train", "val", "test"))
    parser.add_argument("--arms", nargs="+", default=ARMS, choices=ARMS)
    parser.add_argument("--limit", type=int, help="most images a split")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plot", type=Path, help="PNG of recall by IoU, for each arm and budget")
    arguments = parser.parse_args(argv)

    from datasets.annotations import DatasetError
    from datasets.reading import read_dataset
    from datasets.sample.store import sample_folder
    from datasets.splits import limited
    from pipelines import runtime
    from pipelines.classical_settings import ClassicalSettings

    runtime.set_threads(runtime.usable_cores())
    try:
        sample = arguments.dataset == "sample"
        dataset = read_dataset(sample_folder() if sample else Path(arguments.dataset))
    except DatasetError as error:
        print(f"measure_proposals: {error}", file=sys.stderr)
        return 2
    if arguments.limit is not None:
        dataset = limited(dataset, arguments.limit, arguments.seed)
    measured = {
        arm: measure(dataset, arguments.split, ClassicalSettings(arm=arm), arm, arguments.seed)
        for arm in arguments.arms
    }
    show(measured, f"{dataset.name}, {arguments.split}")
    if arguments.plot:
        draw(measured, arguments.plot)
    return 0


def measure(
    dataset: Any, split: str, settings: Any, name: str, seed: int
) -> dict[int, dict[str, Any]]:
    """Return for each budget ``recall`` by IoU, mean ``boxes`` and median ``milliseconds``."""
    from datasets.boxes import iou
    from datasets.images import load_image
    from pipelines import runtime
    from pipelines.each_image import each_image
    from pipelines.progress import on_terminal
    from pipelines.proposals.learn import learn_proposer
    from pipelines.proposals.propose import propose, search

    jobs = runtime.usable_cores()
    proposer = learn_proposer(
        dataset.splits["train"],
        settings,
        seed,
        partial(each_image, seed=seed, jobs=jobs, track=on_terminal),
    )
    best: dict[int, list[NDArray[np.float64]]] = {budget: [] for budget in BUDGETS}
    boxes: dict[int, list[int]] = {budget: [] for budget in BUDGETS}
    seconds: dict[int, list[float]] = {budget: [] for budget in BUDGETS}
    images = dataset.splits[split]
    for image in on_terminal(images, f"{name} on {split}", len(images)):
        pixels = load_image(image.path)
        truth = image.annotations.boxes[~image.annotations.ignore]
        for budget in BUDGETS:
            started = time.perf_counter()
            searched = search(pixels)
            found = propose(searched, proposer, replace(settings, proposals=budget), jobs).boxes
            seconds[budget].append(time.perf_counter() - started)
            boxes[budget].append(len(found))
            best[budget].append(iou(truth, found * searched.back).max(axis=1, initial=0.0))
    return {
        budget: {
            "recall": (np.concatenate(best[budget])[:, None] >= IOUS - 1e-9).mean(axis=0),
            "boxes": float(np.mean(boxes[budget])),
            "milliseconds": 1000 * float(np.median(seconds[budget])),
        }
        for budget in BUDGETS
    }


def show(measured: dict[str, dict[int, dict[str, Any]]], title: str) -> None:
    """Print the table, and which arm finds most with each budget."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"Recall of proposals: {title}")
    for name in ("arm", "budget", "@.5", "@.7", "@.9", "average recall", "boxes", "ms (p50)"):
        table.add_column(name, justify="left" if name == "arm" else "right")
    for arm, by_budget in measured.items():
        for budget, figures in by_budget.items():
            recall = figures["recall"]
            shown = [recall[0], recall[4], recall[8], recall.mean()]
            numbers = [f"{value:.3f}" for value in shown]
            cost = [f"{figures['boxes']:.0f}", f"{figures['milliseconds']:.1f}"]
            table.add_row(arm, str(budget), *numbers, *cost)
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table)
    for budget in BUDGETS:
        best = max(measured, key=lambda arm: measured[arm][budget]["recall"].mean())
        plainly = "" if "grabcut" in best else "; GrabCut does not pay here"
        console.print(f"best average recall with {budget} boxes: {best}{plainly}")


def draw(measured: dict[str, dict[int, dict[str, Any]]], path: Path) -> None:
    """Write recall over IoU as a PNG, one panel a budget and one line an arm."""
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, len(BUDGETS), figsize=(14, 3.6), sharey=True)
    for panel, budget in zip(panels, BUDGETS, strict=True):
        for arm, by_budget in measured.items():
            panel.plot(IOUS, by_budget[budget]["recall"], marker=".", label=arm)
        panel.set(title=f"{budget} boxes", xlabel="IoU", ylim=(0, 1))
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("recall")
    panels[0].legend()
    figure.tight_layout()
    part = path.with_suffix(".part.png")
    figure.savefig(part, dpi=120)
    part.replace(path)
    plt.close(figure)


if __name__ == "__main__":
    raise SystemExit(main())
