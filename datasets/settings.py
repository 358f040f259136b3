"""Choices about the data, reached by ``--set dataset.<name>=<value>``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from msgspec import Meta

from datasets.checked_settings import Checked, check_pattern
from datasets.errors import UserError

MAX_PIXELS = 50_000_000  # 150 MB as RGB; phones make up to about that, bombs make more
MOST_PIXELS = 1_000_000_000  # what `max_pixels` may be raised to: 3 GB as RGB


USUAL_SPLIT = "70/15/15"


@dataclass(frozen=True)
class DatasetSettings(Checked):
    """What a reader may choose.

    Attributes:
        split: shares of train, val and test where a set has no splits of its own, or no train
            split; it is not divided anew unless they are given. ``""`` stands for `USUAL_SPLIT`.
        group: pattern of what in file names images share that are not independent, as the name of
            their video in ``(.*)_frame``; they come into one split where splits are drawn.
        keep_duplicates: leave a test image in test though train or val holds the same file.
        merge_classes: take class names that differ by case or blanks for one class.
        max_pixels: images with more are left out, so that memory stays bounded.
    """

    PREFIX: ClassVar[str] = "dataset."

    split: str = ""
    group: str = ""
    keep_duplicates: bool = False
    merge_classes: bool = False
    max_pixels: Annotated[int, Meta(ge=1, le=MOST_PIXELS)] = MAX_PIXELS

    def __post_init__(self) -> None:
        """Check each field.

        Raises:
            UserError: a value can't be used.
        """
        super().__post_init__()
        self.shares()
        check_pattern("dataset.group", self.group, "(.*)_frame")

    def shares(self) -> tuple[float, float, float]:
        """Return the shares of train, val and test, which sum to 1.

        Raises:
            UserError: ``split`` is not three positive numbers.
        """
        try:
            split = self.split or USUAL_SPLIT
            parts = [float(part) for part in split.replace(",", "/").split("/")]
        except ValueError:
            parts = []
        if len(parts) != 3 or not all(0 < part < float("inf") for part in parts):
            raise UserError(f"dataset.split takes three shares as in 70/15/15, not {self.split!r}")
        train, val, test = (part / sum(parts) for part in parts)
        return train, val, test
