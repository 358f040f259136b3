"""What a run knows of the luck of training, in sentences: whether intervals hold another one."""

from __future__ import annotations

from collections import defaultdict
from statistics import stdev

from pipelines.contenders import label_of
from pipelines.runs.metrics import Metrics

NOT_HELD = "another training is not in {}"


def repeats_of(metrics: Metrics) -> int:
    """Return how often each contender was trained, 1 for files that were scored."""
    return 1 if metrics.settings is None else metrics.settings.repeats


def another_training(metrics: Metrics) -> str:
    """Return a sentence on whether the intervals of a verdict hold other trainings."""
    which = "these intervals" if len(metrics.pipelines) > 2 else "this interval"
    if repeats_of(metrics) == 1:
        text = NOT_HELD.format(which)
        return f"{text[:1].upper()}{text[1:]}."
    once = [name for name, each in metrics.pipelines.items() if each.trainings is None]
    but = f", but not of {' and '.join(map(label_of, once))}" if once else ""
    holds = "hold" if len(metrics.pipelines) > 2 else "holds"
    return (
        f"Figures are means of {repeats_of(metrics)} trainings each, and {which} {holds} other "
        f"trainings as well as other test images{but}."
    )


def seen_by_data_axis(metrics: Metrics) -> str:
    """Return how trainings on all images differed on the axis of data; empty where not known."""
    axis, train = metrics.axes.get("data"), metrics.dataset.splits.get("train")
    if axis is None or train is None or repeats_of(metrics) > 1:
        return ""
    reached: dict[str, list[float]] = defaultdict(list)
    for row in axis.cells:
        if row["images"] == train.images and not row["undertrained"] and row["map_50"] is not None:
            reached[row["pipeline"]].append(row["map_50"])
    spreads = [
        f"{stdev(values):.3f} for {label_of(name)} ({len(values)} trainings)"
        for name, values in reached.items()
        if len(values) > 1
    ]
    if not spreads:
        return ""
    return (
        "On the axis of data, trainings on all images from other seeds differed in mAP@.50 by a "
        f"standard deviation of {' and '.join(spreads)}."
    )
