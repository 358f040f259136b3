"""What a run of three or more detectors has shown, in one sentence or two.

The first is on the best: whom it is surely better than, and whom it cannot be told from. The second
is on what follows: who of those alike is faster, or how the others compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from pipelines.contenders import label_of
from pipelines.report.prices import fastest, price
from pipelines.report.wording import capitalised, display_name, listed, settling
from pipelines.runs.metrics import Metrics


class Standing:
    """Detectors in the order of the figure that decides, and who is surely better than whom."""

    def __init__(self, metrics: Metrics, ranked: Sequence[str]) -> None:
        """Take a run and those of its detectors that have an mAP, the best first."""
        self.ranked, self.pipelines = ranked, metrics.pipelines
        self.figure = metrics.label
        self.images = metrics.dataset.splits["test"].images
        self._metrics = metrics
        self._unnamed = {name: display_name(name, self.pipelines[name].model) for name in ranked}

    def call(self, names: Sequence[str]) -> list[str]:
        """Return what to call detectors: with what they had seen the first time, then shortly."""
        return [self._unnamed.pop(name, label_of(name)) for name in names]

    def scores(self, names: Sequence[str]) -> str:
        """Return what the detectors reach, listed."""
        return listed([f"{self._metrics.reached(name):.3f}" for name in names])

    def beats(self, first: str, second: str) -> bool:
        """Say whether the first is better by more than the sampling error of the test images."""
        return self._metrics.ahead(first, second).verdict == "better"

    def split(self, names: Sequence[str]) -> tuple[list[str], list[str]]:
        """Return the first of some with those that can't be told from it, and all others."""
        first, *others = names
        near = [name for name in others if not self.beats(first, name)]
        return [first, *near], [name for name in others if name not in near]

    def settling(self, first: str, second: str) -> str:
        """Return what would tell two apart, as far as that is known."""
        more = settling(self._metrics.ahead(first, second))
        return f"; {more}" if more else ""

    def faster(self, names: Sequence[str]) -> str:
        """Return who of some is faster."""
        called = self.call(names)
        figures = [self.pipelines[name] for name in names]
        return fastest(dict(zip(called, figures, strict=True)))


def verdict_of_several(metrics: Metrics, ranked: Sequence[str]) -> str:
    """Return the verdict on three or more detectors, which are ranked by what decides."""
    standing = Standing(metrics, ranked)
    front, behind = standing.split(ranked)
    first = _of_one_ahead(standing) if len(front) == 1 else _of_a_draw(standing, front, behind)
    second = _of_the_others(standing, behind) if len(front) == 1 else standing.faster(front)
    if len(front) > 1 and second:
        second = f"of {'the two' if len(front) == 2 else 'these'}, {second}"
    return f"{capitalised(first)}." + (f" {capitalised(second)}." if second else "")


def _of_one_ahead(standing: Standing) -> str:
    best, *others = standing.ranked
    (name,), rest = standing.call([best]), listed(standing.call(others))
    return (
        f"{name} finds the objects in these images better than {rest}: its {standing.figure} is "
        f"{standing.scores([best])}, theirs {standing.scores(others)} "
        f"({standing.images} test images)"
    )


def _of_a_draw(standing: Standing, front: Sequence[str], behind: Sequence[str]) -> str:
    names, scores = standing.call(front), standing.scores(front)
    if len(front) == 2:
        which = f"whether {names[0]} or {names[1]} finds more"
        scores += standing.settling(*front)
    else:
        which = f"which of {listed(names)} finds most"
    text = f"these {standing.images} test images cannot tell {which} ({standing.figure} {scores})"
    sure = [pair for pair in combinations(front, 2) if standing.beats(*pair)]
    for better, worse in (standing.call(pair) for pair in sure):
        text += f"; {better} is better than {worse}"
    if not behind:
        return text
    ahead = [name for name in front if all(standing.beats(name, other) for other in behind)]
    if len(ahead) == len(front):
        who = "both are" if len(front) == 2 else "all are"
    else:
        who = f"only {listed(standing.call(ahead))} {'is' if len(ahead) == 1 else 'are'} surely"
    return f"{text}; {who} better than {listed(standing.call(behind))} ({standing.scores(behind)})"


def _of_the_others(standing: Standing, others: Sequence[str]) -> str:
    """Return how those behind a best one compare, and what the best costs beside the next."""
    near, rest = standing.split(others)
    names = standing.call(near)
    if len(near) > 1:
        text = f"{listed(names)} cannot be told apart"
    else:
        text = f"{names[0]} in turn is better than {listed(standing.call(rest))}"
    best = standing.ranked[0]
    cost = price(standing.pipelines[best], standing.pipelines[near[0]])
    second, first = standing.call([near[0], best])
    return text + (f"; compared with {second}, {first} {cost}" if cost else "")
