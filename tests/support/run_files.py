"""Finished runs made by hand: ground truth, detections and the figures that come of them."""

import numpy as np

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.coco_files.format import detections_to_coco, ground_truth_to_coco
from pipelines.evaluation.report_card import EvaluationImages, judge
from pipelines.evaluation.undefined import plain
from pipelines.system.files import write_json


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


def write_run(folder, detectors, objects=None, settings=None, classes=("cat", "dog")):
    """Write a run whose detectors, by name, have those detections."""
    objects = truth() if objects is None else objects
    (folder / "detections").mkdir(parents=True)
    coco = plain(ground_truth_to_coco(objects, classes))
    coco["images"] = [{"id": n, "file_name": f"{n}.jpg"} for n in range(1, len(objects) + 1)]
    write_json(folder / "ground_truth.json", coco)
    pipelines = {}
    for name, detections in detectors.items():
        write_json(folder / "detections" / f"{name}.json", plain(detections_to_coco(detections)))
        quality = plain(judge(EvaluationImages(objects, classes), detections).quality)
        latency = {"p50": 100.0, "p90": None, "p99": None, "first_call": None}
        pipelines[name] = {"quality": quality, "latency_ms": latency}
    write_json(
        folder / "metrics.json",
        {
            "schema_version": 1,
            "dataset": {"name": "mine", "classes": list(classes), "split_sha256": "ab"},
            "environment": {"cpu": "a processor", "libraries": {"numpy": "2"}},
            "settings": settings or {"seed": 0, "yolo": {"updates": 100}},
            "pipelines": pipelines,
        },
    )
    return folder
