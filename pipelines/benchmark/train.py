"""Train one contender in this process and measure what it took: run in a process of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from datasets.annotations import Dataset
from pipelines.contenders import contender
from pipelines.evaluation.undefined import plain
from pipelines.runs.model_folder import save_model_file
from pipelines.settings import RunSettings
from pipelines.system import runtime
from pipelines.system.progress import on_terminal
from pipelines.training import TrainingJob


def train(
    name: str,
    dataset: Dataset,
    settings: RunSettings,
    folder: Path,
    tensorboard: Path | None = None,
) -> dict[str, Any]:
    """Train the contender of that name, save it into ``folder`` and return its costs.

    Args:
        name: of the contender.
        dataset: the checked set.
        settings: of the run.
        folder: of the model.
        tensorboard: where a network's training is logged, None for nowhere.

    Returns:
        ``training``, ``model`` and ``memory_mb`` as ``metrics.json`` has them.

    Raises:
        TrainingError: it can't be trained.
    """
    threads = runtime.usable_cores()
    runtime.set_threads(threads)
    folder.mkdir(parents=True, exist_ok=True)
    job = TrainingJob(dataset, settings, folder, threads, on_terminal, tensorboard)
    result = contender(name).train(job)
    save_model_file(folder, name, dataset.classes, result.model.pretrained_on)
    images = dataset.splits["train"]
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    training = msgspec.structs.replace(
        result.training, images=len(images), boxes=sum(len(image.annotations) for image in images)
    )
    made: dict[str, Any] = plain(
        {
            "training": msgspec.to_builtins(training),
            "model": msgspec.to_builtins(
                msgspec.structs.replace(result.model, disk_mb=size / 2**20)
            ),
            "memory_mb": {
                "peak_rss": runtime.peak_rss_mb(),
                "peak_gpu": runtime.peak_gpu_mb(),
            },
        }
    )
    return made
