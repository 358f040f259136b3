"""What a study concludes, how sure that is, and what all of them together advise: by rules.

A study asks a question, answers it for both pipelines and says in which share of its resamples the
classical one came out better. From that share alone follow whom it favours and how sure it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Protocol

from pipelines.evaluation.undefined import plain

SURE, LIKELY = 0.975, 0.84  # of resamples on one side: two standard errors and one
NEITHER = "neither"
NAMES = {"classical": "the classical pipeline", "yolo": "YOLO"}
# What the axes are about, in the order of the table; the first two tell which finds more.
ACCURACY, COST = ("data", "approach"), ("time", "hardware")
AXES = ("data", "hardware", "features", "approach", "time", "interpretability")


@dataclass(frozen=True)
class Verdict:
    """One row of the closing table.

    Attributes:
        question: what was asked.
        classical: its answer, with an interval.
        yolo: its answer, with an interval.
        sentence: the conclusion, with its uncertainty.
        favours: ``classical``, ``yolo`` or ``neither``.
        sureness: in words, with a figure.
    """

    question: str
    classical: str
    yolo: str
    sentence: str
    favours: str
    sureness: str


class Study(Protocol):
    """What every study gives; its other attributes are figures of its own."""

    @property
    def verdict(self) -> Verdict:
        """The conclusion."""
        ...

    @property
    def cells(self) -> tuple[Any, ...]:
        """What was measured, a row each."""
        ...


def favoured(share: float, of: str = "resamples") -> tuple[str, str]:
    """Return whom a study favours, and how sure it is in words.

    Args:
        share: in which the classical pipeline is better, equal ones half; nan if not measured.
        of: what was resampled.
    """
    if math.isnan(share):
        return NEITHER, "cannot tell: not measured"
    name, mine = ("classical", share) if share >= 0.5 else ("yolo", 1 - share)
    told = f"{100 * mine:.1f} % of {of}"
    if mine >= SURE:
        return name, f"sure: {told}"
    if mine >= LIKELY:
        return name, f"likely: {told}"
    return NEITHER, f"cannot tell: {told} for {NAMES[name]}"


def share_better(classical: Any, yolo: Any) -> float:
    """Return in which share of ``(B,)`` resamples the first is larger, equal ones half."""
    known = [
        (a > b) + (a == b) / 2
        for a, b in zip(classical, yolo, strict=True)
        if not (math.isnan(a) or math.isnan(b))
    ]
    return float(sum(known) / len(known)) if known else math.nan


def as_json(study: Study) -> dict[str, Any]:
    """Return a study as ``metrics.json`` has it under ``axes.<name>``."""
    verdict = study.verdict
    own = {
        f.name: getattr(study, f.name)
        for f in fields(study)  # type: ignore[arg-type]
        if f.name not in {"verdict", "cells"}
    }
    told: dict[str, Any] = plain(
        {
            "question": verdict.question,
            "answers": {"classical": verdict.classical, "yolo": verdict.yolo},
            "verdict": verdict.sentence,
            "favours": verdict.favours,
            "sureness": verdict.sureness,
            "cells": study.cells,
            **own,
        }
    )
    return told


def choice(axes: Mapping[str, Mapping[str, Any]]) -> str:
    """Return one paragraph on which pipeline to choose, drawn from the studied rows.

    The rules: (1) the first row that is sure which finds more, ``data`` before ``approach``,
    decides. (2) Where it can't tell, the costs decide, if ``time`` and ``hardware`` that were
    studied do not contradict each other. (3) Otherwise more than half of all rows that favour
    anybody decide. (4) Otherwise nothing does. What speaks against the choice is named.
    """
    rows = {name: axes[name] for name in AXES if name in axes}
    if not rows:
        return ""
    chosen, reason = _chosen(rows)
    if chosen == NEITHER:
        return f"These figures do not decide between the two: {reason}."
    against = [name for name, row in rows.items() if row["favours"] not in {chosen, NEITHER}]
    silent = [name for name, row in rows.items() if row["favours"] == NEITHER]
    told = [f"On this data and this machine choose {NAMES[chosen]}: {reason}."]
    if against:
        told.append(f"Against it speak {_listed(rows, against)}.")
    if silent:
        told.append(f"Nothing can be told from {' and '.join(silent)}.")
    missing = [name for name in AXES if name not in rows]
    if missing:
        told.append(f"Not studied: {', '.join(missing)}.")
    return " ".join(told)


def _chosen(rows: Mapping[str, Mapping[str, Any]]) -> tuple[str, str]:
    accuracy = next((name for name in ACCURACY if name in rows and _is_sure(rows[name])), None)
    if accuracy is not None:
        sureness = rows[accuracy]["sureness"]
        return rows[accuracy]["favours"], f"it finds more ({accuracy}, {sureness})"
    unknown = "which of the two finds more is not sure"
    costs = [name for name in COST if name in rows and rows[name]["favours"] != NEITHER]
    if costs and len({rows[name]["favours"] for name in costs}) == 1:
        return rows[costs[0]]["favours"], f"{unknown}, and it costs less ({_listed(rows, costs)})"
    for name in ("classical", "yolo"):
        mine = [axis for axis, row in rows.items() if row["favours"] == name]
        others = [axis for axis, row in rows.items() if row["favours"] not in {name, NEITHER}]
        if len(mine) > len(others):
            return name, f"{unknown}, and more rows favour it ({_listed(rows, mine)})"
    return NEITHER, f"{unknown}, and as many rows favour one as the other"


def _is_sure(row: Mapping[str, Any]) -> bool:
    return row["favours"] != NEITHER and str(row["sureness"]).startswith("sure")


def _listed(rows: Mapping[str, Mapping[str, Any]], names: list[str]) -> str:
    return " and ".join(f"{name} ({rows[name]['sureness']})" for name in names)
