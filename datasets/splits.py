"""Train, val and test: the set's own where it has them, otherwise drawn from the images' content.

Drawing depends on file contents and labels alone, so the same files give the same splits on every
machine, whatever the folder is called and in whatever order a disk lists it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
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


def drawn_from(found: Collection[str], *, divide: bool) -> frozenset[str]:
    """Return the splits, of those a set has, whose images `complete_splits` draws from."""
    if {*SPLITS} <= {*found}:
        return frozenset()
    return frozenset({"train", ""} & {*found} or (found if divide else ()))


def remarks_on_splits(splits: Mapping[str, Images]) -> tuple[Problem, ...]:
    """Return a remark on a split without an object to learn or to be judged by.

    On a val split without one `with_objects_in_val` has a remark.
    """
    costs = {
        "train": "there is nothing to learn from",
        "test": "no figure can be given",
    }
    remarks = []
    for split, cost in costs.items():
        truths = [image.annotations for image in splits[split]]
        if not any((~truth.ignore).any() for truth in truths):
            why = "" if not any(map(len, truths)) else " that is not ignored (difficult or crowd)"
            text = f"the {split} split has no object{why}: {cost}"
            remarks.append(Problem(Kind.SPLIT, "", text))
    return tuple(remarks)


def with_objects_in_val(
    dataset: Dataset, share: float, digest: Callable[[LabelledImage], str]
) -> Dataset:
    """Return the set with objects in its val split, drawn from train where it has none.

    Without an object nothing can be chosen on val. Its own images stay in it; ``share`` of all
    images, all with objects, come to them, at most half of those that train has. Where train has
    none to spare the set stays as it is; both are a remark on the splits.
    """
    train, val = dataset.splits["train"], dataset.splits["val"]
    if any(map(_has_object, val)):
        return dataset
    able = tuple(image for image in train if _has_object(image))
    wanted = min(max(1, round(share * sum(map(len, dataset.splits.values())))), len(able) // 2)
    drawn, left = draw(able, wanted, digest)
    splits, outcome = dataset.splits, "train has none to spare, so nothing can be chosen on val"
    if drawn and left:
        names = {image.name for image in drawn}
        more = sorted((*val, *drawn), key=lambda image: image.name)
        rest = tuple(image for image in train if image.name not in names)
        splits = {**splits, "train": rest, "val": tuple(more)}
        outcome = f"{len(drawn)} images drawn from train are added to it"
    note = Problem(Kind.SPLIT, "", f"the val split has no object to be found: {outcome}")
    return replace(dataset, splits=splits, problems=(*dataset.problems, note))


def _has_object(image: LabelledImage) -> bool:
    return not bool(image.annotations.ignore.all())


def draw(
    images: Images, count: int, digest: Callable[[LabelledImage], str]
) -> tuple[Images, Images]:
    """Return about ``count`` images drawn evenly over the classes, and the rest, both in order.

    Images are lined up by their rarest class and, within it, by the hash of the file; taking
    every n-th of that line is a stratified sample. Copies of a file, and images of one group, stand
    in one place of the line.
    """
    digests = [digest(image) for image in images]
    rarest_of: dict[str, int] = {}
    for rarest, content in zip(_rarest_labels(images), digests, strict=True):
        rarest_of[content] = min(rarest_of.get(content, rarest), rarest)
    line = sorted(rarest_of, key=lambda content: (rarest_of[content], content))
    if count:  # so many places of the line as there are images in question, by their share
        count = min(len(line), max(1, round(count * len(line) / len(images)))) if line else 0
    steps = np.floor((np.arange(count) + 0.5) * len(line) / max(count, 1)).astype(int)
    taken = {line[step] for step in steps}
    pairs = [(image, content in taken) for image, content in zip(images, digests, strict=True)]
    return tuple(im for im, drawn in pairs if drawn), tuple(im for im, drawn in pairs if not drawn)


def _rarest_labels(images: Images) -> list[int]:
    """Return each image's label that has the fewest boxes of all images, -1 for one without."""
    counts = np.array([len(image.annotations) for image in images], np.int64)
    if not counts.any():
        return [-1] * len(images)
    labels = np.concatenate([image.annotations.labels for image in images])
    boxes_of_class = np.bincount(labels)
    by_rarity = np.argsort(boxes_of_class, kind="stable")
    rank = np.empty_like(by_rarity)
    rank[by_rarity] = np.arange(len(by_rarity))
    first = (np.cumsum(counts) - counts)[counts > 0]
    rarest = np.full(len(images), -1)
    rarest[counts > 0] = by_rarity[np.minimum.reduceat(rank[labels], first)]
    return [*map(int, rarest)]


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


def with_each_class(images: Sequence[LabelledImage], most: int) -> Images:
    """Return at most that many of the images, in order: half of them spread over the classes.

    Of each class as many as of any other are taken, as far as there are; the rest stand evenly.
    """
    if len(images) <= most:
        return tuple(images)
    holding: dict[int, list[int]] = {}
    for place, image in enumerate(images):
        truth = image.annotations
        for label in np.unique(truth.labels[~truth.ignore]).tolist():
            holding.setdefault(label, []).append(place)
    share = most // (2 * max(len(holding), 1))
    chosen = {place for places in holding.values() for place in evenly(places, share)}
    others = [place for place in range(len(images)) if place not in chosen]
    chosen.update(evenly(others, most - len(chosen)))
    return tuple(images[place] for place in sorted(chosen))


def with_an_object(chosen: Sequence[LabelledImage], images: Sequence[LabelledImage]) -> Images:
    """Return the images chosen of a split; if none has an object, as many evenly of those with one.

    Where the split has none at all they stay as they are.
    """
    able = [image for image in images if _has_object(image)]
    if not able or any(map(_has_object, chosen)):
        return tuple(chosen)
    return evenly(able, len(chosen))


def split_sha256(splits: Splits) -> str:
    """Return a hash of which image, with which boxes and labels, is in which split."""
    digest = hashlib.sha256()
    for split in SPLITS:
        for image in splits[split]:
            digest.update(f"{split}\t{image.name}\n".encode())
            digest.update(image.annotations.boxes.tobytes())
            digest.update(image.annotations.labels.tobytes())
    return digest.hexdigest()
