"""Score the saved detections: every contender's, and those of other tools, on the same images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datasets.annotations import Annotations, Dataset
from datasets.errors import UserError
from datasets.progress import Track
from pipelines.benchmark.detect import DetectionStage
from pipelines.detections import Detections
from pipelines.evaluation.coco_files.format import GroundTruthFile
from pipelines.evaluation.coco_files.misreading import misreading
from pipelines.evaluation.coco_files.results import as_detections, read_rows
from pipelines.evaluation.matching import match
from pipelines.evaluation.operating_point import best_f1
from pipelines.evaluation.report_card import Evaluation, EvaluationImages, judge
from pipelines.runs.detection_files import (
    read_detections,
    split_truth,
    write_detections,
    write_ground_truth,
)
from pipelines.runs.folder import SPLIT_FOLDERS
from pipelines.runs.metrics import Proposals
from pipelines.settings import NamedFile, RunSettings


@dataclass(frozen=True, eq=False)
class Scored:
    """What scoring gives, by detector.

    Attributes:
        evaluations: all figures.
        detections: on the test images.
        proposals: what proposed them, where a detector knows.
    """

    evaluations: Mapping[str, Evaluation]
    detections: Mapping[str, Sequence[Detections]]
    proposals: Mapping[str, Proposals]

    @property
    def thresholds(self) -> dict[str, float]:
        """The operating points."""
        return {
            name: each.quality.operating_point.threshold for name, each in self.evaluations.items()
        }


def outside_detections(
    named: Sequence[NamedFile], truth: GroundTruthFile, taken: Sequence[str] = ()
) -> tuple[dict[str, list[Detections]], list[str]]:
    """Return other tools' detections by name, and notes on them for the user.

    Args:
        named: their names and files.
        truth: what they are put beside.
        taken: names that are others' already.

    Raises:
        UserError: a file can't be used, or means something else than the ground truth.
    """
    detections: dict[str, list[Detections]] = {}
    notes = []
    for each in named:
        name, path = each.name, Path(each.path)
        if name in detections or name in taken:
            raise UserError(f"--detections {name}={path}: that name is taken; give another")
        rows = read_rows(path, truth)
        meaning = misreading(rows, truth)
        if meaning is not None:
            raise UserError(f"{path}: seems to mean something else. Its {meaning}")
        detections[name] = as_detections(rows, len(truth.image_ids))
        bare = sum(not len(each) for each in detections[name])
        if bare:
            notes.append(f"{path}: has no detection in {bare} of {len(truth.image_ids)} images")
    return detections, notes


def score_saved(
    dataset: Dataset,
    settings: RunSettings,
    folder: Path,
    stage: DetectionStage,
    outside: Mapping[str, Sequence[Detections]],
    track: Track,
) -> Scored:
    """Return all figures of the detections a run has saved, and save the ground truth with them.

    Args:
        dataset: the checked set.
        settings: of the run.
        folder: the run's working folder.
        stage: what detecting gave.
        outside: other tools' detections of the test images, by name.
        track: watches the detectors.
    """
    truth = {
        split: [image.annotations for image in dataset.splits[split]] for split in SPLIT_FOLDERS
    }
    for split, place in SPLIT_FOLDERS.items():
        write_ground_truth(folder / place, split_truth(dataset, split))
    images = EvaluationImages(truth["test"], dataset.classes, settings.seed)
    evaluations: dict[str, Evaluation] = {}
    detections: dict[str, Sequence[Detections]] = dict(outside)
    proposals: dict[str, Proposals] = {}
    names = [*settings.pipelines, *outside]
    for name in track(names, "scoring", len(names)):
        if name in outside:
            write_detections(folder, name, outside[name])
            evaluations[name] = judge(images, outside[name])
            continue
        val, test = (
            read_detections(folder / place, name, len(truth[split]))
            for split, place in SPLIT_FOLDERS.items()
        )
        point = best_f1(truth["val"], val)
        evaluations[name] = judge(images, test, point, stage.reaches.get(name))
        detections[name] = test
        if name in stage.from_grabcut:
            flags = stage.from_grabcut[name]
            proposals[name] = grabcut_share(truth["test"], test, point.threshold, flags)
    return Scored(evaluations, {name: detections[name] for name in names}, proposals)


def grabcut_share(
    truth: Sequence[Annotations],
    detections: Sequence[Detections],
    threshold: float,
    from_grabcut: Sequence[Sequence[bool]],
) -> Proposals:
    """Return what GrabCut contributed: its share of the true positives, nan without any."""
    right = cut = 0
    for objects, each, flags in zip(truth, detections, from_grabcut, strict=True):
        shown = each.above(threshold)
        hits = match(objects, shown).true_positive
        right += int(hits.sum())
        cut += int((hits & np.array(flags[: len(shown)], bool)).sum())
    return Proposals(cut / right if right else float("nan"))
