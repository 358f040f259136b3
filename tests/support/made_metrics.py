"""Metrics made up for what is said of them: an mAP, times and a size of each detector."""

from dataclasses import replace

from msgspec import structs
from toy_run import detector_metrics, toy_metrics

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.report_card import EvaluationImages, judge
from pipelines.evaluation.significance import Difference
from pipelines.evaluation.to_settle import ToSettle
from pipelines.training import Model, Training

QUALITY = judge(EvaluationImages([Annotations()], ("cat",)), [Detections()]).quality
TIMED = detector_metrics("yolo", QUALITY)


def detector(value, median=None, seconds=None, disk=None, pretrained_on=None):
    """A detector; what is None is not known of it."""
    quality = replace(QUALITY, map_50=value, interval_95={"map_50": (0.7, 0.9)})
    latency = None if median is None else replace(TIMED.latency_ms, p50=median)
    training = None if seconds is None else Training(seconds=seconds)
    has_model = disk is not None or pretrained_on is not None
    model = Model(parameters=1, disk_mb=disk or 0.0, pretrained_on=pretrained_on)
    return structs.replace(
        TIMED,
        quality=quality,
        latency_ms=latency,
        training=training,
        model=model if has_model else None,
    )


def run(comparison=None, images=72, **pipelines):
    """Metrics of detectors given as the arguments of `detector`."""
    metrics = toy_metrics({}, comparison or {}, images)
    return structs.replace(
        metrics, pipelines={name: detector(*given) for name, given in pipelines.items()}
    )


def difference(more, low, high, verdict, settle=None):
    """``settle`` is the fewest and the most images that would."""
    settle = None if settle is None else ToSettle(*settle)
    return Difference(more, (low, high), 0.5, verdict, 72, settle)


def compared(*given):
    return {"map_50": difference(*given)}
