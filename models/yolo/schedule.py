"""How long training goes on and how fast it learns at each moment."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

from models.yolo.settings import YoloSettings

FINAL_SHARE = 0.01  # of the learning rate, reached at the end
# Of a training by the clock; the rest is for the last validation and the network's files.
LEARNING_SHARE = 0.95


@dataclass(frozen=True)
class TrainingLength:
    """How long to train: whichever is set, else `default_updates`.

    Attributes:
        epochs: rounds through the training images.
        minutes: wall-clock, with compilation before and files written after.
    """

    epochs: int | None = None
    minutes: float | None = None

    def in_words(self, images: int, settings: YoloSettings) -> str:
        """Return how long training on that many images will be, and why."""
        if self.minutes is not None:
            return f"{self.minutes:g} minutes by the clock, as set"
        if self.epochs is not None:
            return f"{self.updates(images, settings)} updates, {self.epochs} epochs as set"
        reason = "as set" if settings.updates else f"for {images} images"
        return f"{self.updates(images, settings)} updates, {reason}"

    def updates(self, images: int, settings: YoloSettings) -> int:
        """Return the updates for that many training images; by the clock only a guess."""
        if self.epochs is not None:
            return max(1, round(self.epochs * images / settings.batch))
        return settings.updates or default_updates(images, settings)


def default_updates(images: int, settings: YoloSettings) -> int:
    """Return the updates for that many training images: as their root grows.

    Never from the clock, so that a seed fixes the result.
    """
    return max(settings.LEAST_UPDATES, round(settings.ROOT_UPDATES * math.sqrt(images)))


def learning_rate(update: int, progress: float, peak: float, lr_warmup: int) -> float:
    """Return the rate of one update: a linear ramp, then a cosine (Loshchilov & Hutter 2017).

    It is ``peak`` after ``lr_warmup`` updates; ``progress`` is the share of the training that is
    done, 0 to 1, by updates or by the clock.
    """
    cosine = (1 + math.cos(math.pi * min(max(progress, 0.0), 1.0))) / 2
    ramp = min(1.0, (update + 1) / max(lr_warmup, 1))
    return peak * ramp * (FINAL_SHARE + (1 - FINAL_SHARE) * cosine)


@dataclass(frozen=True)
class Plan:
    """When to stop, to validate and to leave mosaics, by updates or by the clock.

    Attributes:
        expected: updates in all; by the clock only a guess.
        deadline: of the last update on `time.monotonic`, None where the updates count.
        started: on the same clock.
        settings: of the network.
    """

    expected: int
    deadline: float | None
    started: float
    settings: YoloSettings

    @classmethod
    def of(
        cls, length: TrainingLength, images: int, settings: YoloSettings, started: float
    ) -> Plan:
        """Return the plan for that many training images."""
        seconds = None if length.minutes is None else LEARNING_SHARE * 60 * length.minutes
        deadline = None if seconds is None else started + seconds
        return cls(length.updates(images, settings), deadline, started, settings)

    @property
    def lr_warmup(self) -> int:
        """Updates of the learning rate's ramp."""
        return min(self.settings.lr_warmup, max(1, self.expected // 10))

    @property
    def moments(self) -> tuple[float, ...]:
        """Shares of training after which to validate.

        In the second half they are even; in the first each is half the next.
        """
        early = [0.5**place for place in range(self.settings.early_validations, 0, -1)]
        count = self.settings.validations
        return (*early, *(0.5 + 0.5 * (place + 1) / count for place in range(count)))

    def updates(self, first: int = 0) -> Iterator[int]:
        """Yield the number of each update from ``first`` on until it is time to stop.

        Of a training by the clock there is at least one.
        """
        if self.deadline is None:
            yield from range(first, self.expected)
            return
        for update in itertools.count(first):
            if update and time.monotonic() >= self.deadline:
                return
            yield update

    def progress(self, update: int) -> float:
        """Return the share of training that is done, 0 to 1."""
        if self.deadline is None:
            return update / self.expected
        return (time.monotonic() - self.started) / (self.deadline - self.started)

    def allows_mosaic(self, update: int) -> bool:
        """Say whether that update may have mosaics."""
        return self.progress(update) < 1 - self.settings.close_mosaic

    def is_time_to_validate(self, done: int, so_far: int) -> bool:
        """Say whether the next of the moments has come."""
        return so_far < len(self.moments) and self.progress(done) >= self.moments[so_far]
