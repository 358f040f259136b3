"""Boxes to numbers: histograms of oriented gradients (Dalal & Triggs 2005) and a colour layout.

Orientations are both signed and unsigned, in the 31 numbers a cell that Felzenszwalb et al. (2010,
§6.2) found to say as much as all blocks.

All boxes of an image are described at once from its integral channels; no crop is cut or resized.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from datasets.boxes import Boxes
from models.classical.channels import BINS, COLOURS, SIGNED_BINS, Channels, cells, signed_cells

Features = NDArray[np.float32]

BLOCK = 2  # cells by cells whose strength a cell is divided by, in four ways
CLIPPED = 0.2  # no orientation counts for more
CELL_NUMBERS = SIGNED_BINS + BINS + BLOCK**2  # signed, unsigned, and four strengths
LEAST_STRENGTH = 0.02  # of a block, added to its length: what is flat stays flat
COLOUR_CELLS = 4  # the colour layout is the mean colour of 4 × 4 parts
LAYOUT = COLOURS * COLOUR_CELLS**2  # numbers of the colour layout
COLOUR_WEIGHT = 4.0  # of Lab values: makes colours about as long a vector as the gradients

TEMPLATE_CELLS = 8  # the square template is 8 × 8 cells; others have about as many
LONGEST_TEMPLATE = 14  # cells
MOST_TEMPLATES = 3
UNLIKE = 0.35  # spread of logarithms of width by height that one template can't serve

Template = tuple[int, int]  # cells from top to bottom and from left to right


def widened(boxes: Boxes, context: float) -> Boxes:
    """Return the boxes with that share of their sides added on each side."""
    pad = context * np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    return boxes + pad * [-1.0, -1.0, 1.0, 1.0]


def describe(
    levels: Channels, boxes: Boxes, templates: Sequence[Template], *, context: float, colour: bool
) -> Features:
    """Return the ``(N, D)`` float32 description of each box; D is `length` of the rest.

    A box is divided into the cells of the template that is most like it in shape. Each template
    has a place of its own in the description, and the others' are 0 there, so that one hyperplane
    holds a filter for each of them. Boxes are ``(N, 4)`` xyxy pixels of the image; ``context`` is
    the share of their sides that is seen with them on each side.
    """
    seen = widened(boxes, context)
    described = np.zeros((len(boxes), length(templates, colour=colour)), np.float32)
    which = most_alike(boxes, templates)
    start = 0
    for number, template in enumerate(templates):
        mine = np.flatnonzero(which == number)
        end = start + length((template,), colour=False)
        described[mine, start:end] = cell_numbers(signed_cells(levels, seen[mine], *template))
        start = end
    if colour:
        _, colours = cells(levels, seen, COLOUR_CELLS, COLOUR_CELLS)
        described[:, start:] = colours.reshape(len(boxes), LAYOUT) * np.float32(COLOUR_WEIGHT)
    return described


def length(templates: Sequence[Template], *, colour: bool) -> int:
    """Return how many numbers describe a box."""
    cell_count = sum(rows * columns for rows, columns in templates)
    return cell_count * CELL_NUMBERS + (LAYOUT if colour else 0)


def fit_templates(boxes: Boxes, seed: int) -> tuple[Template, ...]:
    """Return one to three templates for the shapes of the ``(N, 4)`` training boxes.

    There are as few as leave boxes of one template alike in shape.
    """
    logs = _log_aspects(boxes)[:, None]
    for count in range(1, MOST_TEMPLATES + 1):
        model = KMeans(min(count, len(np.unique(logs))), n_init=4, random_state=seed).fit(logs)
        if np.sqrt(model.inertia_ / len(logs)) < UNLIKE:
            break
    fitted = [_template(float(log)) for log in np.sort(model.cluster_centers_[:, 0])]
    return tuple(dict.fromkeys(fitted))


def most_alike(boxes: Boxes, templates: Sequence[Template]) -> NDArray[np.int64]:
    """Return for each box which template is most like it in shape."""
    shapes = np.log([columns / rows for rows, columns in templates])
    return np.asarray(np.abs(_log_aspects(boxes)[:, None] - shapes).argmin(axis=1))


def _template(log_aspect: float) -> Template:
    root = np.exp(np.clip(log_aspect, -1.0, 1.0) / 2)
    rows, columns = round(TEMPLATE_CELLS / root), round(TEMPLATE_CELLS * root)
    return min(rows, LONGEST_TEMPLATE), min(columns, LONGEST_TEMPLATE)


def _log_aspects(boxes: Boxes) -> NDArray[np.float64]:
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 1e-3)
    return np.log(sides[:, 0] / sides[:, 1])


def cell_numbers(signed: Features) -> Features:
    """Return 31 numbers of each of ``(N, rows, columns, 18)`` cells: ``(N, rows · columns · 31)``.

    A cell is divided by the lengths of the four blocks it is in and cut at 0.2; what that gives is
    summed over the blocks for 18 signed and 9 unsigned orientations, and over the signed ones for
    each block. A block beyond the border is the nearest one within.
    """
    count, rows, columns, _ = signed.shape
    unsigned = signed[..., :BINS] + signed[..., BINS:]
    energy = np.einsum("nrci,nrci->nrc", unsigned, unsigned)
    across = energy[:, :, :-1] + energy[:, :, 1:]
    lengths = np.sqrt(across[:, :-1] + across[:, 1:]) + np.float32(LEAST_STRENGTH)
    around = np.pad(1 / lengths, ((0, 0), (1, 1), (1, 1)), mode="edge")
    both = np.concatenate([signed, unsigned], axis=3)
    mean_signed = np.full(SIGNED_BINS + BINS, SIGNED_BINS**-0.5, np.float32)
    mean_signed[SIGNED_BINS:] = 0
    total, cut = np.zeros_like(both), np.empty_like(both)
    strengths = np.empty((count, rows, columns, BLOCK**2), np.float32)
    for block in range(BLOCK**2):
        down, right = divmod(block, BLOCK)
        np.multiply(both, around[:, down : down + rows, right : right + columns, None], out=cut)
        np.minimum(cut, np.float32(CLIPPED), out=cut)
        total += cut
        strengths[..., block] = cut @ mean_signed
    total *= np.float32(0.5)
    return np.concatenate([total, strengths], axis=3).reshape(count, rows * columns * CELL_NUMBERS)
