"""Which signs are in which image of the sample set: 0 to 6 an image, the classes balanced."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.annotations import SPLITS
from datasets.sample.faces import CLASSES
from datasets.sample.photographs import Photograph, photographs_of

IMAGES = {"train": 160, "val": 40, "test": 40}
_SIGNS = (0.07, 0.2, 0.23, 0.2, 0.14, 0.1, 0.06)  # probability of 0 to 6 signs in an image


@dataclass(frozen=True)
class Planned:
    """An image to be rendered.

    Attributes:
        split: ``train``, ``val`` or ``test``.
        index: its place in the split.
        class_names: the signs in it.
        photograph: its background.
    """

    split: str
    index: int
    class_names: tuple[str, ...]
    photograph: Photograph

    @property
    def stem(self) -> str:
        """The name of its files, without suffix; it ends with that of the photograph."""
        return f"{self.split}_{self.index:03d}_{self.photograph.name}"

    def random(self, seed: int) -> np.random.Generator:
        """Return the image's own generator: the same whichever images are rendered before it."""
        return np.random.default_rng([seed, 1 + SPLITS.index(self.split), 1 + self.index])


def plan(seed: int) -> list[Planned]:
    """Return all images, split by split; each split has every class equally often.

    So it has every background.
    """
    images = []
    for number, split in enumerate(SPLITS, 1):
        random = np.random.default_rng([seed, number])
        # Shares of a fixed number, shuffled, instead of draws: every split has the same mixture.
        places = (np.arange(IMAGES[split]) + 0.5) / IMAGES[split]
        counts = random.permutation(np.searchsorted(np.cumsum(_SIGNS), places))
        labels = random.permutation(np.arange(counts.sum()) % len(CLASSES))
        scenes = photographs_of(split)
        before = random.permutation(np.arange(IMAGES[split]) % len(scenes))
        for index, signs in enumerate(np.split(labels, np.cumsum(counts)[:-1])):
            names = tuple(CLASSES[label] for label in signs)
            images.append(Planned(split, index, names, scenes[before[index]]))
    return images
