"""Score detections that other tools have written, as the main job scores its own."""

from __future__ import annotations

from pathlib import Path

from pipelines.benchmark.score import outside_detections
from pipelines.evaluation.coco_files.results import read_ground_truth
from pipelines.evaluation.report_card import EvaluationImages, compared, judge
from pipelines.runs.metrics import (
    METRICS,
    DatasetSummary,
    DetectorMetrics,
    Metrics,
    SplitSize,
    write_metrics,
)
from pipelines.settings import ScoringSettings
from pipelines.system import runtime
from pipelines.system.files import check_output
from pipelines.system.progress import CONSOLE, on_terminal


def compare_files(settings: ScoringSettings, output: Path, *, overwrite: bool) -> Metrics:
    """Write ``metrics.json`` into the folder and return what it holds.

    Raises:
        UserError: a file, a setting or the folder can't be used.
    """
    check_output(output / METRICS, METRICS, Path.is_file, overwrite=overwrite)
    truth = read_ground_truth(Path(settings.ground_truth))
    detections, notes = outside_detections(settings.detections, truth)
    for note in notes:
        CONSOLE.print(f"note: {note}", markup=False)
    images = EvaluationImages(
        truth.annotations,
        truth.classes,
        settings.seed,
        truth.areas,
        settings.iou,
        settings.inclusive_pixels,
    )
    evaluations = {
        name: judge(images, each)
        for name, each in on_terminal(detections.items(), "scoring", len(detections))
    }
    size = SplitSize(len(truth.image_ids), sum(len(each) for each in truth.annotations))
    metrics = Metrics(
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
    write_metrics(output / METRICS, metrics)
    return metrics
