"""What is studied: a finished run's data, settings, figures and trained detectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.annotations import Dataset
from pipelines.contenders import contender
from pipelines.detections import Detector
from pipelines.settings import RunSettings
from pipelines.system.runtime import Device


@dataclass(frozen=True, eq=False)
class Subject:
    """A run with both pipelines.

    Attributes:
        folder: of the run; its trained detectors are in ``models/<pipeline>``.
        dataset: the very data it was made of.
        settings: its own.
        pipelines: what ``metrics.json`` has of each pipeline.
    """

    folder: Path
    dataset: Dataset
    settings: RunSettings
    pipelines: Mapping[str, Any]

    def detector(self, name: str, device: Device, threads: int) -> Detector:
        """Return the trained detector of a pipeline."""
        return contender(name).load(self.folder / "models" / name, device, threads)
