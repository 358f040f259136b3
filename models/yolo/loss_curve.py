"""The losses of a training in a bounded number of points, however many updates it makes."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_POINTS = 200  # enough for any screen


@dataclass
class LossCurve:
    """Mean losses of equal stretches of updates; point ``i`` is of those up to ``(i + 1)·n``.

    Once there are too many points, each two neighbours become one of twice the length.

    Attributes:
        updates_a_point: length of a stretch, n.
        classes: mean class loss of each whole stretch.
        boxes: mean box loss of each.
        waiting: losses of the updates after the last whole stretch, as (classes, boxes).
    """

    updates_a_point: int = 1
    classes: list[float] = field(default_factory=list)
    boxes: list[float] = field(default_factory=list)
    waiting: list[tuple[float, float]] = field(default_factory=list)

    def add(self, classes: float, boxes: float) -> None:
        """Take in the losses of one more update."""
        self.waiting.append((classes, boxes))
        if len(self.waiting) < self.updates_a_point:
            return
        self.classes.append(sum(pair[0] for pair in self.waiting) / len(self.waiting))
        self.boxes.append(sum(pair[1] for pair in self.waiting) / len(self.waiting))
        self.waiting = []
        if len(self.classes) == MOST_POINTS:
            self.classes, self.boxes = _halved(self.classes), _halved(self.boxes)
            self.updates_a_point *= 2


def _halved(values: list[float]) -> list[float]:
    return [(one + two) / 2 for one, two in zip(values[::2], values[1::2], strict=True)]
