"""The rows of a run's tables: every figure with its name and form, once for terminal and pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import isnan, nan
from typing import NamedTuple

from pipelines.evaluation.conventions import WHY
from pipelines.evaluation.report_card import FullQuality, named_figure
from pipelines.evaluation.resampling import LABELS, iou_name
from pipelines.evaluation.significance import Difference
from pipelines.report.wording import called
from pipelines.runs.metrics import DecisiveFigures, DetectorMetrics, Metrics
from pipelines.runs.trainings import repeats_of

UNKNOWN = "–"
MOST_TRAININGS = 5  # whose figures stand one by one
VALIDATION, NEW_IMAGES = "validation", "new_images"  # among the names of differences
ON_VALIDATION = "Training and thresholds were chosen on the validation split."
HEADLINE = {
    **LABELS,
    "map_75": "mAP@.75",
    "small": "  small objects",
    "medium": "  medium",
    "large": "  large",
    "average_recall": "average recall",
}


class Cost(NamedTuple):
    """A figure besides quality: its label, a path of attributes of `DetectorMetrics`, its form."""

    label: str
    path: tuple[str, ...]
    form: str

    def of(self, detector: DetectorMetrics | None) -> float:
        """Return the detector's figure, nan where it has none."""
        value: object = detector
        for name in self.path:
            value = getattr(value, name, None)
        return value if isinstance(value, int | float) else nan


LATENCY = Cost("latency p50, in turns", ("latency_ms", "p50"), "{:.1f} ms")
TRAINING = Cost("training", ("training", "seconds"), "{:.0f} s")
COSTS = (
    LATENCY,
    Cost("latency p90", ("latency_ms", "p90"), "{:.1f} ms"),
    Cost("latency p99", ("latency_ms", "p99"), "{:.1f} ms"),
    Cost("latency p50, alone", ("latency_alone_ms", "p50"), "{:.1f} ms"),
    Cost("CPU time a call, alone", ("latency_alone_ms", "cpu"), "{:.1f} ms"),
    Cost("first call", ("latency_ms", "first_call"), "{:.1f} ms"),
    Cost("images a second", ("throughput", "batch_1"), "{:.1f}"),
    Cost("  in the best batch", ("throughput", "best"), "{:.1f}"),
    Cost("energy an image", ("throughput", "joules_per_image"), "{:.2f} J"),
    TRAINING,
    Cost("parameters", ("model", "parameters"), "{:,}"),
    Cost("on disk", ("model", "disk_mb"), "{:.1f} MiB"),
    Cost("peak memory, training", ("memory_mb", "peak_rss"), "{:.0f} MiB"),
    Cost("peak memory, detecting", ("memory_mb", "detecting_peak_rss"), "{:.0f} MiB"),
    Cost("peak GPU memory, training", ("memory_mb", "peak_gpu"), "{:.0f} MiB"),
    Cost("peak GPU memory, detecting", ("memory_mb", "detecting_peak_gpu"), "{:.0f} MiB"),
)
# What is lost by kind, with where a detector's quality has it and how it is written.
LOSSES: Mapping[str, tuple[Callable[[FullQuality], Mapping[str, float]], str]] = {
    "errors": (lambda quality: vars(quality.errors), "{:.3f}"),
    "lost": (lambda quality: quality.lost, "{}"),
    "recall_ceiling": (lambda quality: quality.recall_ceiling, "{:.3f}"),
}
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


class Figure(NamedTuple):
    """One figure of one detector with its 95 % interval; what does not exist is nan.

    ``trainings`` are the figures of each, where it is their mean.
    """

    value: float
    form: str = "{:.3f}"
    low: float = nan
    high: float = nan
    trainings: tuple[float, ...] = ()

    @property
    def text(self) -> str:
        """The figure as it is shown."""
        return shown(self.value, self.form)

    @property
    def by_training(self) -> str:
        """Each training's figure, of many only the ends; empty where there was one."""
        if isnan(self.value) or not self.trainings:
            return ""
        if len(self.trainings) > MOST_TRAININGS:
            ends = (self.form.format(end(self.trainings)) for end in (min, max))
            return f"{' to '.join(ends)} in {len(self.trainings)} trainings"
        return "trainings " + ", ".join(map(self.form.format, self.trainings))


@dataclass(frozen=True)
class TableRow:
    """One row of a table, with a figure of each detector.

    Attributes:
        label: begins with spaces where it belongs to the row above.
        name: of the figure in ``comparison``, empty for one that is not compared there.
        whole: end of the scale its bars are drawn on, 0 for no bars.
    """

    label: str
    figures: tuple[Figure, ...]
    name: str = ""
    note: str = ""
    whole: float = 0.0


def shown(value: float, form: str = "{:.3f}") -> str:
    """Return a figure as it is shown, a dash for nan."""
    return UNKNOWN if isnan(value) else form.format(value)


def headline(metrics: Metrics) -> dict[str, str]:
    """Return the labels of the figures of all classes together, by name; what decides is first."""
    iou = None if metrics.scoring is None else metrics.scoring.iou
    other = {} if iou is None else {f"map_{iou_name(iou)}": f"mAP@{iou:g}"}
    return {metrics.figure: metrics.label, **HEADLINE, **other}


def class_figures(metrics: Metrics, kind: str = "ap_50") -> dict[str, str]:
    """Return the classes by the names of their figures."""
    return {f"per_class.{name}.{kind}": name for name in metrics.dataset.classes}


