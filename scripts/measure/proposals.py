"""Print how many objects the proposals find, for each source and budget, and draw it.

Recall at IoU .5, .7 and .9, average recall (over IoU .50 to .95, Hosang et al. 2016), boxes and
milliseconds an image. What is learnt is learnt from the train split.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from numpy.typing import NDArray

from datasets.annotations import Dataset
from models.classical.settings import PROPOSAL_SOURCES, ClassicalSettings, ProposalSource
from pipelines.system.command_line import Options, run, whole

BUDGETS = (50, 100, 300, 1000)
IOUS = np.arange(0.5, 0.96, 0.05)


class Measured(NamedTuple):
    """One source with one budget: recall at each of `IOUS`, mean boxes and median milliseconds."""

    recall: NDArray[np.float64]
    boxes: float
    milliseconds: float


def main(argv: Sequence[str] | None = None) -> int:
    """Measure; return the exit status."""
    parser = Options(description=__doc__)
    parser.add_argument("--dataset", default="sample", help="a folder, or sample")
    parser.add_argument("--split", default="val", choices=("train", "val", "test"))
    parser.add_argument("--sources", nargs="+", default=PROPOSAL_SOURCES, choices=PROPOSAL_SOURCES)
    parser.add_argument("--limit", type=whole(1), help="most images a split")
    parser.add_argument("--seed", type=whole(0), default=0)
    parser.add_argument(
        "--plot", type=Path, help="PNG of recall by IoU, for each source and budget"
    )
    return run("measure_proposals", parser, argv, measured)


def measured(arguments: argparse.Namespace) -> int:
    """Measure, print and draw; return 0, or 2 for data that can't be used."""
    from datasets.reading import read_dataset
    from datasets.sample.store import sample_folder
    from datasets.splits import limited
    from pipelines.system import runtime

    runtime.set_threads(runtime.usable_cores())
    sample = arguments.dataset == "sample"
    dataset = read_dataset(sample_folder() if sample else Path(arguments.dataset))
    if arguments.limit is not None:
        dataset = limited(dataset, arguments.limit, arguments.seed)
    measured = {
        (source, budget): figures
        for source in arguments.sources
        for budget, figures in measure(dataset, arguments.split, source, arguments.seed).items()
    }
    show(measured, f"{dataset.name}, {arguments.split}")
    if arguments.plot:
        draw(measured, arguments.plot)
    return 0


def measure(dataset: Dataset, split: str, source: ProposalSource, seed: int) -> dict[int, Measured]:
    """Return the figures of a source by budget."""
    from datasets.boxes import iou
    from datasets.images import load_image
    from pipelines.classical.proposals.learn import learn_proposer
    from pipelines.classical.proposals.propose import propose, search
    from pipelines.system import runtime
    from pipelines.system.progress import on_terminal

    threads = runtime.usable_cores()
    settings = {
        budget: ClassicalSettings(proposals=budget, proposal_source=source) for budget in BUDGETS
    }
    proposer = learn_proposer(
        dataset.splits["train"], settings[BUDGETS[0]], seed, threads, on_terminal
    )
    overlaps: dict[int, list[NDArray[np.float64]]] = {budget: [] for budget in BUDGETS}
    costs: dict[int, list[tuple[int, float]]] = {budget: [] for budget in BUDGETS}
    images = dataset.splits[split]
    for image in on_terminal(images, f"{source} on {split}", len(images)):
        pixels = load_image(image.path)
        truth = image.annotations.boxes[~image.annotations.ignore]
        for budget in BUDGETS:
            started = time.perf_counter()
            searched = search(pixels)
            boxes = propose(searched, proposer, settings[budget], threads).boxes
            costs[budget].append((len(boxes), time.perf_counter() - started))
            overlaps[budget].append(iou(truth, boxes * searched.back).max(axis=1, initial=0.0))
    return {
        budget: Measured(
            recall=(np.concatenate(overlaps[budget])[:, None] >= IOUS - 1e-9).mean(axis=0),
            boxes=float(np.mean([boxes for boxes, _ in costs[budget]])),
            milliseconds=1000 * float(np.median([seconds for _, seconds in costs[budget]])),
        )
        for budget in BUDGETS
    }


def show(measured: Mapping[tuple[str, int], Measured], title: str) -> None:
    """Print the table, and which source finds most with each budget."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"Recall of proposals: {title}")
    for name in ("source", "budget", "@.5", "@.7", "@.9", "average recall", "boxes", "ms (p50)"):
        table.add_column(name, justify="left" if name == "source" else "right")
    for (source, budget), figures in measured.items():
        recall = figures.recall
        shown = [f"{value:.3f}" for value in (recall[0], recall[4], recall[8], recall.mean())]
        costs = [f"{figures.boxes:.0f}", f"{figures.milliseconds:.1f}"]
        table.add_row(source, str(budget), *shown, *costs)
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table)
    for budget in BUDGETS:
        means = {s: figures.recall.mean() for (s, b), figures in measured.items() if b == budget}
        best = max(means, key=lambda source: means[source])
        verdict = "" if "grabcut" in best else "; GrabCut does not pay here"
        console.print(f"best average recall with {budget} boxes: {best}{verdict}")


def draw(measured: Mapping[tuple[str, int], Measured], path: Path) -> None:
    """Write recall over IoU as a PNG, one panel a budget and one line a source."""
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, len(BUDGETS), figsize=(14, 3.6), sharey=True)
    for (source, budget), figures in measured.items():
        panels[BUDGETS.index(budget)].plot(IOUS, figures.recall, marker=".", label=source)
    for panel, budget in zip(panels, BUDGETS, strict=True):
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
