"""A finished run as small as can be, with names that would break a careless page."""

from math import nan

import msgspec
import numpy as np
from PIL import Image

from datasets.annotations import Annotations
from pipelines.benchmark.decide import chosen_threshold
from pipelines.detections import Detections
from pipelines.evaluation.coco_files.format import CocoImage, ground_truth_to_coco
from pipelines.evaluation.cost_figures import Mistakes, cost_figures, saved, seconds_of
from pipelines.evaluation.costs import Judged, trade_offs
from pipelines.evaluation.operating_point import best_f1
from pipelines.evaluation.reliability import Reliability, ReliabilityBin
from pipelines.evaluation.report_card import EvaluationImages, compared, judge
from pipelines.evaluation.resampling import RESAMPLES, Units
from pipelines.evaluation.timing import Latency, Throughput
from pipelines.postprocessing.calibration import Calibration
from pipelines.runs.decision import Decision, DetectorCosts
from pipelines.runs.detection_files import write_detections, write_ground_truth
from pipelines.runs.metrics import (
    METRICS,
    AxisResult,
    DatasetSummary,
    DetectorMetrics,
    Duplicates,
    Memory,
    Metrics,
    ScoreCalibration,
    SplitSize,
    read_metrics,
    write_metrics,
)
from pipelines.settings import RunSettings
from pipelines.system.runtime import Environment
from pipelines.training import LossHistory, MiningRound, Model, Training, Validation

CLASSES = ("</script><img src=x onerror=alert(1)>", "<script>document.title='taken'</script>", "猫")
SIZE = 160, 120  # width and height
HALF_RIGHT = (ReliabilityBin(4, 0.25, 0.5), ReliabilityBin(4, 0.75, 0.5))
CALLS = {"classical": (8.0, 9.0, 30.0), "yolo": (2.0, 2.5, 3.0), "toy": (1.0, 1.1, 1.2)}
ROUNDS = Training(
    seconds=4.5,
    images=7,
    boxes=9,
    rounds=(MiningRound(0, 5, 50, 20, 0.4, kept=False), MiningRound(1, 5, 50, 20, 0.4, kept=True)),
)
UPDATES = Training(
    seconds=4.5,
    images=7,
    boxes=9,
    updates=30,
    reasons={"choice": "the last weights & nothing else"},
    flips=("horizontal",),
    losses=LossHistory(10, (3, 2, 1), (1, 0.6, 0.5)),
    history=(Validation(1.0, 0.2, 20, 0.1, 2, 1), Validation(2.0, nan, 30, 0.1, 2, 1)),
)
TRAININGS = {
    "classical": ROUNDS,
    "yolo": UPDATES,
    "toy": Training(seconds=1.5, history=(Validation(0.5, 0.1), Validation(1.0, 0.3))),
}
ENVIRONMENT = Environment(
    python="3.11",
    platform="Linux",
    libraries={"numpy": "2"},
    cpu="CPU",
    cores=2,
    threads={"opencv": 2, "tensorflow": None},
    memory_mb=1000.0,
    gpus=(),
    git_commit=None,
    git_changed=False,
)


def objects_of(random):
    corners = random.uniform(0, 70, (4, 2))
    sides = random.uniform(20, 45, (4, 2))
    boxes = np.hstack([corners, corners + sides])
    return Annotations(boxes, random.integers(0, len(CLASSES), 4), [False, False, False, True])


def answers_to(truth, random, spread):
    """Every object but the first, moved a little, and as many boxes of nothing."""
    moved = truth.boxes + random.normal(0, spread, truth.boxes.shape)
    moved[0] = 100, 100, 110, 110
    corners = random.uniform(0, 70, (4, 2))
    boxes = np.vstack([moved, np.hstack([corners, corners + 25])])
    scores = np.concatenate([random.uniform(0.3, 1, 4), random.uniform(0, 0.8, 4)])
    return Detections(boxes, scores, np.tile(truth.labels, 2))