def quality_rows(metrics: Metrics, labels: Mapping[str, str]) -> list[TableRow]:
    """Return the figures of quality labelled so, by name, without those that no detector has."""
    detectors = metrics.pipelines.values()
    rows = []
    for name, label in labels.items():
        figures = tuple(_quality(detector, name) for detector in detectors)
        rows.append(TableRow(label, figures, name, whole=1.0))
    return _known(rows)


def _quality(detector: DetectorMetrics, name: str) -> Figure:
    value, (low, high) = named_figure(detector.quality, name)
    trainings = {} if detector.trainings is None else detector.trainings.figures
    return Figure(value, "{:.3f}", low, high, trainings.get(name, ()))


def decisive_rows(metrics: Metrics) -> list[TableRow]:
    """Return the rows of the decisive figure on other images, none where it is not known."""
    labels = {VALIDATION: "  on validation", NEW_IMAGES: "  on test images unlike those seen"}
    rows = []
    for place, known in _elsewhere(metrics).items():
        figures = tuple(
            Figure(known.values[name], "{:.3f}", *known.interval_95[name], known.each(name))
            if name in known.values
            else Figure(nan)
            for name in metrics.pipelines
        )
        rows.append(TableRow(labels[place], figures, place, whole=1.0))
    return _known(rows)


def _elsewhere(metrics: Metrics) -> dict[str, DecisiveFigures]:
    known = {VALIDATION: metrics.validation, NEW_IMAGES: metrics.new_images}
    return {place: each for place, each in known.items() if each is not None}


def cost_rows(metrics: Metrics) -> list[TableRow]:
    """Return times, memory and sizes, without those that no detector has."""
    rows = []
    for cost in COSTS:
        values = [cost.of(detector) for detector in metrics.pipelines.values()]
        figures = tuple(Figure(value, cost.form) for value in values)
        rows.append(TableRow(cost.label, figures, whole=_largest(values)))
    return _known(rows)


def convention_rows(metrics: Metrics) -> list[TableRow]:
    """Return mAP@.50 of the same detections under each convention, and why it differs."""
    every = [detector.quality.conventions for detector in metrics.pipelines.values()]
    figures = {name: tuple(Figure(each[name].map_50, "{:.4f}") for each in every) for name in WHY}
    return [TableRow(name.replace("_", " "), figures[name], note=why) for name, why in WHY.items()]


def loss_rows(metrics: Metrics, group: str) -> list[TableRow]:
    """Return what is lost by kind, one of `LOSSES`, all on one scale."""
    values, form = LOSSES[group]
    every = [values(detector.quality) for detector in metrics.pipelines.values()]
    # What only one detector has comes first, as its stages before the last do.
    kinds = dict.fromkeys(kind for each in every for kind in each)
    whole = _largest(value for each in every for value in each.values())
    return [
        TableRow(
            kind.replace("_", " "),
            tuple(Figure(each.get(kind, nan), form) for each in every),
            note=MEANING.get(kind, ""),
            whole=whole or 1.0,
        )
        for kind in sorted(kinds, key=lambda kind: sum(kind in each for each in every))
    ]


def headings(metrics: Metrics) -> dict[str, str]:
    """Return what each detector is called; what had seen other images before says so."""
    return {name: called(name, detector.model) for name, detector in metrics.pipelines.items()}


def pairs(metrics: Metrics) -> dict[tuple[str, str], Mapping[str, Difference]]:
    """Return how every two detectors differ, the first less the second, by figure."""
    found: dict[tuple[str, str], Mapping[str, Difference]] = {}
    for first, second in combinations(metrics.pipelines, 2):
        further = {
            place: more
            for place, known in _elsewhere(metrics).items()
            if (more := known.difference(first, second)) is not None
        }
        found[first, second] = {**metrics.comparison[f"{first}_minus_{second}"], **further}
    return found


def test_images(metrics: Metrics) -> str:
    """Return how many test images there are, and groups where some are not independent."""
    test = metrics.dataset.splits["test"]
    known = test.groups is not None and test.groups < test.images
    return f"{test.images} test images" + (f" in {test.groups} groups" if known else "")


def resampled(metrics: Metrics) -> str:
    """Return what the intervals are by, and whether they hold another training."""
    if (count := repeats_of(metrics)) == 1:
        return "by bootstrap over the test images; another training is not in them"
    return f"by bootstrap over the test images and the spread of {count} trainings each"


def corrected_classes(metrics: Metrics) -> str:
    """Return what stands beside the classes' differences; empty where fewer than two are known."""
    names = class_figures(metrics)
    known = [each.get(name) for each in pairs(metrics).values() for name in names]
    count = sum(each is not None and not isnan(each.interval_95[0]) for each in known)
    if count < 2:
        return ""
    return (
        f"Intervals and verdicts of classes' differences are corrected for {count} comparisons, "
        "all classes together (Holm)."
    )


def corrected(metrics: Metrics) -> str:
    """Return what stands beside differences of several pairs, which are judged together."""
    return (
        f"Intervals and verdicts are corrected for {len(pairs(metrics))} comparisons a "
        "figure: of equal detectors, about 5 of 100 such tests have any called better."
    )


def _largest(values: Iterable[float]) -> float:
    return max((value for value in values if not isnan(value)), default=0.0)


def _known(rows: Iterable[TableRow]) -> list[TableRow]:
    return [row for row in rows if not all(isnan(figure.value) for figure in row.figures)]
