"""What corrected labels would change, as rows and sentences for the terminal and for pages."""

from __future__ import annotations

from dataclasses import replace
from math import isnan
from typing import Any, NamedTuple

import msgspec

from pipelines.audit.effect import Effect
from pipelines.evaluation.resampling import LABELS
from pipelines.evaluation.significance import Difference
from pipelines.report.rows import Figure, headings
from pipelines.report.verdict import verdict_sentence
from pipelines.report.wording import signed
from pipelines.runs.metrics import DetectorMetrics, Metrics


class EffectRow(NamedTuple):
    """One figure of one detector by today's labels and by the others, and how they differ."""

    detector: str
    figure: str
    today: Figure
    then: Figure
    more: str


class EffectShown(NamedTuple):
    """All that is shown of an effect.

    Attributes:
        rows: each detector's figures; none where no suspicion counts.
        heading: of the figures by corrected labels.
        sentence: what those are of.
        verdicts: by today's labels and by the others.
    """

    rows: list[EffectRow]
    heading: str
    sentence: str
    verdicts: tuple[str, str]


def effect_shown(metrics: Metrics, effect: Effect) -> EffectShown:
    """Return what is shown of an effect on a run's figures, which stay what they are."""
    rows = effect_rows(metrics, effect) if effect.suspicions else []
    heading, sentence = basis_heading(effect), effect_sentence(effect)
    return EffectShown(rows, heading, sentence, effect_verdicts(metrics, effect))


def effect_rows(metrics: Metrics, effect: Effect) -> list[EffectRow]:
    """Return each detector's figures, `LABELS`, by both."""
    called = headings(metrics)
    return [
        EffectRow(
            called.get(name, name),
            LABELS.get(figure, figure),
            Figure(each.today, "{:.3f}", *each.today_95),
            Figure(each.then, "{:.3f}", *each.then_95),
            _more(each.more),
        )
        for name, figures in effect.figures.items()
        for figure, each in figures.items()
    ]


def _more(difference: Difference) -> str:
    if isnan(difference.difference):
        return "–"
    low, high = difference.interval_95
    span = "" if isnan(low) else f" ({signed(low)} to {signed(high)})"
    return f"{signed(difference.difference)}{span}"


def basis_heading(effect: Effect) -> str:
    """Return what stands above the figures by corrected labels."""
    if effect.basis == "accepted":
        return f"{effect.suspicions} accepted"
    return f"{effect.suspicions} places ignored"


def effect_sentence(effect: Effect) -> str:
    """Return what the figures by corrected labels are of."""
    if not effect.suspicions:
        none = "accepted" if effect.basis == "accepted" else "more likely wrong than not"
        return f"Nothing is {none} in the {effect.images} test images, so no figure would change."
    places = f"{effect.suspicions} suspicion{'s' * (effect.suspicions != 1)}"
    if effect.basis == "accepted":
        return (
            f"With the {places} of the test split corrected that were accepted. Boxes that "
            "detectors have proposed flatter the detectors, in mAP@[.50:.95] most."
        )
    return (
        f"Before any decision: with the places of the {places} of the test split ignored that are "
        "more likely wrong than not: detections there count neither as right nor as wrong."
    )


def effect_verdicts(metrics: Metrics, effect: Effect) -> tuple[str, str]:
    """Return the run's verdict on the test split, by today's labels and by the others."""
    alone = msgspec.structs.replace(metrics, validation=None, new_images=None, axes={})
    pipelines = {
        name: _with_figures(detector, effect, name) for name, detector in metrics.pipelines.items()
    }
    then = msgspec.structs.replace(alone, pipelines=pipelines, comparison=effect.comparison)
    return verdict_sentence(alone), verdict_sentence(then)


def _with_figures(detector: DetectorMetrics, effect: Effect, name: str) -> DetectorMetrics:
    """Return what is known of a detector with the figures that it would have."""
    figures, quality = effect.figures[name], detector.quality
    spans = {figure: each.then_95 for figure, each in figures.items()}
    then: dict[str, Any] = {figure: each.then for figure, each in figures.items()}
    then["interval_95"] = {**quality.interval_95, **spans}
    return msgspec.structs.replace(detector, quality=replace(quality, **then))
