"""The same file twice: found by size first, since reading every byte of a large set takes minutes.

A test image that training or validation has seen makes figures look better than they are.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from datasets.annotations import SPLITS, DatasetError, Duplicate, LabelledImage
from datasets.problems import Kind, Problem

Images = tuple[LabelledImage, ...]


class Contents:
    """SHA-256 of image files, each read at most once."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def __call__(self, image: LabelledImage) -> str:
        """Return the hash of the file.

        Raises:
            DatasetError: the file can't be read any more.
        """
        if image.name not in self._known:
            try:
                with image.path.open("rb") as stream:
                    self._known[image.name] = hashlib.file_digest(stream, "sha256").hexdigest()
            except OSError as error:
                raise DatasetError(f"{image.path}: can't be read ({error.strerror})") from error
        return self._known[image.name]


def find_copies(splits: Mapping[str, Images], digest: Contents) -> tuple[Duplicate, ...]:
    """Return each image whose bytes an image before it has, in the order train, val, test."""
    order = [split for split in (*SPLITS, "") if split in splits]
    images = [(split, image) for split in order for image in splits[split]]
    sizes = {image.name: image.path.stat().st_size for _, image in images}
    uses = Counter(sizes.values())
    firsts: dict[str, tuple[str, LabelledImage]] = {}
    copies = []
    for split, image in images:
        if uses[sizes[image.name]] < 2:
            continue
        first_split, first = firsts.setdefault(digest(image), (split, image))
        if first is not image:
            copies.append(Duplicate(first.name, first_split, image.name, split))
    return tuple(copies)


def without_copies_in_test(
    splits: Mapping[str, Images], copies: tuple[Duplicate, ...], *, keep: bool
) -> tuple[dict[str, Images], tuple[Duplicate, ...], tuple[Problem, ...]]:
    """Return the splits with test images that train or val has too taken out, and remarks.

    Args:
        splits: of the set.
        copies: as `find_copies` gives them.
        keep: only say so.

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
    told = tuple(
        Duplicate(c.first, c.first_split, c.second, c.second_split, left_out=c.second in gone)
        for c in copies
    )
    return {**splits, "test": test}, told, problems_of(told)


def problems_of(copies: tuple[Duplicate, ...]) -> tuple[Problem, ...]:
    """Return a problem for each copy, those within one split under a kind of their own."""
    problems = []
    for copy in copies:
        if copy.first_split == copy.second_split:
            text = f"is the same file as {copy.first}"
            problems.append(Problem(Kind.COPY, copy.second, text))
            continue
        done = f"left out of {copy.second_split}" if copy.left_out else "kept"
        text = (
            f"in {copy.second_split or 'no split'} is the same file as {copy.first} in "
            f"{copy.first_split or 'no split'}; {done}"
        )
        problems.append(Problem(Kind.DUPLICATE, copy.second, text))
    return tuple(problems)


def by_split_pair(duplicates: Iterable[Duplicate]) -> dict[str, int]:
    """Return how many duplicates there are for each pair of splits, as ``train–test``."""
    pairs: dict[str, int] = defaultdict(int)
    for found in duplicates:
        pairs[f"{found.first_split or 'none'}–{found.second_split or 'none'}"] += 1
    return dict(pairs)
