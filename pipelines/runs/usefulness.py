"""Whether any contender of a run is good enough to be used, and what is missing where none is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan
from typing import Any

from pipelines.contenders import CONTENDERS, label_of
from pipelines.runs.metrics import Metrics
from pipelines.settings import RunSettings

FEW_OBJECTS = 10  # in training: of a class with fewer little can be learnt
NAMED = 5  # classes with few objects


@dataclass(frozen=True)
class Lack:
    """Sentences for a run that has no usable contender.

    Attributes:
        none_usable: that it is so, with the figure of the best.
        advice: what seems to be missing, and what to try next.
    """

    none_usable: str
    advice: str


def what_is_missing(metrics: Metrics) -> Lack | None:
    """Return what is missing; None where one may be good enough, or nothing was trained.

    None is where the 95 % interval of the best mAP@.50 lies below ``evaluation.useful_map_50``, or
    where too few test images give none and the figure itself lies below: whatever the order of
    detectors that find nothing, it is no reason to choose one.
    """
    settings = metrics.settings
    known = {
        name: each.quality
        for name, each in metrics.pipelines.items()
        if not isnan(each.quality.map_50)
    }
    if settings is None or not known:
        return None
    best = max(known, key=lambda name: known[name].map_50)
    useful = settings.evaluation.useful_map_50
    low, high = known[best].interval_95.get("map_50", (float("nan"),) * 2)
    value = known[best].map_50
    if not (value if isnan(high) else high) < useful:
        return None
    images = metrics.dataset.splits["test"].images
    span = "" if isnan(high) else f"95 % {low:.3f} to {high:.3f}, "
    none_usable = (
        f"None of these can be used yet: the best, {label_of(best)}, reaches an mAP@.50 of "
        f"{value:.3f} ({span}{images} test images), and below {useful:g} a detector is of little "
        "use."
    )
    return Lack(none_usable, f"{_missing(metrics, best, useful)} {_next(metrics, settings)}")


def few_examples(objects: Mapping[str, int]) -> str:
    """Return which classes have few training objects, of their numbers by class; empty for none."""
    few = sorted((count, name) for name, count in objects.items() if count < FEW_OBJECTS)
    if not few:
        return ""
    first = ", ".join(f"{name} {count}" for count, name in few[:NAMED])
    more = ", …" if len(few) > NAMED else ""
    return (
        f"{len(few)} of {len(objects)} classes have fewer than {FEW_OBJECTS} training objects "
        f"({first}{more})"
    )


def _missing(metrics: Metrics, best: str, useful: float) -> str:
    """Return what more data the learning curve or the number of objects suggests."""
    data = metrics.axes.get("data")
    curve = None if data is None else data.figures.get("curves", {}).get(best)
    if curve is not None:
        return _by_curve(curve, best, useful)
    few = few_examples(metrics.dataset.training_objects)
    if few:
        return f"{few}: label more of these first."
    return "More training images may be missing: --axes data measures what they would give."


def _by_curve(curve: Mapping[str, Any], best: str, useful: float) -> str:
    ceiling, loss, rate = curve["ceiling"], curve["loss"], curve["rate"]
    if ceiling <= useful:
        return (
            f"The learning curve of {label_of(best)} levels off at {ceiling:.2f}: more such images "
            "alone would not do."
        )
    images = (loss / (ceiling - useful)) ** (1 / rate)
    return (
        f"By its learning curve {label_of(best)} would reach {useful:g} with about "
        f"{float(f'{images:.2g}'):,.0f} training images, if it goes on like that."
    )


def _next(metrics: Metrics, settings: RunSettings) -> str:
    """Return which contender to try, or what else."""
    groups = {row.name: getattr(settings, row.name, None) for row in CONTENDERS}
    seen = {name: getattr(group, "pretrained_on", None) for name, group in groups.items()}
    for name, images in seen.items():
        if images and name not in metrics.pipelines:
            return (
                f"Try {label_of(name, images)} next (--pipelines {name}): what has learnt on other "
                "images needs the fewest of yours."
            )
    for name in seen:
        if name not in metrics.pipelines:
            return f"Try {label_of(name)} next (--pipelines {name})."
    rising = _rising_most(metrics)
    first = f"Give {label_of(rising)} more images first: its learning curve rises most. "
    return (
        f"{first if rising else ''}A longer training may help too (--train-minutes), or labels "
        "that are more exact."
    )


def _rising_most(metrics: Metrics) -> str:
    """Return whose learning curve rises most with twice the images; empty where none is known."""
    data, train = metrics.axes.get("data"), metrics.dataset.splits.get("train")
    curves: Mapping[str, Mapping[str, float]]
    curves = {} if data is None else data.figures.get("curves", {})
    if not curves or train is None or not train.images:
        return ""

    def gain(name: str) -> float:
        loss, rate = curves[name]["loss"], curves[name]["rate"]
        return float(loss * train.images**-rate * (1 - 2**-rate))

    return max(curves, key=gain)
