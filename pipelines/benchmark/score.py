"""Score the saved detections: every pipeline's, and those of other tools, on the same images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from datasets.annotations import Annotations, Dataset
from datasets.errors import UserError
from datasets.progress import Track
from pipelines.benchmark.detect import FOLDERS
from pipelines.detections import Detections
from pipelines.evaluation.coco_files.format import (
    decode_detections,
    detections_from_coco,
    detections_to_coco,
    ground_truth_to_coco,
    with_files,
)
from pipelines.evaluation.coco_files.misreading import misreading
from pipelines.evaluation.coco_files.results import (
    GroundTruthFile,
    as_detections,
    ground_truth_file,
    read_rows,
)
from pipelines.evaluation.lost_objects import Reach
from pipelines.evaluation.matching import match
from pipelines.evaluation.operating_point import best_f1
from pipelines.evaluation.report_card import Evaluation, EvaluationImages, compared, judge
from pipelines.evaluation.undefined import convert, plain
from pipelines.settings import NamedFile, RunSettings
from pipelines.system.files import write_json

# What only a pipeline trained and timed here has.
MEASURED_HERE = ("latency_ms", "throughput", "training", "model", "memory_mb")


@dataclass(frozen=True, eq=False)
class Scored:
    """What scoring gives.

    Attributes:
        quality: by pipeline, as ``metrics.json`` has it.
        detections: on the test images, by pipeline.
        thresholds: operating points, by pipeline.
        comparison: paired differences.
    """

    quality: Mapping[str, dict[str, Any]]
    detections: Mapping[str, list[Detections]]
    thresholds: Mapping[str, float]
    comparison: dict[str, Any]


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
    made: dict[str, list[Detections]] = {}
    notes = []
    for each in named:
        name, path = each.name, Path(each.path)
        if name in made or name in taken:
            raise UserError(f"--detections {name}={path}: that name is taken; give another")
        rows = read_rows(path, truth)
        meant = misreading(rows, truth)
        if meant is not None:
            raise UserError(f"{path}: seems to say something else. Its {meant}")
        made[name] = as_detections(rows, len(truth.image_ids))
        bare = sum(not len(found) for found in made[name])
        if bare:
            notes.append(f"{path}: has no detection in {bare} of {len(truth.image_ids)} images")
    return made, notes


def truth_of(dataset: Dataset) -> GroundTruthFile:
    """Return the test split as the ``ground_truth.json`` of a run has it."""
    images = dataset.splits["test"]
    coco = ground_truth_to_coco([image.annotations for image in images], dataset.classes)
    return ground_truth_file(with_files(coco, images), "ground_truth.json")


def score_saved(
    dataset: Dataset,
    settings: RunSettings,
    folder: Path,
    reaches: Mapping[str, Sequence[Mapping[str, Any]]],
    outside: Mapping[str, list[Detections]],
    track: Track,
) -> Scored:
    """Return all figures of the detections a run has saved, and save the ground truth with them.

    Args:
        dataset: the checked set.
        settings: of the run.
        folder: the run's working folder.
        reaches: by pipeline and test image, what each stage offered, as JSON has it.
        outside: other tools' detections of the test images, by name.
        track: watches the pipelines.
    """
    truth = _write_ground_truth(dataset, folder)
    images = EvaluationImages(truth["test"], dataset.classes, settings.seed)
    judged: dict[str, Evaluation] = {}
    found: dict[str, list[Detections]] = {}
    names = [*settings.pipelines, *outside]
    for name in track(names, "scoring", len(names)):
        if name in outside:
            found[name] = outside[name]
            write_json(
                folder / "detections" / f"{name}.json", plain(detections_to_coco(found[name]))
            )
            judged[name] = judge(images, found[name])
            continue
        answers = {
            split: _saved(folder / place, name, truth[split]) for split, place in FOLDERS.items()
        }
        found[name] = answers["test"]
        offered = convert(reaches.get(name, ()), list[dict[str, Reach]])
        point = best_f1(truth["val"], answers["val"])
        judged[name] = judge(images, found[name], point, offered or None)
    return Scored(
        quality={name: plain(each.quality) for name, each in judged.items()},
        detections=found,
        thresholds={name: each.quality.operating_point.threshold for name, each in judged.items()},
        comparison=plain(compared(judged, len(truth["test"]))),
    )


def grabcut_share(
    truth: Sequence[Annotations],
    found: Sequence[Detections],
    threshold: float,
    from_grabcut: Sequence[Sequence[bool]] | None,
) -> dict[str, Any]:
    """Return what GrabCut brought: its share of the true positives at the operating point."""
    if from_grabcut is None:
        return {}
    right = cut = 0
    for objects, detections, sources in zip(truth, found, from_grabcut, strict=True):
        shown = detections.above(threshold)
        hits = match(objects, shown).true_positive
        right += int(hits.sum())
        cut += int((hits & np.array(sources[: len(shown)], bool)).sum())
    return {"proposals": {"grabcut_share": cut / right if right else None}}


def _write_ground_truth(dataset: Dataset, folder: Path) -> dict[str, list[Annotations]]:
    truth = {}
    for split, place in FOLDERS.items():
        images = dataset.splits[split]
        truth[split] = [image.annotations for image in images]
        coco = with_files(ground_truth_to_coco(truth[split], dataset.classes), images)
        write_json(folder / place / "ground_truth.json", plain(coco))
    return truth


def _saved(folder: Path, name: str, truth: Sequence[Annotations]) -> list[Detections]:
    path = folder / "detections" / f"{name}.json"
    return detections_from_coco(decode_detections(path.read_bytes()), len(truth))
