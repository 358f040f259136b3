"""Measure how many objects the classical detector's proposals find, or draw those of one image.

    python scripts/measure/proposals.py recall --dataset BCCD --plot recall.png
    python scripts/measure/proposals.py show runs/BCCD/models/classical image.jpg

``recall`` prints, for each source and budget, recall at IoU .5, .7 and .9, average recall (over IoU
.50 to .95, Hosang et al. 2016), boxes and milliseconds an image. What is learnt is learnt from the
train split. ``show`` writes ``windows.png`` (the seeds and best windows GrabCut starts from),
``grabcut_1.png`` … (each cut's start mask, its mask and the boxes it gave) and ``proposals.png``
(the budget's best, GrabCut's in orange).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from datasets.annotations import SPLITS, Dataset
from datasets.boxes import Boxes
from datasets.errors import UserError
from models.classical.settings import PROPOSAL_SOURCES, ClassicalSettings, ProposalSource
from pipelines.system.command_line import Options, command, whole
from scripts.measure.common import opened, print_table

BUDGETS = (50, 100, 300, 1000)
IOUS = np.arange(0.5, 0.96, 0.05)
SHOWN = 60  # proposals drawn; more hide the image
WINDOW, CUT = "#56B4E9", "#E69F00"

OPTIONS = Options(__doc__)
commands = OPTIONS.add_subparsers(required=True, dest="command", metavar="recall|show")
recall = commands.add_parser("recall").add_argument
recall("--dataset", default="sample", help="a folder, or sample")
recall("--split", default="val", choices=SPLITS)
recall("--sources", nargs="+", default=PROPOSAL_SOURCES, choices=PROPOSAL_SOURCES)
recall("--limit", type=whole(1), help="most images a split")
recall("--seed", type=whole(0), default=0)
recall("--plot", type=Path, help="PNG of recall by IoU, by source and budget")
show = commands.add_parser("show").add_argument
show("model", type=Path, help="a run's models/classical folder")
show("image", type=Path)
show("--output", type=Path, default=Path("proposals"), help="folder to write")


class Measured(NamedTuple):
    """One source with one budget: recall at each of `IOUS`, mean boxes and median milliseconds."""

    recall: NDArray[np.float64]
    boxes: float
    milliseconds: float


@command("measure_proposals", OPTIONS)
def main(arguments: argparse.Namespace) -> int:
    """Measure or draw; return the exit status."""
    (measured if arguments.command == "recall" else shown)(arguments)
    return 0


def measured(arguments: argparse.Namespace) -> None:
    """Measure, print and draw."""
    from datasets.splits import limited
    from pipelines.system import runtime

    runtime.set_threads(runtime.usable_cores())
    dataset = opened(arguments.dataset)
    if arguments.limit is not None:
        dataset = limited(dataset, arguments.limit, arguments.seed)
    results = {
        (source, budget): figures
        for source in arguments.sources
        for budget, figures in measure(dataset, arguments.split, source, arguments.seed).items()
    }
    columns = ("source", "budget", "@.5", "@.7", "@.9", "average recall", "boxes", "ms (p50)")
    rows = []
    for (source, budget), (recall, boxes, milliseconds) in results.items():
        recalls = [f"{value:.3f}" for value in (*recall[[0, 4, 8]], recall.mean())]
        rows.append([source, str(budget), *recalls, f"{boxes:.0f}", f"{milliseconds:.1f}"])
    print_table(f"Recall of proposals: {dataset.name}, {arguments.split}", columns, rows)
    for budget in BUDGETS:
        best = max(arguments.sources, key=lambda name: results[name, budget].recall.mean())
        verdict = "" if "grabcut" in best else "; GrabCut does not pay here"
        print(f"best average recall with {budget} boxes: {best}{verdict}")
    if arguments.plot:
        draw(results, arguments.plot)


def measure(dataset: Dataset, split: str, source: ProposalSource, seed: int) -> dict[int, Measured]:
    """Return the figures of a source by budget."""
    from datasets.boxes import iou
    from datasets.images import pixels_of
    from pipelines.classical.proposals.learn import learn_proposer
    from pipelines.classical.proposals.propose import propose, search
    from pipelines.system import runtime
    from pipelines.system.progress import on_terminal

    threads = runtime.usable_cores()
    settings = ClassicalSettings(proposal_source=source)
    proposer = learn_proposer(dataset.splits["train"], settings, seed, threads, on_terminal)
    images = dataset.splits[split]
    figures = {}
    for budget in BUDGETS:
        settings = replace(settings, proposals=budget)
        overlaps, counts, seconds = [], [], []
        for image in on_terminal(images, f"{source}, {budget} boxes", len(images)):
            pixels, truth = pixels_of(image), image.annotations
            started = time.perf_counter()
            searched = search(pixels)
            boxes = propose(searched, proposer, settings, threads).boxes
            seconds.append(time.perf_counter() - started)
            counts.append(len(boxes))
            objects = truth.boxes[~truth.ignore]
            overlaps.append(iou(objects, boxes * searched.back).max(axis=1, initial=0.0))
        recall = (np.concatenate(overlaps)[:, None] >= IOUS - 1e-9).mean(axis=0)
        figures[budget] = Measured(recall, float(np.mean(counts)), 1000 * float(np.median(seconds)))
    return figures


def draw(results: Mapping[tuple[str, int], Measured], path: Path) -> None:
    """Write recall over IoU as a PNG, one panel a budget and one line a source."""
    from pipelines.studies.common.plots import DPI, new_figure
    from pipelines.system.files import replacing_file

    figure = new_figure(14, 3.6)
    panels = dict(zip(BUDGETS, figure.subplots(1, len(BUDGETS), sharey=True), strict=True))
    for (source, budget), figures in results.items():
        panels[budget].plot(IOUS, figures.recall, marker=".", label=source)
    for budget, panel in panels.items():
        panel.set(title=f"{budget} boxes", xlabel="IoU", ylim=(0, 1))
        panel.grid(alpha=0.3)
    panels[BUDGETS[0]].set_ylabel("recall")
    panels[BUDGETS[0]].legend()
    with replacing_file(path) as beside:
        figure.savefig(beside, format="png", dpi=DPI)


def shown(arguments: argparse.Namespace) -> None:
    """Draw one image's proposals and print where the pictures are."""
    from datasets.images import load_image
    from pipelines.classical.proposals.propose import WINDOWS, propose, search, seeds_among
    from pipelines.classical.proposals.windows import best_windows
    from pipelines.classical.storage import load_classical

    try:
        detector = load_classical(arguments.model)
    except (ValueError, LookupError, TypeError) as error:
        raise UserError(f"{arguments.model}: can't be loaded ({error})") from error
    searched, proposer = search(load_image(arguments.image)), detector.proposer
    windows, log_odds = best_windows(
        searched.levels, *searched.size, proposer.shapes, proposer.first, WINDOWS
    )
    seeds = seeds_among(windows, log_odds)
    proposals = propose(searched, proposer, detector.settings)
    best, cut = proposals.boxes[:SHOWN], proposals.from_grabcut[:SHOWN]
    pictures = {
        "windows": with_boxes(searched.image, windows[:SHOWN], seeds),
        **cut_pictures(searched.image, seeds, detector.settings.grabcut_sizes),
        "proposals": with_boxes(searched.image, best[~cut], best[cut]),
    }
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name, picture in pictures.items():
        picture.save(arguments.output / f"{name}.png")
        print(arguments.output / f"{name}.png")


