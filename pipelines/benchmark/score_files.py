"""Score detections that other tools have written, as the main job scores its own."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from msgspec import Meta
from rich.console import Console

from datasets.checked_settings import Checked
from pipelines.benchmark.score import MEASURED_HERE, outside_detections
from pipelines.evaluation.coco_files.results import read_ground_truth
from pipelines.evaluation.report_card import EvaluationImages, compared, judge
from pipelines.evaluation.undefined import plain
from pipelines.runs.folder import METRICS, SCHEMA_VERSION
from pipelines.settings import MOST_SEED, NamedFile
from pipelines.system import runtime
from pipelines.system.files import check_output, write_json
from pipelines.system.progress import on_terminal

CONSOLE = Console(stderr=True, highlight=False)


@dataclass(frozen=True)
class FileSettings(Checked):
    """What is scored and how.

    Attributes:
        ground_truth: a COCO file.
        detections: what is scored, by name.
        iou: one more IoU to give mAP at, None for COCO's only.
        inclusive_pixels: boxes end with their last pixel.
        seed: of the resamples.
    """

    PREFIX: ClassVar[str] = "--"

    ground_truth: str
    detections: tuple[NamedFile, ...]
    iou: Annotated[float, Meta(gt=0, le=1)] | None = None
    inclusive_pixels: bool = False
    seed: Annotated[int, Meta(ge=0, le=MOST_SEED)] = 0


def compare_files(settings: FileSettings, output: Path, *, overwrite: bool) -> dict[str, Any]:
    """Write ``metrics.json`` into the folder and return what it holds.

    Raises:
        UserError: a file, a setting or the folder can't be used.
    """
    check_output(output / METRICS, METRICS, Path.is_file, overwrite=overwrite)
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
    write_json(output / METRICS, metrics)
    return metrics
