"""Every image decoded once: what does not decode is left out, what looks alike is listed.

Likeness is a perceptual hash of 64 bits (pHash by ImageHash: the signs of the lowest frequencies);
images of two splits whose hashes differ in few bits are most likely one motif twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from PIL import Image

from datasets.annotations import Dataset, DatasetError, Duplicate, LabelledImage
from datasets.images import ImageError, load_image
from datasets.problems import Kind, Problem
from datasets.progress import Track, silently

NEAR_BITS = 4  # of 64; re-saved and resized copies differ in 0 to 4
_ROWS_AT_ONCE = 256
Hashes = NDArray[np.uint64]


def without_broken_images(dataset: Dataset, track: Track = silently, jobs: int = 1) -> Dataset:
    """Return the set without images that do not decode, with look-alikes across splits listed.

    Raises:
        DatasetError: a split has no image left.
    """
    splits, hashes, broken = checked_images(dataset.splits, track, jobs)
    for split, images in splits.items():
        if not images:
            raise DatasetError(f"no image of the {split} split decodes; the first: {broken[0]}")
    alike = near_duplicates(splits, hashes, {found.second for found in dataset.duplicates})
    return replace(
        dataset,
        splits=splits,
        problems=(*dataset.problems, *broken, *problems_of_likeness(alike)),
        duplicates=(*dataset.duplicates, *alike),
    )


def checked_images(
    splits: Mapping[str, Sequence[LabelledImage]], track: Track, jobs: int
) -> tuple[dict[str, tuple[LabelledImage, ...]], dict[str, int], tuple[Problem, ...]]:
    """Return the images that decode, by split, their perceptual hashes by name, and the others."""
    images = [image for found in splits.values() for image in found]
    looked_at = Parallel(n_jobs=jobs, prefer="threads", return_as="generator")(
        delayed(_look)(image) for image in images
    )
    hashes: dict[str, int] = {}
    broken = []
    for image, seen in zip(images, track(looked_at, "checking images", len(images)), strict=True):
        if isinstance(seen, int):
            hashes[image.name] = seen
        else:
            broken.append(Problem(Kind.BROKEN_IMAGE, image.name, f"{seen}; left out"))
    good = {
        split: tuple(im for im in found if im.name in hashes) for split, found in splits.items()
    }
    return good, hashes, tuple(broken)


def near_duplicates(
    splits: Mapping[str, Sequence[LabelledImage]],
    hashes: Mapping[str, int],
    copies: set[str],
) -> tuple[Duplicate, ...]:
    """Return the images that look nearly like one of another split, each with the nearest.

    Args:
        splits: the images.
        hashes: of each, by name.
        copies: images already known to be copies of another, byte for byte.
    """
    alike = []
    for first_split, second_split in (("train", "test"), ("val", "test"), ("train", "val")):
        first = [im.name for im in splits.get(first_split, ())]
        second = [im.name for im in splits.get(second_split, ()) if im.name not in copies]
        known, asked = _as_array(first, hashes), _as_array(second, hashes)
        if not len(known):
            continue
        for start in range(0, len(asked), _ROWS_AT_ONCE):
            rows = asked[start : start + _ROWS_AT_ONCE]
            distances = np.bitwise_count(rows[:, None] ^ known[None, :])
            nearest = distances.argmin(axis=1)
            for row, column in enumerate(nearest):
                if (distance := int(distances[row, column])) <= NEAR_BITS:
                    pair = first[column], first_split, second[start + row], second_split
                    alike.append(Duplicate(*pair, distance=distance))
    return tuple(alike)


def problems_of_likeness(alike: Sequence[Duplicate]) -> tuple[Problem, ...]:
    """Return a problem for each look-alike."""
    return tuple(
        Problem(
            Kind.SIMILAR,
            found.second,
            f"in {found.second_split} looks nearly like {found.first} in {found.first_split} "
            f"({found.distance} of 64 bits differ); kept",
        )
        for found in alike
    )


def _as_array(names: Sequence[str], hashes: Mapping[str, int]) -> Hashes:
    return np.array([hashes[name] for name in names], dtype=np.uint64)


def _look(image: LabelledImage) -> int | str:
    """Return the perceptual hash of an image, or why it does not decode."""
    try:
        pixels = load_image(image.path)
    except ImageError as error:
        return str(error).removeprefix(f"{image.path}: ")
    return perceptual_hash(pixels)


def perceptual_hash(pixels: NDArray[np.uint8]) -> int:
    """Return the 64 bits of pHash of an ``(H, W, 3)`` uint8 RGB image."""
    import imagehash

    bits = imagehash.phash(Image.fromarray(pixels)).hash
    return int.from_bytes(np.packbits(bits.ravel()).tobytes())