def with_boxes(image: NDArray[np.uint8], boxes: Boxes, above: Boxes) -> Image.Image:
    """Return the image with boxes in blue and others above them in orange."""
    picture = Image.fromarray(image)
    pen = ImageDraw.Draw(picture)
    for some, colour, width in ((boxes, WINDOW, 1), (above, CUT, 2)):
        for box in some:
            pen.rectangle(tuple(box), outline=colour, width=width)
    return picture


def cut_pictures(
    image: NDArray[np.uint8], seeds: Boxes, sizes_px: Sequence[int]
) -> dict[str, Image.Image]:
    """Return for each cut: its start mask, its mask and the boxes of the mask's parts."""
    from pipelines.classical.proposals.grabcut import cut, parts, starts

    levels = np.array([0, 255, 85, 170], np.uint8)  # sure and probable ground and object
    pictures = {}
    for number, (small, mask, _) in enumerate(starts(image, seeds, sizes_px), start=1):
        whole_cut = cut(small, mask, 1)
        panels = [levels[mask], whole_cut.astype(np.uint8) * np.uint8(255)]
        grey = [np.repeat(panel[..., None], 3, axis=2) for panel in panels]
        boxes = np.asarray(with_boxes(small, parts(whole_cut)[:0], parts(whole_cut)))
        pictures[f"grabcut_{number}"] = Image.fromarray(np.hstack([*grey, boxes]))
    return pictures


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
