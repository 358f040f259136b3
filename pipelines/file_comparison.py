"""Score detections that other tools have written, as the main job scores its own."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from pipelines import runtime
from pipelines.evaluation.outside import OutsideFileError, read_ground_truth
from pipelines.evaluation.report_card import EvaluationImages, compared, judge
from pipelines.evaluation.undefined import plain
from pipelines.progress import on_terminal
from pipelines.run_folder import METRICS, SCHEMA_VERSION, RunFolderError, write_json
from pipelines.scoring_stage import MEASURED_HERE, outside_detections

CONSOLE = Console(stderr=True, highlight=False)


@dataclass(frozen=True)
class FileSettings:
    """What is scored and how.

    Attributes:
        ground_truth: a COCO file.
        detections: each as ``name=det.json``.
        iou: one more IoU to give mAP at, None for COCO's only.
        inclusive_pixels: boxes end with their last pixel.
        seed: of the resamples.
    """

    ground_truth: str
    detections: tuple[str, ...]
    iou: float | None = None
    inclusive_pixels: bool = False
    seed: int = 0


def compare_files(settings: FileSettings, output: Path, *, overwrite: bool) -> dict[str, Any]:
    """Write ``metrics.json`` into the folder and return what it holds.

    Raises:
        OutsideFileError: a file or a setting can't be used.
        RunFolderError: the folder can't be used.
    """
    if settings.iou is not None and not 0 < settings.iou <= 1:
        raise OutsideFileError(f"--iou must be more than 0 and at most 1, not {settings.iou:g}")
    if settings.seed < 0:
        raise OutsideFileError("--seed must be 0 or more")
    if (output / METRICS).exists() and not overwrite:
        raise RunFolderError(f"{output}: already holds a {METRICS}; give --overwrite or another")
    truth = read_ground_truth(Path(settings.ground_truth))
    found, notes = outside_detections(settings.detections, truth)
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
    judged = {
        name: judge(images, found[name]) for name in on_terminal(found, "scoring", len(found))
    }
    metrics = {
        "schema_version": SCHEMA_VERSION,
        "dataset": {
            "name": Path(settings.ground_truth).stem,
            "format": "coco",
            "classes": list(truth.classes),
            "splits": {
                "test": {
                    "images": len(truth.image_ids),
                    "boxes": sum(len(each) for each in truth.annotations),
                }
            },
            "problems": notes,
        },
        "environment": runtime.environment(),
        "settings": asdict(settings),
        "pipelines": {
            name: {"quality": plain(each.quality), **dict.fromkeys(MEASURED_HERE)}
            for name, each in judged.items()
        },
        "comparison": plain(compared(judged, len(truth.image_ids))),
    }
    try:
        output.mkdir(parents=True, exist_ok=True)
        write_json(output / METRICS, metrics)
    except OSError as error:
        raise RunFolderError(f"{output}: can't be written ({error.strerror})") from error
    return metrics
