"""One picture of one image: ground truth and every pipeline's detections, side by side.

Right and wrong are told apart by the line as well as by the mark: a true positive is solid, a
false positive dashed and marked x, a missed object dotted and marked ?. Colour tells classes
apart (Okabe & Ito 2008, chosen for people who do not tell red from green).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from datasets.annotations import Annotations
from datasets.boxes import Boxes
from pipelines.detections import Detections
from pipelines.evaluation.matching import match

PALETTE = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7", "#FFFFFF")
LEAST_PANEL_PX, MOST_PANEL_PX = 480, 960
TEXT_PX, TITLE_PX, GAP_PX = 13, 17, 6
PAPER, INK = "#101418", "#F2F4F6"
SOLID, DASHED, DOTTED = (1, 0), (9, 6), (2, 4)  # pixels drawn and left out in turn


def annotate(
    image: NDArray[np.uint8],
    truth: Annotations,
    detections: Mapping[str, Detections],
    classes: Sequence[str],
    thresholds: Mapping[str, float],
) -> NDArray[np.uint8]:
    """Return the picture, ``(h, w, 3)`` uint8 RGB.

    Args:
        image: ``(H, W, 3)`` uint8 RGB; enlarged or shrunk so that a panel is 480 to 960 px wide.
        truth: its ground truth.
        detections: each pipeline's, by its name.
        classes: names in label order.
        thresholds: each pipeline's score from which on detections are drawn.
    """
    width = min(max(image.shape[1], LEAST_PANEL_PX), MOST_PANEL_PX)
    scale = width / image.shape[1]
    height = max(1, round(image.shape[0] * scale))
    small = Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS)
    panels = [_truth_panel(small, truth, classes, scale)]
    for name, found in detections.items():
        shown = found.above(thresholds[name])
        title = f"{name}, score from {thresholds[name]:.2g}"
        panels.append(_detections_panel(small, title, truth, shown, classes, scale))
    return _side_by_side(panels)


def draw_found(
    image: NDArray[np.uint8], found: Detections, classes: Sequence[str]
) -> NDArray[np.uint8]:
    """Return an image of its own size with all detections drawn over it, ``(H, W, 3)`` uint8 RGB.

    Lines and names grow with the image, so that they are seen on a large photograph too.
    """
    panel = Image.fromarray(image)
    names = [
        f"{classes[label]} {score:.2f}"
        for label, score in zip(found.labels, found.scores, strict=True)
    ]
    size = max(1.0, max(panel.size) / MOST_PANEL_PX)
    pen = ImageDraw.Draw(panel)
    styles = [SOLID] * len(found)
    _draw_boxes(panel, pen, found.boxes, found.labels, names, styles, strip=0, size=size)
    return np.asarray(panel)


def _truth_panel(
    image: Image.Image, truth: Annotations, classes: Sequence[str], scale: float
) -> Image.Image:
    count = int((~truth.ignore).sum())
    panel, pen = _panel(image, f"ground truth: {count} object{'' if count == 1 else 's'}")
    names = [
        classes[label] + (" (ignored)" if ignored else "")
        for label, ignored in zip(truth.labels, truth.ignore, strict=True)
    ]
    style = [DOTTED if ignored else SOLID for ignored in truth.ignore]
    _draw_boxes(panel, pen, truth.boxes * scale, truth.labels, names, style)
    return panel


def _detections_panel(
    image: Image.Image,
    title: str,
    truth: Annotations,
    shown: Detections,
    classes: Sequence[str],
    scale: float,
) -> Image.Image:
    verdict = match(truth, shown)
    right, wrong = int(verdict.true_positive.sum()), int(verdict.false_positive.sum())
    missed = int(verdict.missed.sum())
    panel, pen = _panel(image, f"{title}: {right} right, {wrong} wrong x, {missed} missed ?")
    lost = truth.boxes[verdict.missed], truth.labels[verdict.missed]
    names = [f"? {classes[label]}" for label in lost[1]]
    _draw_boxes(panel, pen, lost[0] * scale, lost[1], names, [DOTTED] * missed)
    names = [
        f"{'x ' if bad else ''}{classes[label]} {score:.2f}"
        for label, score, bad in zip(
            shown.labels, shown.scores, verdict.false_positive, strict=True
        )
    ]
    style = [DASHED if bad else SOLID for bad in verdict.false_positive]
    _draw_boxes(panel, pen, shown.boxes * scale, shown.labels, names, style)
    return panel


def _panel(image: Image.Image, title: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Return the image below a strip with a title, and the pen for both."""
    strip = TITLE_PX + 10
    panel = Image.new("RGB", (image.width, image.height + strip), PAPER)
    panel.paste(image, (0, strip))
    pen = ImageDraw.Draw(panel)
    pen.text((6, 4), title, INK, font=ImageFont.load_default(TITLE_PX))
    return panel, pen


def _draw_boxes(
    panel: Image.Image,
    pen: ImageDraw.ImageDraw,
    boxes: Boxes,
    labels: NDArray[np.int64],
    names: Sequence[str],
    styles: Sequence[tuple[int, int]],
    strip: int = TITLE_PX + 10,
    size: float = 1.0,
) -> None:
    """Draw boxes, then their names above all lines, none beyond the panel or in its strip."""
    font = ImageFont.load_default(round(TEXT_PX * size))
    moved = boxes + np.array([0, strip, 0, strip])
    for (x1, y1, x2, y2), label, style in zip(moved, labels, styles, strict=True):
        corners = [(x1, y1), (x2 - 1, y1), (x2 - 1, y2 - 1), (x1, y2 - 1), (x1, y1)]
        for start, end in pairwise(corners):
            _line(pen, start, end, PALETTE[label % len(PALETTE)], style, size)
    for (x1, y1, _, _), label, name in zip(moved, labels, names, strict=True):
        left, top, right, bottom = font.getbbox(name)
        wide, high = right - left + 4, bottom - top + 4
        x = min(max(x1, 0), max(panel.width - wide, 0))
        y = min(max(y1 - high, strip), panel.height - high)
        pen.rectangle((x, y, x + wide, y + high), fill=PALETTE[label % len(PALETTE)])
        pen.text((x + 2 - left, y + 2 - top), name, "#000000", font=font)


def _line(
    pen: ImageDraw.ImageDraw,
    start: tuple[float, float],
    end: tuple[float, float],
    colour: str,
    style: tuple[int, int],
    size: float = 1.0,
) -> None:
    """Draw a line of dashes on a dark line, so that it is seen on any ground."""
    pen.line((*start, *end), fill="#000000", width=round(3 * size))
    length = float(np.hypot(end[0] - start[0], end[1] - start[1]))
    drawn, left_out = style
    step = drawn + left_out if left_out else max(length, 1.0)
    for begin in np.arange(0.0, max(length, 1.0), step):
        finish = min(begin + (drawn if left_out else length), length)
        share = np.array([begin, finish]) / max(length, 1e-9)
        points = np.outer(1 - share, start) + np.outer(share, end)
        pen.line(tuple(points.ravel()), fill=colour, width=round(2 * size))


def _side_by_side(panels: Sequence[Image.Image]) -> NDArray[np.uint8]:
    width = sum(panel.width for panel in panels) + GAP_PX * (len(panels) - 1)
    whole = Image.new("RGB", (width, panels[0].height), PAPER)
    x = 0
    for panel in panels:
        whole.paste(panel, (x, 0))
        x += panel.width + GAP_PX
    return np.asarray(whole)
