"""One image explained: the detection that both have, or the best one, and what mattered for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from datasets.progress import Track
from pipelines.detections import Detections, Image
from pipelines.studies.interpretability.explainers import DRISE, Explainer, found_by_both
from pipelines.studies.interpretability.faithfulness import agreement, worth
from pipelines.studies.interpretability.saliency import Saliency, Target, drise, target_score


@dataclass(frozen=True, eq=False)
class Explanation:
    """One pipeline's detection and its maps.

    Attributes:
        pipeline: its name.
        target: the detection.
        score: of it.
        maps: by method.
        deletion: by method, see `faithfulness.Worth`.
        insertion: by method.
        agreement: correlation of D-RISE's two runs.
    """

    pipeline: str
    target: Target
    score: float
    maps: Mapping[str, Saliency]
    deletion: Mapping[str, float]
    insertion: Mapping[str, float]
    agreement: float


def chosen_targets(
    found: Mapping[str, Detections], thresholds: Mapping[str, float]
) -> dict[str, Target]:
    """Return what to explain of each pipeline: the surest detection that both have.

    Where they share none, the best detection of either is asked of both; none where there is
    nothing at all.
    """
    shown = {name: each.above(thresholds[name]) for name, each in found.items()}
    both = found_by_both(shown["classical"], shown["yolo"])
    if both:
        return dict(zip(("classical", "yolo"), both[0], strict=True))
    best = max(((each.scores[0], name) for name, each in shown.items() if len(each)), default=None)
    if best is None:
        return {}
    first = shown[best[1]]
    target = Target(first.boxes[0], int(first.labels[0]))
    return dict.fromkeys(found, target)


def explain(
    explainers: Mapping[str, Explainer],
    image: Image,
    thresholds: Mapping[str, float],
    masks: int,
    seed: int,
    track: Track,
) -> list[Explanation]:
    """Return an explanation each pipeline, none where nothing was found.

    Args:
        explainers: by pipeline.
        image: ``(H, W, 3)`` uint8 RGB.
        thresholds: scores from which on a detection counts, by pipeline.
        masks: for D-RISE, one half in each of two runs.
        seed: of the masks.
        track: watches the pipelines.
    """
    found = {name: each.detect_many([image])[0] for name, each in explainers.items()}
    targets = chosen_targets(found, thresholds)
    made = []
    for name, target in track(targets.items(), "explaining", len(targets)):
        explainer = explainers[name]
        first, second = (
            drise(explainer.detect_many, image, [target], range(*part), seed)[0]
            for part in ((masks // 2,), (masks // 2, masks))
        )
        maps = {DRISE: (first + second) / 2, explainer.own_name: explainer.own(image, target)}
        told = {
            method: worth(explainer.detect_many, image, target, each, target.box)
            for method, each in maps.items()
        }
        made.append(
            Explanation(
                name,
                target,
                target_score(found[name], target),
                maps,
                {method: each.deletion for method, each in told.items()},
                {method: each.insertion for method, each in told.items()},
                agreement(first, second),
            )
        )
    return made


def draw_explanations(
    image: Image, explanations: list[Explanation], classes: tuple[str, ...]
) -> Any:
    """Return a picture: a row each pipeline, the detection and its maps side by side."""
    from matplotlib.patches import Rectangle

    from pipelines.studies.common.plots import COLOURS, LABELS, new_figure

    methods = max(len(each.maps) for each in explanations)
    figure = new_figure(4 * (methods + 1), 3.4 * len(explanations))
    grid = figure.subplots(len(explanations), methods + 1, squeeze=False)
    grey = np.repeat(image.mean(axis=2, keepdims=True), 3, axis=2) / 255
    for line, each in zip(grid, explanations, strict=True):
        x1, y1, x2, y2 = each.target.box
        for panel in line:
            panel.set_axis_off()
            panel.add_patch(
                Rectangle(
                    (x1, y1), x2 - x1, y2 - y1, fill=False, color=COLOURS[each.pipeline], lw=2
                )
            )
        line[0].imshow(image)
        name = classes[each.target.label]
        line[0].set_title(f"{LABELS[each.pipeline]}: {name} {each.score:.2f}", fontsize=10)
        for panel, (method, found) in zip(line[1:], each.maps.items(), strict=False):
            most = float(np.abs(found).max()) or 1.0
            panel.imshow(grey, alpha=0.6)
            panel.imshow(found, cmap="coolwarm", vmin=-most, vmax=most, alpha=0.6)
            panel.set_title(
                f"{method}: deletion {each.deletion[method]:.2f}, "
                f"insertion {each.insertion[method]:.2f}",
                fontsize=10,
            )
    figure.suptitle("Red pixels spoke for the detection, blue ones against it", fontsize=11)
    return figure
