"""Train, val and test: the set's own where it has them, otherwise drawn from the images' content.

Drawing depends on file contents and labels alone, so the same files give the same splits on every
machine, whatever the folder is called and in whatever order a disk lists it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from datasets.annotations import SPLITS, Dataset, DatasetError, LabelledImage, Splits
from datasets.problems import Kind, Problem
from datasets.settings import USUAL_SPLIT

T = TypeVar("T")

Images = tuple[LabelledImage, ...]


def complete_splits(
    found: Mapping[str, Images],
    shares: tuple[float, float, float],
    digest: Callable[[LabelledImage], str],
    *,
    divide: bool = False,
) -> tuple[dict[str, Images], tuple[Problem, ...]]:
    """Return train, val and test, and a remark on each split that had to be drawn.

    A set without splits is divided by ``shares``. A set with a val but no test split is scored on
    its val, as such sets are published. What is then missing is taken from train. Found images are
    by split, ``""`` for those that belong to none; ``digest`` gives a file's content. A set of a
    val or test split alone is only divided where ``divide`` says so.

    Raises:
        DatasetError: there are too few images for three splits, or none to train on.
    """
    splits = {split: images for split, images in found.items() if images}
    notes = []
    if splits and not {"train", ""} & {*splits}:
        names = " and ".join(splits)
        if not divide:
            raise DatasetError(
                f"there is only a {names} split ({sum(map(len, splits.values()))} images) and "
                f"nothing to train on; --set dataset.split={USUAL_SPLIT} divides it into three"
            )
        notes.append(f"its {names} split is divided anew, as dataset.split asks for")
        splits = {"": tuple(image for images in splits.values() for image in images)}
    if "" in splits:
        loose = splits.pop("")
        if not splits:
            parts = "/".join(f"{100 * share:g}" for share in shares)
            notes.append(f"no splits of its own: {len(loose)} images divided {parts} by content")
        train = splits.get("train", ()) + loose
        splits["train"] = tuple(sorted(train, key=lambda image: image.name))
    if "test" not in splits and "val" in splits:
        splits["test"] = splits.pop("val")
        notes.append("no test split: its val split is the test split")
    total = sum(map(len, splits.values()))
    for split, share in (("test", shares[2]), ("val", shares[1])):
        if split not in splits:
            wanted = max(1, round(share * total))
            splits[split], splits["train"] = draw(splits.get("train", ()), wanted, digest)
            notes.append(f"no {split} split: {len(splits[split])} images drawn from train")
    for split in SPLITS:
        if not splits.get(split):
            raise DatasetError(
                f"the {split} split has no images ({total} in all); a set needs at least 3 "
                "different annotated images, one for each of train, val and test"
            )
    problems = tuple(Problem(Kind.SPLIT, "", note) for note in notes)
    return {split: splits[split] for split in SPLITS}, problems


def remarks_on_splits(splits: Mapping[str, Images]) -> tuple[Problem, ...]:
    """Return a remark on each split without an object to learn, to choose by or to judge by."""
    costs = {
        "train": "there is nothing to learn from",
        "val": "no score can be chosen by it, so the usual one stands in",
        "test": "no figure can be given",
    }
    remarks = []
    for split, images in splits.items():
        truths = [image.annotations for image in images]
        if not any((~truth.ignore).any() for truth in truths):
            why = "" if not any(map(len, truths)) else " that is not ignored (difficult or crowd)"
            text = f"the {split} split has no object{why}: {costs[split]}"
            remarks.append(Problem(Kind.SPLIT, "", text))
    return tuple(remarks)


def draw(
    images: Images, count: int, digest: Callable[[LabelledImage], str]
) -> tuple[Images, Images]:
    """Return about ``count`` images drawn evenly over the classes, and the rest, both in order.

    Images are lined up by their rarest class and, within it, by the hash of the file; taking
    every n-th of that line is a stratified sample. Copies of a file stand in one place of the line.
    """
    boxes_of_class = Counter(int(label) for im in images for label in im.annotations.labels)
    digests = [digest(image) for image in images]
    rarest_of: dict[str, int] = {}
    for image, content in zip(images, digests, strict=True):
        labels = image.annotations.labels.tolist()
        rarest = min(labels, key=lambda label: (boxes_of_class[label], label), default=-1)
        rarest_of[content] = min(rarest_of.get(content, rarest), rarest)
    line = sorted(rarest_of, key=lambda content: (rarest_of[content], content))
    count = min(count, len(line))
    steps = np.floor((np.arange(count) + 0.5) * len(line) / max(count, 1)).astype(int)
    taken = {line[step] for step in steps}
    pairs = [(image, content in taken) for image, content in zip(images, digests, strict=True)]
    return tuple(im for im, drawn in pairs if drawn), tuple(im for im, drawn in pairs if not drawn)


def limited(dataset: Dataset, images_per_split: int, seed: int) -> Dataset:
    """Return the set with at most that many images a split, drawn at random, in order."""
    random = np.random.default_rng(seed)

    def cut(images: Images) -> Images:
        keep = random.permutation(len(images))[:images_per_split]
        return tuple(images[index] for index in sorted(keep))

    return replace(dataset, splits={split: cut(dataset.splits[split]) for split in SPLITS})


def evenly(items: Sequence[T], most: int) -> tuple[T, ...]:
    """Return at most that many of the images or whatever they are, evenly over their order."""
    if len(items) <= most:
        return tuple(items)
    return tuple(items[place * len(items) // most] for place in range(most))


def split_sha256(splits: Splits) -> str:
    """Return a hash of which image, with which boxes and labels, is in which split."""
    digest = hashlib.sha256()
    for split in SPLITS:
        for image in splits[split]:
            digest.update(f"{split}\t{image.name}\n".encode())
            digest.update(image.annotations.boxes.tobytes())
            digest.update(image.annotations.labels.tobytes())
    return digest.hexdigest()
