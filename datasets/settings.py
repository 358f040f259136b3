"""Choices about the data, reached by ``--set dataset.<name>=<value>``."""

from __future__ import annotations

from dataclasses import dataclass

MAX_PIXELS = 50_000_000  # 150 MB as RGB; phones make up to about that, bombs make more
MOST_PIXELS = 1_000_000_000  # what `max_pixels` may be raised to: 3 GB as RGB


@dataclass(frozen=True)
class DatasetSettings:
    """What a reader may choose.

    Attributes:
        split: shares of train, val and test where a set has no splits of its own.
        keep_duplicates: leave a test image in test though train or val holds the same file.
        merge_classes: take class names that differ by case or blanks for one class.
        max_pixels: images with more are left out, so that memory stays bounded.
    """

    split: str = "70/15/15"
    keep_duplicates: bool = False
    merge_classes: bool = False
    max_pixels: int = MAX_PIXELS

    def shares(self) -> tuple[float, float, float]:
        """Return the shares of train, val and test, which sum to 1.

        Raises:
            ValueError: ``split`` is not three positive numbers.
        """
        try:
            parts = [float(part) for part in self.split.replace(",", "/").split("/")]
        except ValueError:
            parts = []
        if len(parts) != 3 or not all(0 < part < float("inf") for part in parts):
            raise ValueError(f"dataset.split takes three shares as in 70/15/15, not {self.split!r}")
        train, val, test = (part / sum(parts) for part in parts)
        return train, val, test

    def why_impossible(self) -> str:
        """Return why these values can't be used, or an empty string."""
        try:
            self.shares()
        except ValueError as error:
            return str(error)
        if not 0 < self.max_pixels <= MOST_PIXELS:
            return f"dataset.max_pixels must be from 1 to {MOST_PIXELS}, not {self.max_pixels}"
        return ""
