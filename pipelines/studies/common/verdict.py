"""What the study of one axis concludes, and how sure that is: by the rule of a run's verdict.

A study asks a question, answers it for every contender and says how each came out in every
resample. From these alone follow whom it favours and how sure it is, by the same intervals of
paired differences as decide a run's headline.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from pipelines.contenders import label_of
from pipelines.evaluation.luck import Luck
from pipelines.evaluation.pairs import Floats
from pipelines.evaluation.significance import SURE, confidence
from pipelines.evaluation.undefined import plain
from pipelines.runs.cells import Cells
from pipelines.runs.metrics import AxisResult

Cell = TypeVar("Cell")
LIKELY = 0.84  # an interval of 68 % leaves out 0: about one standard error
NEITHER = "neither"
ALONE = "there is no other contender to compare with"


@dataclass(frozen=True, eq=False)
class Sampled:
    """A contender's figure, more is better, and what it is in resamples.

    Attributes:
        point: the figure itself.
        values: ``(B,)`` in the same resamples as the other contenders'; nan where not measured.
        units: of what was resampled and counts: images that hold an object, calls, trainings.
        luck: of training, which the resamples hold; none of a contender that was trained once.
    """

    point: float
    values: Floats
    units: int
    luck: tuple[Luck, ...] = ()

    def less_is_better(self) -> Sampled:
        """Return it with the sign turned."""
        return replace(self, point=-self.point, values=-self.values)

    @classmethod
    def unmeasured(cls) -> Sampled:
        """Return the figure of a contender that was not measured."""
        return cls(math.nan, np.full(1, math.nan), 0)


@dataclass(frozen=True)
class Verdict:
    """One row of the closing table.

    Attributes:
        question: what was asked.
        answers: by contender, each with an interval.
        sentence: the conclusion, with its uncertainty.
        favours: a contender's name, or ``neither``.
        sureness: in words, with a figure.
    """

    question: str
    answers: Mapping[str, str]
    sentence: str
    favours: str
    sureness: str

    @classmethod
    def of(
        cls,
        question: str,
        answers: Mapping[str, str],
        clauses: Iterable[str],
        figures: Mapping[str, Sampled],
        resampled: str,
    ) -> Verdict:
        """Return the verdict that says these clauses and favours whom `favoured` does."""
        text = "; ".join(clauses)
        sentence = f"{text[:1].upper()}{text[1:]}."
        return cls(question, answers, sentence, *favoured(figures, resampled))


@dataclass(frozen=True)
class Study(Generic[Cell]):
    """What every study gives; most add figures of their own.

    Attributes:
        verdict: the conclusion.
        cells: what was measured, a row each.
    """

    verdict: Verdict
    cells: tuple[Cell, ...]


def favoured(figures: Mapping[str, Sampled], resampled: str = "images") -> tuple[str, str]:
    """Return the contender a study favours, or ``neither``, and how sure it is in words.

    The favoured one is most surely better than its strongest rival: "sure" means that the 95 %
    interval of their difference leaves out 0, as it means in a run's headline. Where one was not
    measured, none is favoured: it may be the strongest.

    Several rivals need no correction: one has to beat all of them, which a further equal makes less
    likely (an intersection-union test, Berger 1982).

    ``resampled`` says of what the resamples are.
    """
    if len(figures) < 2:
        return NEITHER, f"cannot tell: {ALONE}"
    if any(np.isnan(each.values).all() for each in figures.values()):
        return NEITHER, "cannot tell: not measured"
    sure = {
        name: min(_ahead(mine, each) for rival, each in figures.items() if rival != name)
        for name, mine in figures.items()
    }
    if any(math.isnan(share) for share in sure.values()):
        return NEITHER, f"cannot tell: too few {resampled}"
    best = max(sure, key=lambda name: sure[name])
    text = f"{100 * sure[best]:.1f} %, by resamples of {resampled}"
    if sure[best] >= SURE:
        return best, f"sure: {text}"
    if sure[best] >= LIKELY:
        return best, f"likely: {text}"
    return NEITHER, f"cannot tell: {text}, for {label_of(best)}"


def _ahead(first: Sampled, second: Sampled) -> float:
    """Return how sure it is that the first has more."""
    units = min(first.units, second.units)
    more, values = first.point - second.point, first.values - second.values
    return confidence(more, values, units, first.luck + second.luck)


def share_better(first: ArrayLike, second: ArrayLike) -> float:
    """Return in which share of ``(B,)`` resamples the first is larger, equal ones half."""
    more = np.asarray(first, np.float64) - np.asarray(second, np.float64)
    more = more[~np.isnan(more)]
    return float((np.sign(more) + 1).mean() / 2) if more.size else math.nan


def axis_result(study: Study[Any], cells: Cells, minutes: float) -> AxisResult:
    """Return a study as ``metrics.json`` has it; all axes together were allowed the minutes."""
    figures = plain(study)
    verdict, rows = figures.pop("verdict"), tuple(figures.pop("cells"))
    tables = {title: tuple(each) for title, each in figures.pop("tables", {}).items()}
    return AxisResult(
        verdict=verdict.pop("sentence"),
        **verdict,
        cells=rows,
        figures=figures,
        left_out=tuple(cells.left_out),
        seconds=cells.spent,
        budget_minutes=minutes,
        tables=tables,
    )
