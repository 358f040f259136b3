"""All contenders together as one more column: their saved detections joined, their times added."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from math import nan
from pathlib import Path
from typing import NamedTuple

import numpy as np

from datasets.annotations import Dataset
from pipelines.benchmark.detect import DetectionStage
from pipelines.evaluation.report_card import FullQuality
from pipelines.evaluation.timing import P90_SAMPLES, P99_SAMPLES, Latency
from pipelines.postprocessing.ensemble import joined
from pipelines.runs.detection_files import read_detections, repeat_folder, write_detections
from pipelines.runs.folder import SPLIT_FOLDERS
from pipelines.runs.metrics import DetectorMetrics, Trainings
from pipelines.settings import ENSEMBLE, RunSettings
from pipelines.system.progress import CONSOLE

JOINING = "joining"  # among the stages


def ensembles(settings: RunSettings) -> tuple[str, ...]:
    """Return the name of the ensemble, or none: of one contender there is none."""
    return (ENSEMBLE,) if settings.ensemble and len(settings.pipelines) > 1 else ()


def join_saved(
    dataset: Dataset,
    settings: RunSettings,
    folder: Path,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Write what all contenders of a run together find, in both splits and of each training.

    Returns:
        milliseconds that joining takes in a test image.
    """
    spent = 0.0
    for place in (folder, *(repeat_folder(folder, seed) for seed in settings.further_seeds)):
        for split, below in SPLIT_FOLDERS.items():
            count = len(dataset.splits[split])
            found = [read_detections(place / below, name, count) for name in settings.pipelines]
            started = clock()
            together = [joined(of_image) for of_image in zip(*found, strict=True)]
            if (place, split) == (folder, "test"):
                spent = 1000 * (clock() - started) / max(count, 1)
            write_detections(place / below, ENSEMBLE, together)
    return spent


class Timed(NamedTuple):
    """The latency of all contenders, and of an ensemble where one was asked for, by name.

    ``names`` are those of ensembles.
    """

    in_turns: Mapping[str, Latency]
    alone: Mapping[str, Latency]
    names: tuple[str, ...]

    def columns(
        self, qualities: Mapping[str, FullQuality], trainings: Mapping[str, Trainings | None]
    ) -> dict[str, DetectorMetrics]:
        """Return the figures of an ensemble, which is no model and has no training of its own.

        ``trainings`` are those of all contenders together, from one seed each.
        """
        return {
            name: DetectorMetrics(
                quality=qualities[name],
                latency_ms=self.in_turns[name],
                latency_alone_ms=self.alone[name],
                trainings=trainings[name],
            )
            for name in self.names
        }


def with_ensemble(
    dataset: Dataset, settings: RunSettings, folder: Path, stage: DetectionStage
) -> Timed:
    """Save what an ensemble detects, where one was asked for; return all latencies."""
    names = ensembles(settings)
    if settings.ensemble and not names:
        CONSOLE.print_line("  note: no ensemble: there is one contender, and nothing to join")
    joining = join_saved(dataset, settings, folder) if names else 0.0
    in_turns, alone = (
        {**each, **{name: together(each, joining) for name in names}}
        for each in (stage.latency_ms, stage.latency_alone_ms)
    )
    return Timed(in_turns, alone, names)


def together(latencies: Mapping[str, Latency], joining_ms: float) -> Latency:
    """Return the latency of all contenders one after the other, image by image, and of joining.

    Each has been timed on the same images in the same order.
    """
    every = list(latencies.values())
    calls = np.sum([each.calls for each in every], axis=0) + joining_ms
    return replace(
        every[0],
        p50=float(np.percentile(calls, 50)),
        p90=float(np.percentile(calls, 90)) if len(calls) >= P90_SAMPLES else nan,
        p99=float(np.percentile(calls, 99)) if len(calls) >= P99_SAMPLES else nan,
        mean=float(calls.mean()),
        first_call=sum(each.first_call for each in every) + joining_ms,
        stages={**{name: each.mean for name, each in latencies.items()}, JOINING: joining_ms},
        calls=tuple(calls.tolist()),
        device=" and ".join(dict.fromkeys(each.device for each in every)),
        cpu=sum(each.cpu for each in every) + joining_ms,
    )
