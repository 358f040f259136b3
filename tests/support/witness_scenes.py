"""Images of nothing but labels, and detectors that are right and wrong as often as is asked for."""

from pathlib import Path

import numpy as np

from datasets.annotations import Annotations, Dataset, LabelledImage
from pipelines.audit.witnesses import witnessed
from pipelines.detections import Detections

SIZE = 400, 300  # width and height
CLASSES = ("cat", "dog", "emu")
CELLS = [(x, y) for x in range(20, 340, 80) for y in range(20, 240, 80)]


def labelled(name, truth):
    return LabelledImage(name, Path(name), *SIZE, truth)


def dataset_of(truths, classes=CLASSES, splits=("val", "test")):
    """A set of images, divided in turns over the splits."""
    images = [labelled(f"{number:04}.png", truth) for number, truth in enumerate(truths)]
    count = len(splits)
    return Dataset(
        "scenes",
        "none",
        tuple(classes),
        {split: tuple(images[place::count]) for place, split in enumerate(splits)},
    )


def scenes(images=80, seed=0, objects=5):
    """True objects of so many images, none of which overlap."""
    random = np.random.default_rng(seed)
    truths = []
    for _ in range(images):
        chosen = random.permutation(len(CELLS))[:objects]
        corners = np.array([CELLS[place] for place in chosen]) + random.uniform(0, 10, (objects, 2))
        sides = random.uniform(35, 60, (objects, 2))
        boxes = np.hstack([corners, corners + sides])
        truths.append(Annotations(boxes, random.integers(0, len(CLASSES), objects)))
    return truths


class Witness:
    """Finds objects and other things, with scores that are probabilities more or less."""

    def __init__(self, seed, recall=0.95, right_class=0.95, spread=2.0, wrong=2.0):
        self.random = np.random.default_rng((seed, 5))
        self.recall, self.right_class, self.spread, self.wrong = recall, right_class, spread, wrong

    def found(self, truth):
        random = self.random
        seen = random.random(len(truth)) < self.recall
        count = int(seen.sum())
        boxes = truth.boxes[seen] + random.normal(0, self.spread, (count, 4))
        labels = truth.labels[seen].copy()
        mistaken = random.random(count) > self.right_class
        labels[mistaken] = (labels[mistaken] + 1) % len(CLASSES)
        scores = np.where(mistaken, random.beta(4, 4, count), random.beta(8, 1.5, count))
        number = random.poisson(self.wrong)
        corners = random.uniform(0, 220, (number, 2))
        others = np.hstack([corners, corners + random.uniform(30, 70, (number, 2))])
        return Detections(
            np.vstack([boxes, others]),
            np.concatenate([scores, random.beta(1.2, 5, number)]),
            np.concatenate([labels, random.integers(0, len(CLASSES), number)]),
        )


def seen_by(witnesses, truths, dataset):
    """What witnesses, by name, find in the images of a set, whose true objects those are."""
    names = sorted(image.name for images in dataset.splits.values() for image in images)
    true = dict(zip(names, truths, strict=True))
    return witnessed(
        dataset,
        {
            name: {
                split: [witness.found(true[image.name]) for image in images]
                for split, images in dataset.splits.items()
            }
            for name, witness in witnesses.items()
        },
    )
