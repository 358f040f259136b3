"""What has to be known beside a run's figures, a line each."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan

from pipelines.evaluation.to_settle import LEAST_IMAGES
from pipelines.report.ensemble import worth_its_time
from pipelines.report.pace import pace_notes
from pipelines.report.verdict_on_new_images import on_new_images
from pipelines.report.wording import called, left_out_sentences
from pipelines.runs.metrics import Metrics
from pipelines.runs.trainings import repeats_of
from pipelines.runs.usefulness import NAMED, few_examples

FEW_TESTED = 10  # objects of a class, whose AP is then too high by some hundredths on average


def few_tested(metrics: Metrics) -> str:
    """Return that AP of so few test objects is too high; empty where there are more.

    Precision at a recall is the best at any higher one, which takes the luckier of few objects:
    ``scripts/measure/coverage.py`` prints by how much.
    """
    test, classes = metrics.dataset.splits["test"], len(metrics.dataset.classes)
    each = test.boxes / max(classes, 1)
    if not 0 < each < FEW_TESTED:
        return ""
    return (
        f"about {each:.0f} test objects a class: AP of so few is on average some hundredths too "
        "high, which intervals allow for and figures do not"
    )


def withheld(metrics: Metrics) -> str:
    """Return which intervals are withheld and what would do; empty where none is."""
    test = metrics.dataset.splits["test"]
    units = test.images if test.groups is None else test.groups
    if units < LEAST_IMAGES:
        noun = "test images" if units == test.images else "groups of test images"
        return (
            f"no intervals: {units} {noun} do not show how images vary; {LEAST_IMAGES - units} "
            "more would"
        )
    rare = [
        name
        for name in metrics.dataset.classes
        if all(
            isnan(each.quality.interval_95.get(f"per_class.{name}.ap_50", (0.0, 0.0))[0])
            for each in metrics.pipelines.values()
        )
    ]
    if not rare:
        return ""
    some = ", ".join(rare[:NAMED]) + (", …" if len(rare) > NAMED else "")
    return (
        f"no intervals of {len(rare)} of {len(metrics.dataset.classes)} classes ({some}): each "
        f"wants {LEAST_IMAGES} test images that hold it"
    )


def caveats(metrics: Metrics) -> list[str]:
    """Return who is left out, which images are not new, a busy machine, few examples, who knew."""
    lines = left_out_sentences(metrics.left_out)
    lines += [*on_new_images(metrics), *pace_notes(metrics)]
    lines += filter(None, [worth_its_time(metrics)])
    if (count := repeats_of(metrics)) > 1 and metrics.settings is not None:
        lines.append(
            f"mAP, AP and recall are means of {count} trainings; all else (errors, other "
            f"conventions, pictures, times, the models) is of the first, from seed "
            f"{metrics.settings.seed}"
        )
    if any(isnan(each) for each in _seconds_of_trainings(metrics)):
        lines.append(
            "further trainings were made by a cluster: how long they took is not given, for times "
            "of other machines do not stand beside this one's"
        )
    lines += filter(None, [withheld(metrics), few_tested(metrics)])
    if few := few_examples(metrics.dataset.training_objects):
        lines.append(f"{few}: expect little of any detector there")
    for name, detector in metrics.pipelines.items():
        model = detector.model
        if model is None or model.pretrained_on is None:
            continue
        lines.append(
            f"{called(name, model)} has seen other people's images ({model.pretrained_on}), of "
            "which the others know nothing"
        )
        if model.classes_seen is None:
            lines.append(
                f"it is not known whether {called(name, model)} had learnt classes of this set "
                f"there (--set {name}.backbone_classes=NAMES says which it had)"
            )
        if model.classes_seen:
            lines.append(
                f"warning: {called(name, model)} had learnt {', '.join(model.classes_seen)} "
                "there; on classes that are new to it, expect less"
            )
    return lines


def _seconds_of_trainings(metrics: Metrics) -> Iterator[float]:
    for detector in metrics.pipelines.values():
        if detector.trainings is not None:
            yield from detector.trainings.seconds
