"""What the study of one axis concludes, and how sure that is: by one rule for all axes.

A study asks a question, answers it for every contender and says how each came out in every
resample. From the shares of resamples alone follow whom it favours and how sure it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from pipelines.contenders import label_of
from pipelines.evaluation.undefined import plain
from pipelines.runs.metrics import AxisResult
from pipelines.studies.common.cells import Cells

Cell = TypeVar("Cell")
SURE, LIKELY = 0.975, 0.84  # of resamples on one side: two standard errors and one
NEITHER = "neither"
ALONE = "there is no other contender to compare with"


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
        values: Mapping[str, ArrayLike],
        resampled: str,
    ) -> Verdict:
        """Return the verdict that says these clauses and favours whom `favoured` does."""
        text = "; ".join(clauses)
        sentence = f"{text[:1].upper()}{text[1:]}."
        return cls(question, answers, sentence, *favoured(values, resampled))


@dataclass(frozen=True)
class Study(Generic[Cell]):
    """What every study gives; most add figures of their own.

    Attributes:
        verdict: the conclusion.
        cells: what was measured, a row each.
    """

    verdict: Verdict
    cells: tuple[Cell, ...]


def favoured(values: Mapping[str, ArrayLike], of: str = "resamples") -> tuple[str, str]:
    """Return the contender a study favours, or ``neither``, and how sure it is in words.

    The favoured one is better than its strongest rival in the largest share of the resamples. Where
    one was not measured, none is favoured: it may be the strongest.

    Several rivals need no correction: one has to beat all of them, which a further equal makes less
    likely (an intersection-union test, Berger 1982).

    ``values`` are, by contender, ``(B,)`` figures in the same resamples, more is better; nan where
    not measured.
    """
    shares = {
        name: np.min([share_better(mine, each) for rival, each in values.items() if rival != name])
        for name, mine in values.items()
        if len(values) > 1
    }
    known = {name: share for name, share in shares.items() if not math.isnan(share)}
    if not known:
        reason = "not measured" if len(values) > 1 else ALONE
        return NEITHER, f"cannot tell: {reason}"
    best = max(known, key=lambda name: known[name])
    text = f"{100 * known[best]:.1f} % of {of}"
    if known[best] >= SURE:
        return best, f"sure: {text}"
    if known[best] >= LIKELY:
        return best, f"likely: {text}"
    return NEITHER, f"cannot tell: {text} for {label_of(best)}"


def share_better(first: ArrayLike, second: ArrayLike) -> float:
    """Return in which share of ``(B,)`` resamples the first is larger, equal ones half."""
    more = np.asarray(first, np.float64) - np.asarray(second, np.float64)
    more = more[~np.isnan(more)]
    return float((np.sign(more) + 1).mean() / 2) if more.size else math.nan


def axis_result(study: Study[Any], cells: Cells, minutes: float) -> AxisResult:
    """Return a study as ``metrics.json`` has it; all axes together were allowed the minutes."""
    figures = plain(study)
    verdict, rows = figures.pop("verdict"), tuple(figures.pop("cells"))
    return AxisResult(
        verdict=verdict.pop("sentence"),
        **verdict,
        cells=rows,
        figures=figures,
        left_out=tuple(cells.left_out),
        seconds=cells.spent,
        budget_minutes=minutes,
    )
