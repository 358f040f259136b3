"""Boxes to numbers: histograms of oriented gradients (Dalal & Triggs 2005) and a colour layout.

All boxes of an image are described at once from its integral channels; no crop is cut or resized.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from datasets.boxes import Boxes
from models.channels import BINS, COLOURS, Channels, cells

Features = NDArray[np.float32]

BLOCK = 2  # cells by cells that are normalised together, each block one cell further
CLIPPED = 0.2  # no orientation counts for more in a block (L2-Hys)
LEAST_STRENGTH = 0.02  # of a block, added to its length: what is flat stays flat
COLOUR_CELLS = 4  # the colour layout is the mean colour of 4 × 4 parts
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
    levels: Channels,
    boxes: Boxes,
    templates: Sequence[Template],
    *,
    context: float,
    colour: bool,
) -> Features:
    """Return the ``(N, D)`` float32 description of each box; D is `length` of the rest.

    A box is divided into the cells of the template that is most like it in shape. Each template
    has a place of its own in the description, and the others' are 0 there, so that one hyperplane
    holds a filter for each of them.

    Args:
        levels: the image's channels.
        boxes: ``(N, 4)`` xyxy pixels of it.
        templates: see `fit_templates`.
        context: of a box's sides, seen with it on each side.
        colour: whether the colour layout follows the HOG.
    """
    seen = widened(boxes, context)
    described = np.zeros((len(boxes), length(templates, colour=colour)), np.float32)
    which = most_alike(boxes, templates)
    start = 0
    for number, template in enumerate(templates):
        mine = np.flatnonzero(which == number)
        end = start + _hog_length(template)
        described[mine, start:end] = blocks(cells(levels, seen[mine], *template)[0])
        start = end
    if colour:
        _, colours = cells(levels, seen, COLOUR_CELLS, COLOUR_CELLS)
        described[:, start:] = colours.reshape(len(boxes), COLOURS * COLOUR_CELLS**2) * np.float32(
            COLOUR_WEIGHT
        )
    return described


def length(templates: Sequence[Template], *, colour: bool) -> int:
    """Return how many numbers describe a box."""
    layout = COLOURS * COLOUR_CELLS**2 if colour else 0
    return sum(map(_hog_length, templates)) + layout


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


def _hog_length(template: Template) -> int:
    rows, columns = template
    return (rows - BLOCK + 1) * (columns - BLOCK + 1) * BLOCK**2 * BINS


def blocks(gradients: Features) -> Features:
    """Return HOG's blocks of ``(N, rows, columns, 9)`` cells, each of length 1 or less: ``(N, D)``.

    A block is its four cells' orientations by their length, cut at 0.2 and by their length again.
    """
    rows, columns = gradients.shape[1] - BLOCK + 1, gradients.shape[2] - BLOCK + 1
    found = np.stack(
        [
            gradients[:, down : down + rows, right : right + columns]
            for down in range(BLOCK)
            for right in range(BLOCK)
        ],
        axis=3,
    ).reshape(len(gradients), rows, columns, BLOCK**2 * BINS)
    found /= _lengths(found) + np.float32(LEAST_STRENGTH)
    np.minimum(found, np.float32(CLIPPED), out=found)
    found /= _lengths(found) + np.float32(1e-3)
    return found.reshape(len(gradients), rows * columns * BLOCK**2 * BINS)


def _lengths(vectors: Features) -> Features:
    return np.asarray(np.sqrt(np.einsum("...i,...i->...", vectors, vectors))[..., None])
