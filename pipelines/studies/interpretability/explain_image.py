"""One image explained: the detection that all have, or the best one, and what mattered for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle

from datasets.progress import Track
from pipelines.contenders import label_of
from pipelines.detections import Detections, Image
from pipelines.studies.common.plots import colours, new_figure
from pipelines.studies.interpretability.explainers import Explainer, shared_detections
from pipelines.studies.interpretability.explaining import Explanation, explain
from pipelines.studies.interpretability.saliency import DetectedBox, target_score
from pipelines.system.fonts import drawable, font_of_all


@dataclass(frozen=True, eq=False)
class ExplainedDetection:
    """One contender's detection, its score and its explanations by method."""

    pipeline: str
    target: DetectedBox
    score: float
    explanations: Mapping[str, Explanation]


def chosen_targets(found: Mapping[str, Detections]) -> dict[str, DetectedBox]:
    """Return what to explain of each contender: the surest detection that all have.

    Where they share none, the best detection of any is explained for each; none where there is
    nothing at all.
    """
    shared = shared_detections(list(found.values()))
    if shared:
        return dict(zip(found, shared[0], strict=True))
    some = [each for each in found.values() if len(each)]
    if not some:
        return {}
    best = max(some, key=lambda each: float(each.scores[0]))
    return dict.fromkeys(found, DetectedBox(best.boxes[0], int(best.labels[0])))


def explain_image(
    explainers: Mapping[str, Explainer], image: Image, masks: int, seed: int, track: Track
) -> list[ExplainedDetection]:
    """Return an explained detection of each contender, none where nothing was found."""
    found = {name: each.detect_many([image])[0] for name, each in explainers.items()}
    targets = chosen_targets({n: found[n].above(each.threshold) for n, each in explainers.items()})
    explained = []
    for name, target in track(targets.items(), "explaining", len(targets)):
        (by_method,) = explain(explainers[name], image, [target], [target.box], masks, seed)
        explained.append(
            ExplainedDetection(name, target, target_score(found[name], target), by_method)
        )
    return explained


def draw_explanations(
    image: Image, explained: Sequence[ExplainedDetection], classes: Sequence[str]
) -> Figure:
    """Return a picture: a row each contender, the detection and its maps side by side."""
    methods = max(len(each.explanations) for each in explained)
    colour = colours(each.pipeline for each in explained)
    figure = new_figure(4 * (methods + 1), 3.4 * len(explained))
    grid = figure.subplots(len(explained), methods + 1, squeeze=False)
    grey = np.repeat(image.mean(axis=2, keepdims=True), 3, axis=2) / 255
    for line, each in zip(grid, explained, strict=True):
        x1, y1, x2, y2 = each.target.box
        for panel in line:
            panel.set_axis_off()
        title = f"{label_of(each.pipeline)}: {classes[each.target.label]} {each.score:.2f}"
        line[0].imshow(image)
        font = FontProperties(fname=font_of_all(drawable(title)), size=10)
        line[0].set_title(drawable(title), fontproperties=font, parse_math=False)
        for panel, (method, explanation) in zip(line[1:], each.explanations.items(), strict=False):
            values, figures = explanation.saliency, explanation.faithfulness
            most = float(np.abs(values).max()) or 1.0
            panel.imshow(grey, alpha=0.6)
            panel.imshow(values, cmap="coolwarm", vmin=-most, vmax=most, alpha=0.6)
            title = f"deletion {figures.deletion:.2f}, insertion {figures.insertion:.2f}"
            panel.set_title(f"{method}: {title}", fontsize=10)
        for panel in line[: len(each.explanations) + 1]:
            box = Rectangle((x1, y1), x2 - x1, y2 - y1, fill=False, lw=2)
            box.set_edgecolor(colour[each.pipeline])
            panel.add_patch(box)
    figure.suptitle("Red pixels spoke for the detection, blue ones against it", fontsize=11)
    return figure
