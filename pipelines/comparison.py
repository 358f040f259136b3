"""The main job: the same images through every pipeline, one evaluator, one folder of results.

Reading, training, detection and timing, scoring, drawing: one after the other, each finished step
kept so that a run that was cut off goes on behind it. Only this file writes ``metrics.json``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from datasets.annotations import SPLITS, Annotations, Dataset
from datasets.checking import without_broken_images
from datasets.class_names import judged_where_learnt
from datasets.duplicates import by_split_pair
from datasets.problems import counts, summary
from datasets.reading import read_dataset
from datasets.splits import limited, split_sha256
from datasets.tfds import PREFIX as TFDS
from datasets.tfds import stored_folder
from pipelines import runtime
from pipelines.detection_stage import FOLDERS, detect_and_time
from pipelines.detections import Detections
from pipelines.evaluation.coco_json import (
    detections_from_coco,
    ground_truth_to_coco,
    with_files,
)
from pipelines.evaluation.figures import plain
from pipelines.evaluation.matching import match
from pipelines.evaluation.operating_point import best_f1
from pipelines.evaluation.quality import score
from pipelines.isolation import in_own_process
from pipelines.progress import on_terminal
from pipelines.report.pictures import write_pictures
from pipelines.run_folder import METRICS, RunFolder, RunFolderError, write_json
from pipelines.settings import RunSettings, to_json
from pipelines.training_stage import train

SCHEMA_VERSION = 1
LISTED_PROBLEMS = 12  # lines on the terminal; metrics.json has all of them, one by one
CONSOLE = Console(stderr=True, highlight=False)


def default_output(settings: RunSettings) -> Path:
    """Return ``runs/<dataset name>`` below the current folder."""
    if settings.dataset.startswith(TFDS):
        return Path("runs") / settings.dataset.removeprefix(TFDS).replace("/", "-")
    return Path("runs") / (Path(settings.dataset).resolve().name or "dataset")


def compare(
    settings: RunSettings, output: Path, *, overwrite: bool = False, resume: bool = False
) -> dict[str, Any]:
    """Run the whole comparison into ``output`` and return what its ``metrics.json`` holds.

    Raises:
        DatasetError: the data can't be used.
        DeviceError: there is no such device.
        TrainingError: a pipeline can't be trained on this data.
        RunFolderError: the folder can't be used.
        ProcessDiedError: a step was killed.
    """
    folder = RunFolder(output)
    if resume and folder.is_whole and not folder.partial.exists():
        CONSOLE.print(f"{output}: this run is whole, nothing is left to do")
        metrics: dict[str, Any] = json.loads((output / METRICS).read_text(encoding="utf-8"))
        return metrics
    if settings.device == "gpu":
        in_own_process(_check_device, settings.device)
    dataset = _dataset(settings)
    keep_out_of_data(output, settings)
    data = _describe(dataset)
    chosen = {"settings": to_json(settings), "split_sha256": data["split_sha256"]}
    folder.open(chosen, overwrite=overwrite, resume=resume)
    trained = {
        name: folder.stage(
            f"train-{name}",
            partial(
                in_own_process, train, name, dataset, settings, folder.partial / "models" / name
            ),
        )
        for name in settings.pipelines
    }
    detected = folder.stage(
        "detect", partial(in_own_process, detect_and_time, dataset, settings, folder.partial)
    )
    truth = [image.annotations for image in dataset.splits["test"]]
    judged, found = _judge(dataset, settings, folder.partial)
    thresholds = {name: judged[name]["operating_point"]["threshold"] for name in judged}
    write_pictures(
        dataset.splits["test"][: settings.annotate],
        {name: found[name][: settings.annotate] for name in found},
        dataset.classes,
        thresholds,
        folder.partial / "annotated",
        on_terminal,
    )
    metrics = {
        "schema_version": SCHEMA_VERSION,
        "dataset": data,
        "environment": runtime.environment(),
        "settings": to_json(settings),
        "pipelines": {
            name: {
                "quality": judged[name],
                "latency_ms": detected["latency_ms"][name],
                **trained[name],
                **_proposals(
                    truth, found[name], thresholds[name], detected["from_grabcut"].get(name)
                ),
            }
            for name in settings.pipelines
        },
    }
    metrics["comparison"] = _differences(metrics["pipelines"])
    write_json(folder.partial / METRICS, metrics)
    folder.finish()
    return metrics


def _check_device(wish: str) -> None:
    runtime.choose_device(wish)


def _dataset(settings: RunSettings) -> Dataset:
    """Return the set, read, checked and cut to ``--limit``, having said what was found."""
    path = dataset_folder(settings.dataset)
    dataset = read_dataset(path, settings.format, on_terminal, settings.data)
    CONSOLE.print(f"[bold]{dataset.name}[/bold]: {dataset.found}")
    if settings.limit is not None:
        dataset = limited(dataset, settings.limit, settings.seed)
    dataset = without_broken_images(dataset, on_terminal, jobs=runtime.usable_cores())
    split_counts = ", ".join(f"{len(dataset.splits[split])} {split}" for split in SPLITS)
    CONSOLE.print(
        f"  {split_counts} images, {len(dataset.classes)} classes ({', '.join(dataset.classes)})",
        markup=False,
    )
    lines = summary(dataset.problems)
    for line in lines[:LISTED_PROBLEMS]:
        CONSOLE.print(f"  note: {line}", markup=False, soft_wrap=True)
    if len(lines) < len(dataset.problems) or len(lines) > LISTED_PROBLEMS:
        CONSOLE.print(f"  dataset.problems in {METRICS} lists all {len(dataset.problems)} notes")
    return judged_where_learnt(dataset)


def dataset_folder(said: str) -> Path:
    """Return the folder of a set: the sample's, a TensorFlow dataset's, or the one named.

    Raises:
        DatasetError: the set can't be made.
    """
    if said == "sample":
        from datasets.sample.store import sample_folder

        return sample_folder(track=on_terminal)
    if said.startswith(TFDS):
        return in_own_process(stored_folder, said.removeprefix(TFDS), on_terminal)
    return Path(said)


def keep_out_of_data(output: Path, settings: RunSettings) -> None:
    """Refuse to write where the user's images are.

    Raises:
        RunFolderError: the output is the set's folder, in it or around it.
    """
    if settings.dataset == "sample" or settings.dataset.startswith(TFDS):
        return
    data, place = Path(settings.dataset).resolve(), output.resolve()
    if data.is_relative_to(place) or place.is_relative_to(data):
        raise RunFolderError(f"{output}: is where the data is; choose an --output elsewhere")


def _describe(dataset: Dataset) -> dict[str, Any]:
    return {
        "name": dataset.name,
        "format": dataset.format,
        "classes": list(dataset.classes),
        "split_sha256": split_sha256(dataset.splits),
        "splits": {
            split: {
                "images": len(images),
                "boxes": sum(len(image.annotations) for image in images),
            }
            for split, images in dataset.splits.items()
        },
        "found": dataset.found,
        "problems": [str(problem) for problem in dataset.problems],
        "problem_counts": counts(dataset.problems),
        "duplicates": {
            "across_splits": by_split_pair(
                [d for d in dataset.duplicates if d.first_split != d.second_split]
            ),
            "left_out_of_test": sum(d.left_out for d in dataset.duplicates),
            "pairs": [asdict(duplicate) for duplicate in dataset.duplicates],
        },
    }


def _judge(
    dataset: Dataset, settings: RunSettings, folder: Path
) -> tuple[dict[str, Any], dict[str, list[Detections]]]:
    """Return each pipeline's quality on test and its detections there, by its saved answers."""
    truth: dict[str, list[Annotations]] = {}
    for split, place in FOLDERS.items():
        images = dataset.splits[split]
        truth[split] = [image.annotations for image in images]
        coco = with_files(ground_truth_to_coco(truth[split], dataset.classes), images)
        write_json(folder / place / "ground_truth.json", coco)
    judged, found = {}, {}
    for name in settings.pipelines:
        answers = {
            split: detections_from_coco(
                json.loads((folder / place / "detections" / f"{name}.json").read_text("utf-8")),
                len(truth[split]),
            )
            for split, place in FOLDERS.items()
        }
        quality = plain(score(truth["test"], answers["test"], dataset.classes))
        quality["operating_point"] = plain(best_f1(truth["val"], answers["val"]))
        judged[name], found[name] = quality, answers["test"]
    return judged, found


def _proposals(
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


def _differences(pipelines: Mapping[str, Any]) -> dict[str, Any]:
    """Return, for two pipelines, how much more of each figure the first has; null if unknown."""
    if len(pipelines) < 2:
        return {}
    (first, a), (second, b) = pipelines.items()

    def less(one: float | None, other: float | None) -> float | None:
        return None if one is None or other is None else one - other

    return {
        f"{first}_minus_{second}": {
            figure: {"difference": less(a["quality"][figure], b["quality"][figure])}
            for figure in ("map_50_95", "map_50", "map_75")
        }
    }
