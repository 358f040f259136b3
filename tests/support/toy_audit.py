"""A run of a small labelled set on disk, and an audit made by hand: every kind, two splits."""

from types import SimpleNamespace
from xml.sax.saxutils import escape

import msgspec
import numpy as np
from toy_run import ENVIRONMENT, detector_metrics
from voc_files import write_image, write_xml

from datasets.settings import DatasetSettings
from pipelines.audit.suspicion import Audit, Suspicion
from pipelines.detections import Detections
from pipelines.evaluation.report_card import EvaluationImages, compared, judge
from pipelines.runs.data import read_checked, summary_of
from pipelines.runs.detection_files import (
    repeat_folder,
    split_truth,
    write_detections,
    write_ground_truth,
)
from pipelines.runs.finished import open_run
from pipelines.runs.metrics import METRICS, Metrics, write_metrics
from pipelines.settings import RunSettings

ODD = "<script>document.title='taken'</script>"  # a class: it comes first
SIZE = 160, 120
IMAGES = 30
NAMES = ("classical", "yolo")
SETTINGS = DatasetSettings(split="40/20/40")


def write_labelled(folder, images=IMAGES):
    """A set in Pascal VOC without splits: each image has two cats and an odd one."""
    random = np.random.default_rng(3)
    for number in range(images):
        stem = f"{number:02} <b>&amp;"
        write_image(folder / f"{stem}.png", SIZE, seed=number)
        objects = []
        for place, name in enumerate(("cat", "cat", escape(ODD))):
            left, top = random.integers(2, 12, 2) + np.array([50 * place, 10])
            width, height = random.integers(24, 34, 2)
            objects.append((name, (left, top, left + width, top + height)))
        write_xml(folder / f"{stem}.xml", objects, SIZE, image=f"{escape(stem)}.png")
    return folder


def answers(truth, random, spread):
    """Every object but some, moved a little, and a box of nothing that scores low."""
    seen = random.random(len(truth)) > 0.1
    boxes = truth.boxes[seen] + random.normal(0, spread, (int(seen.sum()), 4))
    boxes = np.vstack([boxes, [[120, 90, 150, 115]]])
    scores = [*random.uniform(0.5, 0.95, int(seen.sum())), 0.2]
    return Detections(boxes, scores, [*truth.labels[seen].tolist(), 0])


def suspicion(kind, split, number, image, probability=0.9, *, object=None, to=None, seen=None):
    """A suspicion of a label of an image, or of a box in it without one."""
    truth = image.annotations
    return Suspicion(
        id=f"{kind}-{split}-{number}",
        kind=kind,
        split=split,
        image=number,
        file=image.name,
        object=object,
        label_box=None if object is None else tuple(truth.boxes[object].tolist()),
        label=None if object is None else int(truth.labels[object]),
        proposed_box=to,
        proposed=seen,
        scores={"classical": 0.91, "yolo": 0.83} if object is None else {"yolo": 0.7},
        probability=probability,
    )


def moved(image, object, by=6.0):
    return tuple((image.annotations.boxes[object] + by).tolist())


def suspicions(dataset):
    """One of each kind, the likeliest first, and one of validation."""
    test, val = dataset.splits["test"], dataset.splits["val"]
    return (
        suspicion("missing", "test", 0, test[0], 0.97, to=(20.0, 70.0, 50.0, 100.0), seen=1),
        suspicion("wrong_class", "test", 1, test[1], 0.9, object=0, seen=0),
        suspicion("badly_placed", "test", 2, test[2], 0.8, object=1, to=moved(test[2], 1), seen=1),
        suspicion("nothing_there", "test", 3, test[3], 0.7, object=2),
        suspicion("doubled", "val", 0, val[0], 0.6, object=0),
        suspicion("missing", "val", 1, val[1], 0.5, to=(30.5, 80.25, 70.0, 110.0), seen=0),
    )


def found_in(dataset, names=NAMES, seed=0):
    """Detections by contender, by split; what is suspected of test is what they see there."""
    random = np.random.default_rng(seed)
    found = {
        name: {
            split: [
                answers(image.annotations, random, 1 + place) for image in dataset.splits[split]
            ]
            for split in ("val", "test")
        }
        for place, name in enumerate(names)
    }
    for each in suspicions(dataset):
        if each.kind == "missing" and each.split == "test":
            for of_split in found.values():
                old = of_split["test"][each.image]
                of_split["test"][each.image] = Detections(
                    [*old.boxes, np.add(each.proposed_box, [1, -1, 1, 0])],
                    [*old.scores, 0.96],
                    [*old.labels, each.proposed],
                )
    return found


def audit_of(dataset, split_sha256, given):
    return Audit(
        dataset="toys & <b>co</b>",
        classes=dataset.classes,
        split_sha256=split_sha256,
        contenders=NAMES,
        images={split: len(dataset.splits[split]) for split in ("val", "test")},
        folds=0,
        suspicions=tuple(given),
        alike_classes=((0, 1, 0.25),),
    )


def write_audit(folder, audit):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "audit.json").write_bytes(msgspec.json.encode(audit))


def audited(folder, trainings=1):
    """A set, a run of it that may have several trainings, and its audit, written below a folder."""
    data, run = write_labelled(folder / "set"), folder / "run"
    settings = RunSettings(dataset=str(data), pipelines=NAMES, data=SETTINGS, repeats=trainings)
    dataset = read_checked(settings)
    every = [found_in(dataset, seed=seed) for seed in range(trainings)]
    test = dataset.splits["test"]
    images = EvaluationImages(
        [image.annotations for image in test],
        dataset.classes,
        settings.seed,
        groups=[image.group for image in test],
    )
    judged = {name: judge(images, of_split["test"]) for name, of_split in every[0].items()}
    metrics = Metrics(
        dataset=summary_of(dataset),
        environment=ENVIRONMENT,
        settings=settings,
        pipelines={name: detector_metrics(name, each.quality) for name, each in judged.items()},
        comparison=compared(judged, len(test)),
    )
    write_ground_truth(run, split_truth(dataset, "test"))
    for seed, found in enumerate(every):
        for name, of_split in found.items():
            place = run if seed == 0 else repeat_folder(run, seed)
            write_detections(place, name, of_split["test"])
    write_metrics(run / METRICS, metrics)
    audit = audit_of(dataset, metrics.dataset.split_sha256, suspicions(dataset))
    write_audit(run / "audit", audit)
    return SimpleNamespace(
        data=data, run=open_run(run), dataset=dataset, audit=audit, found=every[0]
    )
