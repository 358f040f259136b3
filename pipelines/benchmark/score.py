"""Score detections: those a run has saved, other tools' beside them, or such files alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datasets.annotations import Annotations, Dataset
from datasets.errors import UserError
from datasets.groups import group_numbers
from datasets.progress import Track
from pipelines.benchmark.decide import chosen_threshold, given_costs
from pipelines.benchmark.decisive import decisive_figures, on_new_images
from pipelines.benchmark.detect import DetectionStage
from pipelines.benchmark.ensemble import ensembles
from pipelines.detections import Detections
from pipelines.evaluation.coco_files.format import GroundTruthFile
from pipelines.evaluation.coco_files.misreading import misreading
from pipelines.evaluation.coco_files.results import read_ground_truth, read_rows
from pipelines.evaluation.coco_files.rows import as_detections
from pipelines.evaluation.matching import match, outcomes
from pipelines.evaluation.reliability import reliability
from pipelines.evaluation.report_card import (
    Evaluation,
    EvaluationImages,
    compared,
    judge,
    judge_trainings,
    one_figure,
)
from pipelines.evaluation.resampling import Resampled
from pipelines.evaluation.trainings import over_trainings
from pipelines.runs.data import keep_out_of_images
from pipelines.runs.detection_files import (
    read_detections,
    repeat_folder,
    split_truth,
    write_detections,
    write_ground_truth,
)
from pipelines.runs.folder import SPLIT_FOLDERS
from pipelines.runs.metrics import (
    METRICS,
    DatasetSummary,
    DecisiveFigures,
    DetectorMetrics,
    Metrics,
    ProposalShares,
    ScoreCalibration,
    SplitSize,
    write_metrics,
)
from pipelines.settings import NamedFile, RunSettings, ScoringSettings
from pipelines.system import runtime
from pipelines.system.files import check_output
from pipelines.system.output_lock import sole_writer
from pipelines.system.progress import CONSOLE, on_terminal


@dataclass(frozen=True, eq=False)
class Scored:
    """What scoring gives by detector: figures, detections in test images, what proposed them.

    ``calibrations`` and ``on_validation``, the decisive figure on the validation split, are of
    contenders only; ``on_new_images`` is that on the test images that look like none of train or
    val, None where all test images do.
    """

    evaluations: Mapping[str, Evaluation]
    detections: Mapping[str, Sequence[Detections]]
    proposals: Mapping[str, ProposalShares]
    calibrations: Mapping[str, ScoreCalibration]
    on_validation: DecisiveFigures | None
    on_new_images: DecisiveFigures | None

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

    They are put beside the truth; ``taken`` are names that are others' already.

    Raises:
        UserError: a file can't be used, or means something else than the ground truth.
    """
    detections: dict[str, list[Detections]] = {}
    notes = [*truth.notes]
    for each in named:
        name, path = each.name, Path(each.path)
        if name in detections or name in taken:
            raise UserError(f"--detections {name}={path}: that name is taken; give another")
        rows = read_rows(path, truth)
        meaning = misreading(rows, truth)
        if meaning is not None:
            raise UserError(f"{path}: seems to mean something else. Its {meaning}")
        notes += rows.notes
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

    ``stage`` is what detecting gave; ``outside`` other tools' detections of the test
    images. An ensemble's are saved as those of contenders.
    """
    truth = {
        split: [image.annotations for image in dataset.splits[split]] for split in SPLIT_FOLDERS
    }
    for split, place in SPLIT_FOLDERS.items():
        write_ground_truth(folder / place, split_truth(dataset, split))
    groups = {split: [image.group for image in dataset.splits[split]] for split in SPLIT_FOLDERS}
    of_run = dataset.classes, settings.seed
    images = EvaluationImages(truth["test"], *of_run, groups=groups["test"])
    evaluations: dict[str, Evaluation] = {}
    detections: dict[str, Sequence[Detections]] = dict(outside)
    proposals: dict[str, ProposalShares] = {}
    calibrations: dict[str, ScoreCalibration] = {}
    validation = EvaluationImages(truth["val"], *of_run, groups=groups["val"])
    on_validation: dict[str, Resampled] = {}
    figure, names = (
        settings.evaluation.figure,
        [*settings.pipelines, *ensembles(settings), *outside],
    )
    costs = given_costs(settings)
    trained: dict[str, Sequence[Sequence[Detections]]] = {n: [each] for n, each in outside.items()}
    for name in track(names, "scoring", len(names)):
        if name in outside:
            write_detections(folder, name, outside[name])
            evaluations[name] = judge(images, outside[name])
            continue
        places = [folder, *(repeat_folder(folder, seed) for seed in settings.further_seeds)]
        (val, *others_val), (test, *others) = (
            [read_detections(place / below, name, len(truth[split])) for place in places]
            for split, below in SPLIT_FOLDERS.items()
        )
        point = chosen_threshold(truth["val"], val, costs)
        there = [one_figure(validation, each, figure) for each in (val, *others_val)]
        on_validation[name] = over_trainings(there, settings.seed, name)
        evaluations[name] = judge(images, test, point, stage.reaches.get(name))
        if others:
            evaluations[name] = judge_trainings(images, evaluations[name], others, name)
        detections[name], trained[name] = test, [test, *others]
        if name in stage.from_grabcut:
            flags = stage.from_grabcut[name]
            proposals[name] = grabcut_share(truth["test"], test, point.threshold, flags)
        if name in stage.calibrations:
            fitted = stage.calibrations[name]
            scores, right = outcomes(truth["test"], test)
            before = reliability(fitted.undone(scores), right)
            calibrations[name] = ScoreCalibration(fitted, before)
    found = {name: detections[name] for name in names}
    return Scored(
        evaluations,
        found,
        proposals,
        calibrations,
        decisive_figures(on_validation, len(truth["val"])) if on_validation else None,
        on_new_images(images, trained, dataset, figure),
    )


def grabcut_share(
    truth: Sequence[Annotations],
    detections: Sequence[Detections],
    threshold: float,
    from_grabcut: Sequence[Sequence[bool]],
) -> ProposalShares:
    """Return what GrabCut contributed: its share of the true positives, nan without any."""
    right = cut = 0
    for objects, each, flags in zip(truth, detections, from_grabcut, strict=True):
        shown = each.above(threshold)
        hits = match(objects, shown).true_positive
        right += int(hits.sum())
        cut += int((hits & np.array(flags[: len(shown)], bool)).sum())
    return ProposalShares(cut / right if right else float("nan"))


def compare_files(settings: ScoringSettings, output: Path, *, overwrite: bool) -> Metrics:
    """Write ``metrics.json`` into the folder and return what it holds.

    Raises:
        UserError: a file, a setting or the folder can't be used.
    """
    truth = read_ground_truth(Path(settings.ground_truth))
    keep_out_of_images(output, Path(settings.ground_truth), truth.image_names)
    with sole_writer(output):
        check_output(output / METRICS, METRICS, Path.is_file, overwrite=overwrite)
        metrics = _of_files(settings, truth)
        write_metrics(output / METRICS, metrics)
    return metrics


def _of_files(settings: ScoringSettings, truth: GroundTruthFile) -> Metrics:
    """Return all figures of files of detections."""
    detections, notes = outside_detections(settings.detections, truth)
    for note in notes:
        CONSOLE.print_line(f"note: {note}")
    choices = truth.areas, settings.iou, settings.inclusive_pixels, truth.groups
    images = EvaluationImages(truth.annotations, truth.classes, settings.seed, *choices)
    evaluations = {
        name: judge(images, each)
        for name, each in on_terminal(detections.items(), "scoring", len(detections))
    }
    boxes, groups = sum(map(len, truth.annotations)), len({*group_numbers(truth.groups)})
    size = SplitSize(len(truth.image_ids), boxes, groups)
    return Metrics(
        dataset=DatasetSummary(
            name=Path(settings.ground_truth).stem,
            format="coco",
            classes=truth.classes,
            splits={"test": size},
            problems=tuple(notes),
        ),
        environment=runtime.environment(),
        scoring=settings,
        pipelines={n: DetectorMetrics(quality=each.quality) for n, each in evaluations.items()},
        comparison=compared(evaluations, len(truth.image_ids)),
    )