def detector_metrics(name, quality):
    """Quality with times and a training, for a name in `CALLS`; without, for any other."""
    if name not in CALLS:
        return DetectorMetrics(quality=quality)
    calls = CALLS[name]
    return DetectorMetrics(
        quality=quality,
        latency_ms=Latency(
            p50=calls[1],
            p90=nan,
            p99=nan,
            mean=float(np.mean(calls)),
            samples=3,
            warm_up=1,
            first_call=40.0,
            stages={"network": 1.5, "nms": 0.5},
            calls=calls,
            device="CPU",
        ),
        throughput=Throughput(100.0, 120.0, 2, nan),
        training=TRAININGS[name],
        model=Model(parameters=1234, disk_mb=0.5),
        memory_mb=Memory(100.0, None, 90.0, None),
        calibration=ScoreCalibration(
            Calibration(1.5, 0.5, "fitted to toys & co"), Reliability(0.25, HALF_RIGHT)
        ),
    )


def toy_metrics(qualities, comparison, images=6, **more):
    """The metrics of a run with those qualities by name."""
    return Metrics(
        dataset=DatasetSummary(
            name="toys & <b>co</b>",
            format="toys",
            classes=CLASSES,
            splits={"test": SplitSize(images, 4 * images)},
            found="six toys",
            problems=("a.xml: <i>odd</i>",),
            problem_counts={"odd": 1},
            duplicates=Duplicates({}, 0, ()),
        ),
        environment=ENVIRONMENT,
        settings=RunSettings(),
        pipelines={name: detector_metrics(name, each) for name, each in qualities.items()},
        comparison=comparison,
        **more,
    )


def decision_of(truth, found, costs=None):
    """What detectors in `CALLS` cost where thresholds are chosen on these very images."""
    units, detectors, each_of = Units.of(len(truth)), {}, {}
    for name in found.keys() & CALLS.keys():
        judged = Judged.of(truth, found[name])
        threshold = chosen_threshold(truth, found[name], costs).threshold
        each = Mistakes(*judged.mistakes(threshold), seconds_of(CALLS[name], RESAMPLES, 0))
        detectors[name] = DetectorCosts(
            threshold,
            best_f1(truth, found[name]).threshold,
            trade_offs(judged),
            float(each.seconds[0]),
            cost_figures(each, units, 0, costs),
        )
        each_of[name] = each
    return Decision(
        costs, detectors, None, {} if costs is None else saved(each_of, units, 0, costs)
    )


def write_run(folder, names=("classical", "yolo"), images=6, costs=None):
    """Write a run, and its photographs below ``data``; return where they are, by name."""
    random = np.random.default_rng(0)
    truth = [objects_of(random) for _ in range(images)]
    # Evenly in size of spread, so that the later ones are worse.
    found = {
        name: [answers_to(each, random, 2 + 3 * place) for each in truth]
        for place, name in enumerate(names)
    }
    judged = {
        name: judge(
            EvaluationImages(truth, CLASSES), answers, chosen_threshold(truth, answers, costs)
        )
        for name, answers in found.items()
    }
    places, entries = {}, []
    for number in range(images):
        name = f"a folder/{number} <b>&amp;.png"
        places[name] = folder / "data" / name
        places[name].parent.mkdir(parents=True, exist_ok=True)
        pixels = random.integers(0, 256, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
        Image.fromarray(pixels).save(places[name])
        entries.append(CocoImage(number + 1, name, *SIZE))
    coco = ground_truth_to_coco(truth, CLASSES)
    write_ground_truth(folder, msgspec.structs.replace(coco, images=entries))
    for name, answers in found.items():
        write_detections(folder, name, answers)
    qualities = {name: each.quality for name, each in judged.items()}
    decision = decision_of(truth, found, costs)
    comparison = compared(judged, images)
    metrics = toy_metrics(qualities, comparison, images, decision=decision)
    write_metrics(folder / METRICS, metrics)
    return places


def axis(verdict="", **more):
    """The result of an axis."""
    given = {"question": "?", "answers": {}, "favours": "neither", "sureness": "", "cells": ()}
    return AxisResult(verdict=verdict, **{**given, **more})


def add_axes(folder, **verdicts):
    """Add axes to a run that was written: of each its verdict, or all of its result."""
    axes = {
        name: each if isinstance(each, AxisResult) else axis(each)
        for name, each in verdicts.items()
    }
    metrics = read_metrics(folder / METRICS)
    write_metrics(folder / METRICS, msgspec.structs.replace(metrics, axes=axes))
