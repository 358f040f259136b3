"""One picture of one image: ground truth and every pipeline's detections, side by side.

Right and wrong differ in the line as well as in the mark: a true positive is solid, a false
positive dashed and marked x, a missed object dotted and marked ?. Colour stands for the class
(Okabe & Ito 2008, chosen for people who do not distinguish red from green).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw

from datasets.annotations import Annotations
from datasets.boxes import Boxes
from pipelines.detections import Detections
from pipelines.evaluation.matching import match
from pipelines.system.fonts import lay_out

PALETTE = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7", "#FFFFFF")
LEAST_PANEL_PX, MOST_PANEL_PX = 480, 960
TEXT_PX, TITLE_PX, GAP_PX = 13, 17, 6
PAPER, INK = "#101418", "#F2F4F6"
LEAST_TITLE_PX, MARGIN_PX = 8.0, 6  # of a title too long for its panel, and beside it
STRIP_PX = TITLE_PX + 10  # height of the strip with a panel's title
# Length of a dash, and from where it begins to where the next does, pixels.
SOLID, DASHED, DOTTED = (1e9, 1e9), (9.0, 15.0), (2.0, 6.0)


@dataclass(frozen=True, eq=False)
class BoxLayer:
    """Boxes to be drawn: ``(N, 4)`` xyxy pixels, ``(N,)`` labels, a name and a style for each."""

    boxes: Boxes
    labels: NDArray[np.int64]
    names: Sequence[str]
    styles: Sequence[tuple[float, float]]


def annotate(
    image: NDArray[np.uint8],
    truth: Annotations,
    detections: Mapping[str, Detections],
    classes: Sequence[str],
    thresholds: Mapping[str, float],
) -> NDArray[np.uint8]:
    """Return the picture, ``(h, w, 3)`` uint8 RGB: panels of 480 to 960 px, the truth first.

    Args:
        image: ``(H, W, 3)`` uint8 RGB.
        truth: its ground truth.
        detections: each pipeline's, by its name.
        classes: names in label order.
        thresholds: each pipeline's score from which on detections are drawn.
    """
    width = min(max(image.shape[1], LEAST_PANEL_PX), MOST_PANEL_PX)
    scale = width / image.shape[1]
    height = max(1, round(image.shape[0] * scale))
    small = Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS)
    panels = [_panel(small, scale, *_ground_truth(truth, classes))]
    for name, found in detections.items():
        shown = found.above(thresholds[name])
        counts, layers = _matched(truth, shown, classes)
        title = f"{name}, score from {thresholds[name]:.2g}: {counts}"
        panels.append(_panel(small, scale, title, layers))
    gap = np.full((panels[0].height, GAP_PX, 3), ImageColor.getrgb(PAPER), np.uint8)
    return np.hstack([part for panel in panels for part in (gap, np.asarray(panel))][1:])


def draw_found(
    image: NDArray[np.uint8], found: Detections, classes: Sequence[str]
) -> NDArray[np.uint8]:
    """Return an image of its own size with all detections drawn over it, ``(H, W, 3)`` uint8 RGB.

    Lines and names grow with the image, so that they are seen on a large photograph too.
    """
    panel = Image.fromarray(image)
    size = max(1.0, max(panel.size) / MOST_PANEL_PX)
    layer = BoxLayer(found.boxes, found.labels, _scored(found, classes), [SOLID] * len(found))
    _draw(panel, layer, strip=0, size=size)
    return np.asarray(panel)


def _ground_truth(truth: Annotations, classes: Sequence[str]) -> tuple[str, list[BoxLayer]]:
    """Return the title and the boxes of the objects."""
    count = int((~truth.ignore).sum())
    names = [
        classes[label] + (" (ignored)" if ignored else "")
        for label, ignored in zip(truth.labels, truth.ignore, strict=True)
    ]
    styles = [DOTTED if ignored else SOLID for ignored in truth.ignore]
    title = f"ground truth: {count} object{'' if count == 1 else 's'}"
    return title, [BoxLayer(truth.boxes, truth.labels, names, styles)]


def _matched(
    truth: Annotations, shown: Detections, classes: Sequence[str]
) -> tuple[str, list[BoxLayer]]:
    """Return the counts of right, wrong and missed, and boxes: missed objects below detections."""
    matches = match(truth, shown)
    lost, wrong = matches.missed, matches.false_positive
    labels = truth.labels[lost]
    missed = [f"? {classes[label]}" for label in labels]
    scored = zip(_scored(shown, classes), wrong, strict=True)
    names = [f"{'x ' if bad else ''}{name}" for name, bad in scored]
    counts = f"{matches.true_positive.sum()} right, {wrong.sum()} wrong x, {lost.sum()} missed ?"
    return counts, [
        BoxLayer(truth.boxes[lost], labels, missed, [DOTTED] * len(labels)),
        BoxLayer(shown.boxes, shown.labels, names, [DASHED if bad else SOLID for bad in wrong]),
    ]


def _scored(found: Detections, classes: Sequence[str]) -> list[str]:
    pairs = zip(found.labels, found.scores, strict=True)
    return [f"{classes[label]} {score:.2f}" for label, score in pairs]


def _panel(image: Image.Image, scale: float, title: str, layers: Sequence[BoxLayer]) -> Image.Image:
    """Return the image below a strip with a title, and boxes over it."""
    panel = Image.new("RGB", (image.width, image.height + STRIP_PX), PAPER)
    panel.paste(image, (0, STRIP_PX))
    line = lay_out(title, TITLE_PX)
    fits = (image.width - 2 * MARGIN_PX) / line.length
    if fits < 1:
        line = lay_out(title, max(LEAST_TITLE_PX, fits * TITLE_PX))
    line.draw(ImageDraw.Draw(panel), MARGIN_PX, 4, INK)
    for layer in layers:
        _draw(panel, replace(layer, boxes=layer.boxes * scale))
    return panel


def _draw(panel: Image.Image, layer: BoxLayer, strip: int = STRIP_PX, size: float = 1.0) -> None:
    """Draw boxes, then their names above all lines, none beyond the panel or in its strip."""
    pen = ImageDraw.Draw(panel)
    moved = layer.boxes + np.array([0, strip, 0, strip])
    colours = [PALETTE[label % len(PALETTE)] for label in layer.labels]
    for (x1, y1, x2, y2), colour, style in zip(moved, colours, layer.styles, strict=True):
        corners = [(x1, y1), (x2 - 1, y1), (x2 - 1, y2 - 1), (x1, y2 - 1), (x1, y1)]
        for start, end in pairwise(corners):
            _line(pen, start, end, colour, style, size)
    for (x1, y1, _, _), colour, name in zip(moved, colours, layer.names, strict=True):
        line = lay_out(name, round(TEXT_PX * size))
        left, top, right, bottom = line.box
        wide, high = right - left + 4, bottom - top + 4
        x = min(max(x1, 0), max(panel.width - wide, 0))
        y = min(max(y1 - high, strip), panel.height - high)
        pen.rectangle((x, y, x + wide, y + high), fill=colour)
        line.draw(pen, x + 2 - left, y + 2 - top, "#000000")


def _line(
    pen: ImageDraw.ImageDraw,
    start: tuple[float, float],
    end: tuple[float, float],
    colour: str,
    style: tuple[float, float],
    size: float,
) -> None:
    """Draw a line of dashes on a dark line, so that it is seen on any ground."""
    pen.line((*start, *end), fill="#000000", width=round(3 * size))
    length = float(np.hypot(end[0] - start[0], end[1] - start[1]))
    dash, period = style
    for begin in np.arange(0.0, max(length, 1.0), period):
        share = np.array([begin, min(begin + dash, length)]) / max(length, 1e-9)
        points = np.outer(1 - share, start) + np.outer(share, end)
        pen.line(tuple(points.ravel()), fill=colour, width=round(2 * size))
