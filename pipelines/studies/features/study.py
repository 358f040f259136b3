"""Made by hand or learnt: the same proposals and the same SVM on different features.

The classical pipeline's own proposals are described by HOG, by HOG and colour, by YOLO's backbone
and by raw pixels, and the same SVM learns from each; and HOG is tried on YOLO's boxes. Boxes are
not moved afterwards, so that only the features differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np

from datasets.images import load_image
from pipelines.evaluation.pairs import Floats
from pipelines.studies.common.cells import Cells
from pipelines.studies.common.figures import number, numbers
from pipelines.studies.common.verdict import Verdict, favoured, share_better
from pipelines.studies.features.descriptors import BACKBONE, HOG, HOG_COLOUR, PIXELS
from pipelines.studies.features.trials import MOST, PROPOSALS, YOLO_BOXES, Trials
from pipelines.studies.subject import Subject

EXPECTED = 45.0  # seconds a way of describing takes, roughly
# What is tried: a descriptor and the boxes it is tried on.
TRIED = (
    (HOG, PROPOSALS),
    (HOG_COLOUR, PROPOSALS),
    (BACKBONE, PROPOSALS),
    (PIXELS, PROPOSALS),
    (HOG, YOLO_BOXES),
)


@dataclass(frozen=True)
class Described:
    """How well an SVM does on one kind of features.

    Attributes:
        features: their name.
        boxes: what proposed the boxes.
        dimensions: numbers a box.
        map_50: mAP@.50 on the test images.
        map_50_95: mAP@[.50:.95].
        interval_95: of mAP@.50.
    """

    features: str
    boxes: str
    dimensions: int
    map_50: float
    map_50_95: float
    interval_95: tuple[float, float]


@dataclass(frozen=True)
class FeaturesStudy:
    """All kinds of features.

    Attributes:
        verdict: the conclusion.
        cells: a row each.
        images: looked at, by split.
    """

    verdict: Verdict
    cells: tuple[Described, ...]
    images: Mapping[str, int]


def study(subject: Subject, cells: Cells) -> FeaturesStudy:
    """Return how well the same SVM does on each kind of features of the test split's boxes."""
    tried = Trials(subject)
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for features, boxes in TRIED:
        told = cells.get(
            f"{features}-on-{boxes}".replace(" ", "-").replace("'", ""),
            lambda features=features, boxes=boxes: tried.measure(features, boxes),  # type: ignore[misc]
            EXPECTED,
        )
        if told is not None:
            found[features, boxes] = told
    _save_pictures(subject, tried)
    images = {split: min(most, len(subject.dataset.splits[split])) for split, most in MOST.items()}
    return concluded(found, images)


def _save_pictures(subject: Subject, tried: Trials) -> None:
    """Write pictures of features of the first test image with an object, its largest one."""
    from pipelines.studies.common.plots import save
    from pipelines.studies.features.pictures import draw_pictures

    for image in subject.dataset.splits["test"]:
        boxes = image.annotations.boxes
        sides = boxes[:, 2:] - boxes[:, :2]
        if len(boxes) and sides.min(axis=1).max() >= 2:
            largest = boxes[int(sides.prod(axis=1).argmax())]
            figure = draw_pictures(load_image(image.path), largest, tried.network)
            save(figure, subject.folder / "axes", "features_pictures")
            return


def concluded(
    found: Mapping[tuple[str, str], Mapping[str, Any]], images: Mapping[str, int]
) -> FeaturesStudy:
    """Return the study of what was measured."""
    rows = tuple(
        Described(
            features,
            boxes,
            told["dimensions"],
            number(told["map_50"]),
            number(told["map_50_95"]),
            (number(told["interval_95"][0]), number(told["interval_95"][1])),
        )
        for (features, boxes), told in found.items()
    )
    values = {key: numbers(told["resampled_map_50"]) for key, told in found.items()}
    return FeaturesStudy(_verdict(rows, values), rows, images)


def _verdict(rows: Sequence[Described], values: Mapping[tuple[str, str], Floats]) -> Verdict:
    by_hand, learnt = (HOG_COLOUR, PROPOSALS), (BACKBONE, PROPOSALS)
    known = by_hand in values and learnt in values
    share = share_better(values[by_hand], values[learnt]) if known else nan
    favours, sureness = favoured(share, "resamples of the test images")
    row = {(each.features, each.boxes): each for each in rows}
    others = ", ".join(
        f"{each.features} on {each.boxes} {_answer(each)}"
        for key, each in row.items()
        if key not in {by_hand, learnt}
    )
    told = "too little was measured to compare features; give more --budget-minutes"
    if known:
        more = values[learnt] - values[by_hand]
        low, high = np.nanquantile(more, [0.025, 0.975])
        told = (
            "on the same proposals with the same SVM the backbone's features give "
            f"{row[learnt].map_50 - row[by_hand].map_50:+.3f} mAP@.50 against HOG and colour "
            f"(95 % {low:+.3f} to {high:+.3f})"
        )
    return Verdict(
        question="Features made by hand or learnt (mAP@.50 of the same SVM)?",
        classical=_answer(row.get(by_hand)),
        yolo=_answer(row.get(learnt)),
        sentence=f"{told[0].upper()}{told[1:]}{'; ' if others else ''}{others}.",
        favours=favours,
        sureness=sureness,
    )


def _answer(row: Described | None) -> str:
    if row is None:
        return "not measured"
    low, high = row.interval_95
    return f"{row.map_50:.3f} [{low:.3f} {high:.3f}]"


def draw(result: FeaturesStudy) -> Any:
    """Return a plot of mAP by kind of features."""
    from pipelines.studies.common.plots import COLOURS, bare, new_figure

    figure = new_figure(8, 3.6)
    axes = figure.subplots()
    places = range(len(result.cells))
    known = [row.map_50 for row in result.cells]
    errors = np.abs(np.array([row.interval_95 for row in result.cells]).reshape(-1, 2).T - known)
    learnt = [BACKBONE in row.features or row.boxes == YOLO_BOXES for row in result.cells]
    colours = [COLOURS["yolo" if each else "classical"] for each in learnt]
    axes.barh(places, known, xerr=errors, color=colours, capsize=3)
    axes.set_yticks(places, [f"{row.features}, {row.boxes}" for row in result.cells])
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel("mAP@.50 of the same SVM (95 % interval)")
    axes.set_title("Features made by hand or learnt")
    bare(axes)
    return figure
