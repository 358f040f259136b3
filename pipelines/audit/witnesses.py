"""The images that are audited, and what each contender found in them: two witnesses and more."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from datasets.annotations import Dataset, LabelledImage
from datasets.errors import UserError
from pipelines.detections import Detections
from pipelines.evaluation.pairs import (
    FlatDetections,
    FlatObjects,
    Floats,
    Ints,
    flat_detections,
    overlapping,
)
from pipelines.runs.finished import FinishedRun

UNLEARNT = ("val", "test")  # splits that no contender of a run has learnt from
Found = Mapping[str, Mapping[str, Sequence[Detections]]]  # by contender, by split, an image each


class AuditedImage(NamedTuple):
    """An image, its split, and its place among the images of that."""

    split: str
    place: int
    image: LabelledImage


@dataclass(frozen=True, eq=False)
class Witnessed:
    """Images and what each contender found in them, with scores that are probabilities.

    ``found`` is by contender, an image each; ``classes`` are in label order.
    """

    classes: tuple[str, ...]
    images: tuple[AuditedImage, ...]
    found: Mapping[str, tuple[Detections, ...]]

    @property
    def names(self) -> tuple[str, ...]:
        """The contenders."""
        return tuple(self.found)

    def by(self, *names: str) -> Witnessed:
        """Return the same images with some of the witnesses."""
        return Witnessed(self.classes, self.images, {name: self.found[name] for name in names})


@dataclass(frozen=True, eq=False)
class Seen:
    """What contenders see at some boxes: ``(M, W, C)`` by box, contender and class.

    ``score`` is the best there, 0 where nothing is; ``row`` that detection's of its contender, -1
    for none.
    """

    score: Floats
    row: Ints

    @property
    def of_any_class(self) -> Floats:
        """``(M, W)`` each contender's best score."""
        return np.asarray(self.score.max(axis=2, initial=0.0))


def witnessed(dataset: Dataset, found: Found, asked: Collection[str] | None = None) -> Witnessed:
    """Return the images, of the splits that were detected in, with what was found there.

    ``asked`` are the names of the images that contenders were asked about; by default all.
    """
    splits = [each for each in dataset.splits if all(each in of_one for of_one in found.values())]
    images = [
        AuditedImage(split, place, image)
        for split in splits
        for place, image in enumerate(dataset.splits[split])
        if asked is None or image.name in asked
    ]
    return Witnessed(
        dataset.classes,
        tuple(images),
        {
            name: tuple(of_one[split][place] for split, place, _ in images)
            for name, of_one in found.items()
        },
    )


def kept_detections(run: FinishedRun, dataset: Dataset) -> Found:
    """Return what a run's contenders found in the images they have not learnt from.

    Raises:
        UserError: a file of them is missing or broken.
    """
    found: dict[str, dict[str, Sequence[Detections]]] = {}
    for name in run.settings.pipelines:
        found[name] = {}
        for split in UNLEARNT:
            kept = run.detections(name, len(dataset.splits[split]), split)
            if kept is None:
                raise UserError(
                    f"{run.folder}: what {name} found in the {split} split is not there; repeat "
                    "the comparison"
                )
            found[name][split] = kept
    return found


def flat(given: Witnessed) -> tuple[FlatDetections, ...]:
    """Return each contender's detections in all images as arrays."""
    return tuple(map(flat_detections, given.found.values()))


def seen_at(
    found: Sequence[FlatDetections], boxes: FlatObjects, least_iou: float, classes: int
) -> Seen:
    """Return what each contender sees at boxes, of each class the best that overlaps so much."""
    shape = (len(boxes), len(found), classes)
    score, row = np.zeros(shape), np.full(shape, -1)
    for witness, each in enumerate(found):
        pairs = overlapping(each, boxes.all_wanted(), least_iou, same_class=False)
        rising = np.argsort(each.score[pairs.detection], kind="stable")
        detection, box = pairs.detection[rising], pairs.object[rising]
        score[box, witness, each.label[detection]] = each.score[detection]  # the last one stays
        row[box, witness, each.label[detection]] = detection
    return Seen(score, row)


def objects_at(image: Ints, boxes: Floats, label: Ints | None = None) -> FlatObjects:
    """Return ``(N, 4)`` boxes in images as objects to be overlapped with, none of them *ignore*."""
    return FlatObjects(
        image=image,
        label=np.zeros(len(image), np.int64) if label is None else label,
        ignore=np.zeros(len(image), bool),
        boxes=boxes,
        area=np.zeros(len(image)),
    )
