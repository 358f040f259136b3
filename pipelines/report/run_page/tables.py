"""What the page's tables show besides the rows all tables share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import nan

from pipelines.evaluation.operating_point import ConfusionMatrix
from pipelines.report.rows import (
    UNKNOWN,
    Figure,
    TableRow,
    class_figures,
    decisive_rows,
    headline,
    quality_rows,
)
from pipelines.runs.metrics import Metrics

MOST_CONFUSED = 20  # pairs of classes shown of one detector
WIDEST_MATRIX = 20  # classes; of more only the pairs most often taken for each other are shown
SIZES = {"small": "small, up to 32² px", "medium": "medium, up to 96² px", "large": "large, above"}


def headline_rows(metrics: Metrics) -> list[TableRow]:
    """Return mAP and recall of all classes together, the decisive figure on other images too."""
    labels = {name: label for name, label in headline(metrics).items() if name not in SIZES}
    found = quality_rows(metrics, labels)
    return [*found[:1], *decisive_rows(metrics), *found[1:]]


def class_rows(metrics: Metrics, kind: str = "ap_50") -> list[TableRow]:
    """Return each class's AP, named by the class, with the number of its objects."""
    per_class = next(iter(metrics.pipelines.values())).quality.per_class
    return [
        replace(row, note=f"{per_class[row.label].ground_truth} objects")
        for row in quality_rows(metrics, class_figures(metrics, kind))
    ]


def reliability_rows(metrics: Metrics) -> list[TableRow]:
    """Return how far scores are from the share that is right, also without calibration."""
    detectors = metrics.pipelines.values()
    after = [each.quality.reliability for each in detectors]
    before = [None if each.calibration is None else each.calibration.before for each in detectors]
    found = (("expected calibration error", after), ("before calibration", before))
    return [
        TableRow(label, tuple(Figure(nan if e is None else e.expected_error) for e in every))
        for label, every in found
        if any(every)
    ]


def confusions(confusion: ConfusionMatrix) -> list[tuple[str, str, int]]:
    """Return the pairs of true and detected class that are most often confused, with counts."""
    classes = confusion.classes
    every = [
        (classes[true], classes[detected], count)
        for true, row in enumerate(confusion.matrix)
        for detected, count in enumerate(row)
        if true != detected and count
    ]
    return sorted(every, key=lambda pair: -pair[2])[:MOST_CONFUSED]


def setting_text(value: object) -> str:
    """Return what a setting is set to."""
    if isinstance(value, list):
        return ", ".join(map(setting_text, value)) or UNKNOWN
    if isinstance(value, Mapping):  # a file and its name
        return "=".join(map(str, value.values()))
    return UNKNOWN if value is None else str(value)
