"""A finished run as small as can be, with names that would break a careless page."""

import json
from dataclasses import asdict

import numpy as np
from PIL import Image

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.coco_files.format import detections_to_coco, ground_truth_to_coco
from pipelines.evaluation.report_card import EvaluationImages, compared, judge
from pipelines.evaluation.undefined import plain
from pipelines.settings import RunSettings

CLASSES = ("</script><img src=x onerror=alert(1)>", "<script>document.title='taken'</script>", "猫")
SIZE = 160, 120  # width and height
CALLS = {"classical": [8.0, 9.0, 30.0], "yolo": [2.0, 2.5, 3.0]}


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


def measured(name):
    calls = CALLS.get(name)
    if calls is None:
        return dict.fromkeys(("latency_ms", "throughput", "training", "model", "memory_mb"))
    training = {"images": 7, "boxes": 9, "seconds": 4.5}
    if name == "classical":
        mined = {"objects": 5, "background": 50, "mined": 20, "validation": 0.4, "kept": True}
        training["rounds"] = [{"round": 0, **mined, "kept": False}, {"round": 1, **mined}]
    else:
        training["updates"], training["flips"] = 30, ["horizontal"]
        training["losses"] = {"updates_a_point": 10, "classes": [3, 2, 1], "boxes": [1, 0.6, 0.5]}
        training["history"] = [
            {"update": 20, "loss_classes": 2, "loss_boxes": 1, "validation": 0.2},
            {"update": 30, "loss_classes": 2, "loss_boxes": 1, "validation": None},
        ]
    return {
        "latency_ms": {
            **{"p50": calls[1], "p90": None, "p99": None, "mean": float(np.mean(calls))},
            **{"samples": 3, "warm_up": 1, "first_call": 40.0, "calls": calls, "device": "CPU"},
            "stages": {"network": 1.5, "nms": 0.5},
        },
        "throughput": {"batch_1": 100.0, "best": 120.0, "best_batch": 2, "joules_per_image": None},
        "training": training,
        "model": {"parameters": 1234, "multiply_adds": None, "disk_mb": 0.5},
        "memory_mb": {"peak_rss": 100.0, "peak_gpu": None},
    }


def write_run(folder, names=("classical", "yolo"), images=6):
    """Write a run, and its photographs below ``data``; return where they are, by name."""
    random = np.random.default_rng(0)
    truth = [objects_of(random) for _ in range(images)]
    # Evenly in size of spread, so that the later ones are worse.
    found = {
        name: [answers_to(each, random, 2 + 3 * place) for each in truth]
        for place, name in enumerate(names)
    }
    judged = {
        name: judge(EvaluationImages(truth, CLASSES), answers) for name, answers in found.items()
    }
    (folder / "detections").mkdir(parents=True)
    places, entries = {}, []
    for number in range(images):
        name = f"a folder/{number} <b>&amp;.png"
        places[name] = folder / "data" / name
        places[name].parent.mkdir(parents=True, exist_ok=True)
        pixels = random.integers(0, 256, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
        Image.fromarray(pixels).save(places[name])
        entries.append({"id": number + 1, "file_name": name, "width": SIZE[0], "height": SIZE[1]})
    coco = {**plain(ground_truth_to_coco(truth, CLASSES)), "images": entries}
    (folder / "ground_truth.json").write_text(json.dumps(coco))
    for name, answers in found.items():
        path = folder / "detections" / f"{name}.json"
        path.write_text(json.dumps(plain(detections_to_coco(answers))))
    metrics = {
        "schema_version": 1,
        "dataset": {
            "name": "toys & <b>co</b>",
            "classes": list(CLASSES),
            "splits": {"test": {"images": images, "boxes": 4 * images}},
            "found": "six toys",
            "problems": ["a.xml: <i>odd</i>"],
            "problem_counts": {"odd": 1},
            "duplicates": {"pairs": [], "across_splits": {}, "left_out_of_test": 0},
        },
        "environment": {
            **{"python": "3.11", "platform": "Linux", "libraries": {"numpy": "2"}, "cpu": "CPU"},
            **{"cores": 2, "threads": {"opencv": 2, "tensorflow": None}, "memory_mb": 1000.0},
            **{"gpus": [], "git_commit": None, "git_changed": False},
        },
        "settings": asdict(RunSettings()),
        "pipelines": {
            name: {"quality": plain(each.quality), **measured(name)}
            for name, each in judged.items()
        },
        "comparison": plain(compared(judged, images)),
    }
    (folder / "metrics.json").write_text(json.dumps(metrics))
    return places
