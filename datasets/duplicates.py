"""The same file twice: found by size first, since reading every byte of a large set takes minutes.

A test image that training or validation has seen makes figures look better than they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from datasets.annotations import SPLITS, DatasetError, Duplicate, LabelledImage
from datasets.problems import Kind, Problem
from datasets.regular_files import head_and_sha256

Images = tuple[LabelledImage, ...]


def file_sha256(image: LabelledImage) -> str:
    """Return the SHA-256 of the image's file, which is read unless it was.

    Raises:
        DatasetError: the file can't be read any more.
    """
    try:
        return image.sha256 or head_and_sha256(image.path, hashed=True)[2]
    except OSError as error:
        raise DatasetError(f"{image.path}: can't be read ({error.strerror})") from error


def find_copies(splits: Mapping[str, Images]) -> tuple[Duplicate, ...]:
    """Return each image whose bytes an image before it has, in the order train, val, test."""
    order = [split for split in (*SPLITS, "") if split in splits]
    images = [(split, image) for split in order for image in splits[split]]
    sizes = [_size_bytes(image) for _, image in images]
    uses = Counter(sizes)
    firsts: dict[str, tuple[str, LabelledImage]] = {}
    copies = []
    for size, (split, image) in zip(sizes, images, strict=True):
        if uses[size] < 2:
            continue
        first_split, first = firsts.setdefault(file_sha256(image), (split, image))
        if first is not image:
            copies.append(Duplicate(first.name, first_split, image.name, split))
    return tuple(copies)


def _size_bytes(image: LabelledImage) -> int:
    return image.path.stat().st_size if image.size_bytes is None else image.size_bytes


def without_copies_in_test(
    splits: Mapping[str, Images], copies: tuple[Duplicate, ...], *, keep: bool
) -> tuple[dict[str, Images], tuple[Duplicate, ...]]:
    """Return the splits without test images that train or val has too, and what was left out.

    The copies are those of `find_copies`; with ``keep`` they stay in.

    Raises:
        DatasetError: no test image would be left.
    """
    seen = {c.second for c in copies if c.second_split == "test" and c.first_split != "test"}
    gone = frozenset() if keep else seen
    test = tuple(image for image in splits["test"] if image.name not in gone)
    if not test:
        raise DatasetError(
            f"all {len(gone)} test images are also in train or val, byte for byte, so there is "
            "nothing to test on; put other images there, or set dataset.keep_duplicates=true"
        )
    return {**splits, "test": test}, tuple(replace(c, left_out=c.second in gone) for c in copies)


def seen_in_test(duplicates: Iterable[Duplicate]) -> frozenset[str]:
    """Return the test images that train or val has too, or something that looks nearly alike."""
    return frozenset(
        d.second
        for d in duplicates
        if d.second_split == "test" and d.first_split != "test" and not d.left_out
    )


def problem_of(found: Duplicate) -> Problem:
    """Return the problem that a duplicate is; copies within one split have a kind of their own."""
    if found.distance is None and found.first_split == found.second_split:
        return Problem(Kind.COPY, found.second, f"is the same file as {found.first}")
    kind, relation, bits = Kind.DUPLICATE, "is the same file as", ""
    if found.distance is not None:
        kind, relation = Kind.SIMILAR, "looks nearly like"
        bits = f" ({found.distance} of 64 bits differ)"
    first_split, second_split = (s or "no split" for s in (found.first_split, found.second_split))
    outcome = f"left out of {second_split}" if found.left_out else "kept"
    text = f"in {second_split} {relation} {found.first} in {first_split}{bits}; {outcome}"
    return Problem(kind, found.second, text)


def by_split_pair(duplicates: Iterable[Duplicate]) -> dict[str, int]:
    """Return how many duplicates there are for each pair of splits, as ``train–test``."""
    pairs = (f"{d.first_split or 'none'}–{d.second_split or 'none'}" for d in duplicates)
    return dict(Counter(pairs))
