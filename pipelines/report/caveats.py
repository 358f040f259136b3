"""What has to be known beside a run's figures, a line each."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan

from pipelines.report.ensemble import worth_its_time
from pipelines.report.pace import pace_notes
from pipelines.report.verdict_on_new_images import on_new_images
from pipelines.report.wording import called, left_out_sentences
from pipelines.runs.metrics import Metrics
from pipelines.runs.trainings import repeats_of
from pipelines.runs.usefulness import few_examples


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
