"""The tables of the report's page: rows of text and places on a scale, ready to be set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.evaluation.conventions import WHY
from pipelines.evaluation.figures import at, iou_name, named_figure
from pipelines.report.differences import Verdict, cost_ratio, verdict_of
from pipelines.report.terminal.run import COSTS, HEADLINE, UNKNOWN

MOST_CONFUSED = 20  # pairs of classes told of one detector
WIDEST_MATRIX = 20  # classes; of more only the pairs most often taken for each other are told
SIZES = ("small", "medium", "large")
# Kinds of mistakes and reasons of losses, for those who see them for the first time.
MEANING = {
    "classification": "the place is right, the class wrong",
    "localisation": "the class is right, the box not exact enough",
    "both": "something is near, but class and place are wrong",
    "duplicate": "the object was found already",
    "background": "nothing is there",
    "missed": "no detection came near",
    "not_proposed": "no proposal was on it",
    "misclassified": "proposed, but not with its class and such a score",
    "badly_placed": "a box was there, but not exact enough",
    "suppressed": "found, then taken for a neighbour by NMS",
    "below_threshold": "seen, but with a lower score",
    "wrong_class": "taken for another class",
}


@dataclass(frozen=True)
class Cell:
    """One figure: in words, with its interval in words, and both as shares of the scale.

    Attributes:
        text: the figure.
        span: its interval, empty for none.
        bar: low end, figure and high end in percent of the row's scale, None for no bar.
    """

    text: str
    span: str = ""
    bar: tuple[float, float, float] | None = None


@dataclass(frozen=True)
class Row:
    """One row: its name, a cell a pipeline, and with two pipelines what the difference is worth."""

    label: str
    cells: tuple[Cell, ...]
    verdict: Verdict | None = None
    note: str = ""


def headline_rows(metrics: Mapping[str, Any]) -> list[Row]:
    """Return mAP and recall of all classes together."""
    asked = metrics["settings"].get("iou")
    extra = {} if asked is None else {f"map_{iou_name(asked)}": f"mAP@{asked:g}"}
    figures = {**HEADLINE, **extra}
    return _quality_rows(metrics, {k: v for k, v in figures.items() if k not in SIZES})


def size_rows(metrics: Mapping[str, Any]) -> list[Row]:
    """Return mAP@[.50:.95] by the size of the objects."""
    words = ("small, up to 32² px", "medium, up to 96² px", "large, above")
    return _quality_rows(metrics, dict(zip(SIZES, words, strict=True)))


def class_rows(metrics: Mapping[str, Any], figure: str = "ap_50") -> list[Row]:
    """Return each class's AP, named by the class."""
    names = metrics["dataset"]["classes"]
    rows = _quality_rows(metrics, {f"per_class.{name}.{figure}": name for name in names})
    counts = next(iter(metrics["pipelines"].values()))["quality"]["per_class"]
    return [
        Row(row.label, row.cells, row.verdict, f"{counts[row.label]['ground_truth']} objects")
        for row in rows
    ]


def cost_rows(metrics: Mapping[str, Any]) -> list[Row]:
    """Return times, memory and sizes; bars are shares of the largest."""
    rows = []
    for label, path, form in COSTS:
        values = [at(each, path) for each in metrics["pipelines"].values()]
        most = max((value for value in values if value is not None), default=None)
        if most is None:
            continue
        cells = tuple(
            Cell(UNKNOWN) if value is None else Cell(form.format(value), bar=_share(value, most))
            for value in values
        )
        rows.append(Row(label.strip(), cells, cost_ratio(list(metrics["pipelines"]), values)))
    return rows


def convention_rows(metrics: Mapping[str, Any]) -> list[Row]:
    """Return mAP@.50 of the same detections under each convention, with the reason beside it."""
    rows = []
    for convention, why in WHY.items():
        told = (
            each["quality"]["conventions"][convention]["map_50"]
            for each in metrics["pipelines"].values()
        )
        cells = tuple(Cell(UNKNOWN if value is None else f"{value:.4f}") for value in told)
        rows.append(Row(convention.replace("_", " "), cells, note=why))
    return rows


def loss_rows(metrics: Mapping[str, Any], group: str, form: str) -> list[Row]:
    """Return what is lost by kind: ``errors``, ``lost`` or ``recall_ceiling``."""
    told = [each["quality"][group] for each in metrics["pipelines"].values()]
    known = [value for each in told for value in each.values() if value is not None]
    most = max(known, default=0.0) or 1.0
    rows = []
    # What only one detector has comes first, as its stages before the last do.
    keys = dict.fromkeys(key for each in told for key in each)
    for key in sorted(keys, key=lambda key: sum(key in each for each in told)):
        cells = tuple(
            Cell(UNKNOWN)
            if each.get(key) is None
            else Cell(form.format(each[key]), bar=_share(each[key], most))
            for each in told
        )
        rows.append(Row(key.replace("_", " "), cells, note=MEANING.get(key, "")))
    return rows


def stage_rows(latency: Mapping[str, Any]) -> list[Row]:
    """Return the mean milliseconds of each stage of one detector."""
    whole = sum(latency["stages"].values()) or 1.0
    return [
        Row(
            stage,
            (
                Cell(
                    f"{spent:.2f} ms",
                    span=f"{100 * spent / whole:.0f} %",
                    bar=_share(spent, whole),
                ),
            ),
        )
        for stage, spent in latency["stages"].items()
    ]


def confusions(told: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    """Return the pairs of true and detected class that are most often confused, with counts."""
    classes, matrix = told["classes"], told["matrix"]
    pairs = [
        (classes[true], classes[said], count)
        for true, row in enumerate(matrix)
        for said, count in enumerate(row)
        if true != said and count
    ]
    return sorted(pairs, key=lambda pair: -pair[2])[:MOST_CONFUSED]


def _quality_rows(metrics: Mapping[str, Any], figures: Mapping[str, str]) -> list[Row]:
    pairs = metrics["comparison"]
    only = next(iter(pairs.values())) if len(pairs) == 1 else {}
    pair = list(metrics["pipelines"])[:2]
    rows = []
    for figure, label in figures.items():
        cells = tuple(_quality(p["quality"], figure) for p in metrics["pipelines"].values())
        if any(cell.text != UNKNOWN for cell in cells):
            rows.append(Row(label.strip(), cells, verdict_of(only.get(figure), pair)))
    return rows


def _quality(quality: Mapping[str, Any], figure: str) -> Cell:
    value, interval = named_figure(quality, figure)
    if value is None:
        return Cell(UNKNOWN)
    low, high = interval or (value, value)
    bar = (100 * low, 100 * value, 100 * high)
    return Cell(f"{value:.3f}", f"{low:.3f} to {high:.3f}" if interval else "", bar)


def _share(value: float, whole: float) -> tuple[float, float, float]:
    share = 100 * value / whole if whole else 0.0
    return 0.0, share, share


def flat(values: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    """Return nested settings as names with dots and what they are set to."""
    rows: list[tuple[str, str]] = []
    for key, value in values.items():
        if isinstance(value, Mapping):
            rows += flat(value, f"{before}{key}.")
        elif isinstance(value, Sequence) and not isinstance(value, str):
            rows.append((f"{before}{key}", ", ".join(map(str, value)) or UNKNOWN))
        else:
            rows.append((f"{before}{key}", UNKNOWN if value is None else str(value)))
    return rows
