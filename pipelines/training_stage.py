"""Train one pipeline in this process and say what it took: run in a process of its own."""

from __future__ import annotations

import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from datasets.annotations import Dataset
from pipelines import runtime
from pipelines.evaluation.undefined import plain
from pipelines.progress import on_terminal
from pipelines.settings import RunSettings
from pipelines.stopping import stop_at_a_good_moment


def train(
    name: str,
    dataset: Dataset,
    settings: RunSettings,
    folder: Path,
    tensorboard: Path | None = None,
) -> dict[str, Any]:
    """Train the pipeline of that name, save it into ``folder`` and return its costs.

    Args:
        name: of the pipeline.
        dataset: the checked set.
        settings: of the run.
        folder: of the model.
        tensorboard: where YOLO's training is logged, None for nowhere.

    Returns:
        ``training``, ``model`` and ``memory_mb`` as ``metrics.json`` has them.
    """
    threads = runtime.usable_cores()
    runtime.set_threads(threads)
    folder.mkdir(parents=True, exist_ok=True)
    if name == "classical":
        told = _train_classical(dataset, settings, folder, threads)
    else:
        told = _train_yolo(dataset, settings, folder, tensorboard)
    images = dataset.splits["train"]
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return {
        "training": {
            "images": len(images),
            "boxes": sum(len(image.annotations) for image in images),
            **told["training"],
        },
        "model": {**told["model"], "disk_mb": size / 2**20},
        "memory_mb": {
            "peak_rss": runtime.peak_rss_mb(),
            "peak_gpu": told["peak_gpu"],
        },
    }


def _train_classical(
    dataset: Dataset, settings: RunSettings, folder: Path, threads: int
) -> dict[str, Any]:
    from pipelines.classical_files import save_classical
    from pipelines.classical_training import train_classical

    started = time.monotonic()
    history: list[dict[str, float]] = []

    def note(figure: float) -> None:
        history.append({"seconds": time.monotonic() - started, "validation": figure})

    rounds: list[dict[str, Any]] = []
    detector = train_classical(
        dataset.splits["train"],
        dataset.splits["val"],
        dataset.classes,
        settings.classical,
        settings.seed,
        on_terminal,
        jobs=threads,
        told=note,
        note=lambda mining: rounds.append(plain(mining)),
    )
    save_classical(detector, folder)
    return {
        # It opens images one by one as it goes, so decoding can't be told apart and is counted.
        "training": {
            "seconds": time.monotonic() - started,
            "history": plain(history),
            "rounds": rounds,
        },
        # What GrabCut and HOG cost depends on the image; there is no count of it.
        "model": {"parameters": detector.parameters, "multiply_adds": None},
        "peak_gpu": None,
    }


def _train_yolo(
    dataset: Dataset, settings: RunSettings, folder: Path, tensorboard: Path | None
) -> dict[str, Any]:
    runtime.load_tensorflow()  # its threads were told by the runtime
    device = runtime.choose_device(settings.device)
    from models.yolo.scalars import scalar_log, unlogged
    from models.yolo.schedule import Amount
    from pipelines.yolo import load_yolo
    from pipelines.yolo_training import choose_input, train_yolo

    train, amount = dataset.splits["train"], Amount(settings.epochs, settings.train_minutes)
    choice = choose_input(train, dataset.classes, settings.image_size)
    height, width = choice.input_hw
    length = amount.in_words(len(train), settings.yolo)
    reasons = {
        "input": f"{width}×{height} px, {choice.reason}",
        "length": f"{length}, {settings.yolo.batch} pictures each",
    }
    print(f"  YOLO: input {reasons['input']}; {reasons['length']}", file=sys.stderr)
    with stop_at_a_good_moment() as is_stopped:
        trained = train_yolo(
            train,
            dataset.splits["val"],
            dataset.classes,
            settings.yolo,
            choice.input_hw,
            amount,
            settings.seed,
            folder,
            on_terminal,
            is_stopped,
            unlogged if tensorboard is None else scalar_log(tensorboard),
        )
    detector = load_yolo(folder)
    return {
        "training": {
            "seconds": trained.seconds,
            "device": device.name,
            "reasons": reasons,
            "updates": trained.updates,
            "flips": sorted(trained.flips),
            "waiting_share": trained.waiting_share,
            "history": list(trained.history),
            "losses": {
                "updates_a_point": trained.losses.updates_a_point,
                "classes": trained.losses.classes,
                "boxes": trained.losses.boxes,
            },
            "settings": asdict(settings.yolo),
        },
        "model": {
            "parameters": detector.parameters,
            "multiply_adds": detector.multiply_adds,
            "input_hw": list(detector.input_hw),
            "pretrained_on": settings.yolo.pretrained_on,
        },
        "peak_gpu": runtime.peak_gpu_mb(),
    }
