"""Finished runs made by hand: ground truth, detections and the figures that come of them."""

from dataclasses import replace
from math import nan

import numpy as np

from datasets.annotations import Annotations, Duplicate, LabelledImage
from pipelines.detections import Detections
from pipelines.evaluation.coco_files.format import ground_truth_to_coco, with_files
from pipelines.evaluation.reliability import Reliability
from pipelines.evaluation.report_card import EvaluationImages, compared, judge
from pipelines.evaluation.timing import Latency, Throughput
from pipelines.postprocessing.calibration import Calibration
from pipelines.runs.detection_files import write_detections, write_ground_truth
from pipelines.runs.metrics import (
    METRICS,
    AxisResult,
    DatasetSummary,
    DetectorMetrics,
    Duplicates,
    Memory,
    Metrics,
    ProposalShares,
    ScoreCalibration,
    SplitSize,
    write_metrics,
)
from pipelines.settings import RunSettings
from pipelines.system.runtime import Environment
from pipelines.training import LossHistory, MiningRound, Model, Training, Validation

CLASSES = ("cat", "dog")
TRAINED = RunSettings(pipelines=("yolo",))
ENVIRONMENT = Environment(
    python="3.11.0",
    platform="an operating system",
    libraries={"numpy": "2.0", "tensorflow": None},
    cpu="a processor",
    cores=2,
    threads={"opencv": 2, "tensorflow": None},
    memory_mb=1024.0,
    gpus=(),
    git_commit=None,
    git_changed=None,
)
CALLS = (90.0, 100.0, 110.0)
LATENCY = Latency(
    p50=100.0,
    p90=nan,
    p99=nan,
    mean=100.0,
    samples=3,
    warm_up=1,
    first_call=200.0,
    stages={"network": 80.0, "nms": 20.0},
    calls=CALLS,
    device="a processor",
)
# All that only some detectors have, and what may be undefined in it.
OPTIONAL = {
    "training": Training(
        seconds=4.5,
        images=7,
        boxes=9,
        history=(Validation(1.0, 0.25, 10, 1e-3, 2.0, 1.0), Validation(2.0, nan)),
        rounds=(MiningRound(0, 5, 50, 0, nan, kept=True),),
        device="a processor",
        reasons={"updates": "as many as asked for"},
        updates=20,
        flips=("horizontal",),
        waiting_share=0.1,
        losses=LossHistory(10, (3.0, 2.0), (1.0, 0.5)),
    ),
    "model": Model(parameters=1234, multiply_adds=10, disk_mb=0.5, input_hw=(64, 96)),
    "memory_mb": Memory(100.0, None, 90.0, 10.0),
    "latency_ms": LATENCY,
    "throughput": Throughput(9.0, 12.0, 2, nan),
    "proposals": ProposalShares(nan),
    "calibration": ScoreCalibration(Calibration(1.5, 0.5, "fitted"), Reliability(nan)),
}
AXIS = AxisResult(
    question="which is faster?",
    answers={"yolo": "0.5 s"},
    verdict="nothing to compare",
    favours="neither",
    sureness="not sure",
    cells=({"images": 4, "map_50": 0.5},),
    figures={"crossover": [1.0, 2.0]},
    left_out=("images=8",),
    seconds=3.0,
    budget_minutes=5.0,
)


def truth(images=40, seed=0):
    random = np.random.default_rng(seed)
    made = []
    for _ in range(images):
        corners = random.uniform(0, 200, (4, 2))
        boxes = np.hstack([corners, corners + random.uniform(20, 80, (4, 2))])
        made.append(Annotations(boxes, random.integers(0, 2, 4)))
    return made


def found(objects, share, seed=1):
    """Detections that meet that share of the objects, chosen by chance."""
    random = np.random.default_rng(seed)
    made = []
    for each in objects:
        met = random.random(len(each)) < share
        made.append(Detections(each.boxes[met], random.random(met.sum()), each.labels[met]))
    return made


def metrics_of(detectors, objects, classes=CLASSES, settings=TRAINED, **more):
    """All figures of a run whose detectors, by name, have those detections."""
    evaluations = {
        name: judge(EvaluationImages(objects, classes), each) for name, each in detectors.items()
    }
    size = SplitSize(len(objects), sum(map(len, objects)))
    return Metrics(
        dataset=DatasetSummary(
            name="mine", format="voc", classes=classes, splits={"test": size}, split_sha256="ab"
        ),
        environment=ENVIRONMENT,
        settings=settings,
        pipelines={
            name: DetectorMetrics(quality=each.quality, latency_ms=LATENCY)
            for name, each in evaluations.items()
        },
        comparison=compared(evaluations, len(objects)),
        **more,
    )


def write_run(folder, detectors, objects=None, settings=TRAINED, classes=CLASSES, **more):
    """Write a run whose detectors, by name, have those detections."""
    objects = truth() if objects is None else objects
    names = [f"{number}.jpg" for number in range(1, len(objects) + 1)]
    images = [
        LabelledImage(name, folder / name, 300, 300, each)
        for name, each in zip(names, objects, strict=True)
    ]
    write_ground_truth(folder, with_files(ground_truth_to_coco(objects, classes), images))
    for name, detections in detectors.items():
        write_detections(folder, name, detections)
    metrics = metrics_of(detectors, objects, classes, settings, **more)
    write_metrics(folder / METRICS, metrics)
    return folder


def with_updates(updates, seed=0):
    """Settings of a run whose network trains for so many updates."""
    return replace(TRAINED, seed=seed, yolo=replace(TRAINED.yolo, updates=updates))


def duplicates():
    pair = Duplicate("a.jpg", "train", "b.jpg", "test", None, left_out=True)
    return Duplicates({"train, test": 1}, 1, (pair,))
