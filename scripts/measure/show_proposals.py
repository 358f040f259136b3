"""Draw how the classical detector proposes boxes in one image: windows, cuts and proposals.

Into the output folder go ``windows.png`` (the seeds and best windows GrabCut starts from),
``grabcut_1.png`` … (each cut's start mask, its mask and the boxes it gave), and ``proposals.png``
(the budget's best, GrabCut's in orange). HOG is drawn by the study of features.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from datasets.errors import UserError
from pipelines.system.command_line import Options, run

SHOWN = 60  # proposals drawn; more hide the image
WINDOW, CUT = "#56B4E9", "#E69F00"


def main(argv: Sequence[str] | None = None) -> int:
    """Draw; return 0, or 2 for an image or a model that can't be used."""
    parser = Options(description=__doc__)
    parser.add_argument("model", type=Path, help="a run's models/classical folder")
    parser.add_argument("image", type=Path)
    parser.add_argument("--output", type=Path, default=Path("proposals"), help="folder to write")
    return run("show_proposals", parser, argv, drawn)


def drawn(arguments: argparse.Namespace) -> int:
    """Draw and print where the pictures are; return 0."""
    from datasets.images import load_image
    from pipelines.classical.proposals.propose import WINDOWS, propose, search, seeds_among
    from pipelines.classical.proposals.windows import best_windows
    from pipelines.classical.storage import load_classical

    try:
        detector = load_classical(arguments.model)
    except (ValueError, LookupError, TypeError) as error:
        raise UserError(f"{arguments.model}: can't be loaded ({error})") from error
    pixels = load_image(arguments.image)
    searched, proposer = search(pixels), detector.proposer
    windows, log_odds = best_windows(
        searched.levels, *searched.size, proposer.shapes, proposer.first, WINDOWS
    )
    seeds = seeds_among(windows, log_odds)
    proposals = propose(searched, proposer, detector.settings)
    best, cut = proposals.boxes[:SHOWN], proposals.from_grabcut[:SHOWN]
    pictures = {
        "windows": with_boxes(searched.image, windows[:SHOWN], WINDOW, seeds),
        **cut_pictures(searched.image, seeds, detector.settings.grabcut_sizes),
        "proposals": with_boxes(searched.image, best[~cut], WINDOW, best[cut]),
    }
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name, picture in pictures.items():
        picture.save(arguments.output / f"{name}.png")
        print(arguments.output / f"{name}.png")
    return 0


def with_boxes(
    image: NDArray[np.uint8], boxes: NDArray[np.float64], colour: str, above: NDArray[np.float64]
) -> Image.Image:
    """Return the image with boxes in that colour and others above them in orange."""
    picture = Image.fromarray(image)
    pen = ImageDraw.Draw(picture)
    for some, ink, width in ((boxes, colour, 1), (above, CUT, 2)):
        for box in some:
            pen.rectangle(tuple(box), outline=ink, width=width)
    return picture


def cut_pictures(
    image: NDArray[np.uint8], seeds: NDArray[np.float64], sizes_px: Sequence[int]
) -> dict[str, Image.Image]:
    """Return for each cut: its start mask, its mask and the boxes of the mask's parts."""
    from pipelines.classical.proposals.grabcut import cut, parts, starts

    pictures = {}
    for number, (small, mask, _) in enumerate(starts(image, seeds, sizes_px), start=1):
        whole = cut(small, mask, 1)
        levels = np.array([0, 255, 85, 170], np.uint8)  # sure and probable ground and object
        panels = [levels[mask], whole.astype(np.uint8) * np.uint8(255)]
        shown = [np.repeat(panel[..., None], 3, axis=2) for panel in panels]
        boxes = np.asarray(with_boxes(small, parts(whole), CUT, parts(whole)[:0]))
        pictures[f"grabcut_{number}"] = Image.fromarray(np.hstack([*shown, boxes]))
    return pictures


if __name__ == "__main__":
    raise SystemExit(main())
