"""Every image decoded once: what does not decode is left out, what looks alike is listed.

Likeness is a perceptual hash of 64 bits (pHash by ImageHash: the signs of the lowest frequencies);
images of two splits whose hashes differ in few bits are most likely one motif twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from datasets.annotations import Dataset, DatasetError, Duplicate, LabelledImage, Splits
from datasets.duplicates import problem_of
from datasets.groups import joined_groups
from datasets.images import ImageError, load_with_depth
from datasets.near_hashes import nearest
from datasets.problems import Kind, Problem
from datasets.progress import Track, silently
from datasets.threads import in_order

NEAR_BITS = 4  # of 64; re-saved and resized copies differ in 0 to 4
_PAIRS = (("train", "test"), ("val", "test"), ("train", "val"))


def without_broken_images(dataset: Dataset, track: Track = silently, jobs: int = 1) -> Dataset:
    """Return the set as `decoded` does, of which every split still has an image.

    Raises:
        DatasetError: a split has no image left.
    """
    checked = decoded(dataset, track, jobs)
    for split, images in checked.splits.items():
        if not images:
            first = checked.problems[len(dataset.problems)]
            raise DatasetError(f"no image of the {split} split decodes; the first: {first}")
    return checked


def decoded(dataset: Dataset, track: Track, jobs: int) -> Dataset:
    """Return the set without images that do not decode, with near-copies across splits listed.

    ``jobs`` is the number of threads that decode.
    """
    images = [image for found in dataset.splits.values() for image in found]
    results = in_order(images, _hash_or_error, jobs)
    hashes: dict[str, int] = {}
    broken = []
    shallow: dict[int, list[str]] = {}
    for image, result in zip(images, track(results, "checking images", len(images)), strict=True):
        if isinstance(result, tuple):
            hashes[image.name], depth = result
            if depth:
                shallow.setdefault(depth, []).append(image.name)
        else:
            broken.append(Problem(Kind.BROKEN_IMAGE, image.name, f"{result}; left out"))
    for depth, names in shallow.items():
        text = f"its levels use {depth} bits of 16 and are scaled by that range"
        others = f", as those of {len(names) - 1} others" if len(names) > 1 else ""
        broken.append(Problem(Kind.DEPTH, names[0], text + others))
    readable = {
        split: tuple(image for image in found if image.name in hashes)
        for split, found in dataset.splits.items()
    }
    splits = {s: joined_groups(found, hashes, NEAR_BITS) for s, found in readable.items()}
    alike = near_duplicates(splits, hashes, {copy.second for copy in dataset.duplicates})
    return replace(
        dataset,
        splits=splits,
        problems=(*dataset.problems, *broken, *map(problem_of, alike)),
        duplicates=(*dataset.duplicates, *alike),
    )


def near_duplicates(
    splits: Splits, hashes: Mapping[str, int], copies: set[str]
) -> tuple[Duplicate, ...]:
    """Return the images that look nearly like one of another split, each with the nearest.

    ``hashes`` are by image name; ``copies`` are known to be those of another, byte for byte.
    """
    alike = []
    for first_split, second_split in _PAIRS:
        first = [image.name for image in splits.get(first_split, ())]
        second = [im.name for im in splits.get(second_split, ()) if im.name not in copies]
        known, asked = (
            np.array([hashes[name] for name in names], dtype=np.uint64) for names in (first, second)
        )
        places, bits = (each.tolist() for each in nearest(known, asked, NEAR_BITS))
        for name, place, distance in zip(second, places, bits, strict=True):
            if place >= 0:
                pair = first[place], first_split, name, second_split
                alike.append(Duplicate(*pair, distance=distance))
    return tuple(alike)


def _hash_or_error(image: LabelledImage) -> tuple[int, int] | str:
    """Return an image's perceptual hash and how many bits of 16 its levels use, 0 if all.

    Where it does not decode: why.
    """
    try:
        pixels, depth = load_with_depth(image.path)
        return perceptual_hash(pixels), depth
    except ImageError as error:
        return str(error).removeprefix(f"{image.path}: ")


def perceptual_hash(pixels: NDArray[np.uint8]) -> int:
    """Return the 64 bits of pHash of an ``(H, W, 3)`` uint8 RGB image."""
    import imagehash

    bits = imagehash.phash(Image.fromarray(pixels)).hash
    return int.from_bytes(np.packbits(bits.ravel()).tobytes())
