"""Train, val and test: the set's own where it has them, otherwise drawn from the images' content.

Drawing looks at nothing but file contents and labels, so the same files give the same splits on
every machine, whatever the folder is called and in whatever order a disk lists it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from datasets.annotations import SPLITS, DatasetError, LabelledImage

HELD_OUT = 0.15  # of all images, once for val and once for test
Images = tuple[LabelledImage, ...]


def complete_splits(found: Mapping[str, Images]) -> tuple[dict[str, Images], tuple[str, ...]]:
    """Return train, val and test, and a sentence for each split that had to be drawn.

    A set without splits is divided 70/15/15. A set with a val but no test split is scored on its
    val, as such sets are published. What is then missing is taken from train.

    Args:
        found: the images by split, ``""`` for those that belong to none.

    Raises:
        DatasetError: there are too few images for three splits.
    """
    splits = {split: images for split, images in found.items() if images}
    notes = []
    if "" in splits:
        loose = splits.pop("")
        if not splits:
            notes.append(f"no splits of its own: {len(loose)} images divided 70/15/15 by content")
        splits["train"] = splits.get("train", ()) + loose
    if "test" not in splits and "val" in splits:
        splits["test"] = splits.pop("val")
        notes.append("no test split: its val split is the test split")
    total = sum(map(len, splits.values()))
    for split in ("test", "val"):
        if split not in splits:
            wanted = max(1, round(HELD_OUT * total))
            splits[split], splits["train"] = draw(splits.get("train", ()), wanted)
            notes.append(f"no {split} split: {len(splits[split])} images drawn from train")
    for split in SPLITS:
        if not splits.get(split):
            raise DatasetError(
                f"the {split} split has no images ({total} in all); a set needs at least 3 "
                "annotated images, one for each of train, val and test"
            )
    return {split: splits[split] for split in SPLITS}, tuple(notes)


def draw(images: Images, count: int) -> tuple[Images, Images]:
    """Return ``count`` images drawn evenly over the classes, and the rest, both in order.

    Images are lined up by their rarest class and, within it, by the hash of the file; taking
    every n-th of that line is a stratified sample.
    """
    boxes_of_class = Counter(int(label) for im in images for label in im.annotations.labels)

    def place(index: int) -> tuple[int, str]:
        labels = images[index].annotations.labels
        rarest = min(labels, key=lambda label: (boxes_of_class[int(label)], label), default=-1)
        with images[index].path.open("rb") as stream:
            return int(rarest), hashlib.file_digest(stream, "sha256").hexdigest()

    line = sorted(range(len(images)), key=place)
    count = min(count, len(line))
    steps = np.floor((np.arange(count) + 0.5) * len(line) / max(count, 1)).astype(int)
    taken = {line[step] for step in steps}
    return (
        tuple(image for index, image in enumerate(images) if index in taken),
        tuple(image for index, image in enumerate(images) if index not in taken),
    )


def split_sha256(splits: Mapping[str, Sequence[LabelledImage]]) -> str:
    """Return a hash of which image, with which boxes and labels, is in which split."""
    digest = hashlib.sha256()
    for split in SPLITS:
        for image in splits[split]:
            digest.update(f"{split}\t{image.name}\n".encode())
            digest.update(image.annotations.boxes.tobytes())
            digest.update(image.annotations.labels.tobytes())
    return digest.hexdigest()
