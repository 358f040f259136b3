"""Load the saved detectors and let them answer: run in a process of its own, after training.

Every image is detected once, on the validation split for the operating point and on the test split
for the figures; the clock runs before that in a pass of its own, so that the first call is first.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from datasets.annotations import Dataset, LabelledImage
from datasets.images import load_image
from pipelines.contenders import contender
from pipelines.detections import (
    Candidates,
    Detections,
    Detector,
    Image,
    StagedDetector,
    run_stages,
)
from pipelines.evaluation.coco_files.format import detections_to_coco
from pipelines.evaluation.lost_objects import reach
from pipelines.evaluation.timing.latency import measure_latency
from pipelines.evaluation.timing.throughput import measure_throughput
from pipelines.evaluation.undefined import plain
from pipelines.settings import EvaluationSettings, RunSettings
from pipelines.system import runtime
from pipelines.system.energy import energy_counter
from pipelines.system.files import write_json
from pipelines.system.progress import on_terminal

MEMORY_IMAGES = 8  # looked at for peak memory: more take no more
RATE_IMAGES = 16  # held decoded for throughput
# Where each split's detections go, below the run's folder.
FOLDERS = {"val": Path("validation"), "test": Path()}


@runtime_checkable
class Sourced(Candidates, Protocol):
    """Scored candidates of which it is known whether GrabCut proposed them."""

    @property
    def scores(self) -> NDArray[np.float64]:
        """``(N,)`` scores."""
        ...

    @property
    def labels(self) -> NDArray[np.int64]:
        """``(N,)`` classes."""
        ...

    @property
    def from_grabcut(self) -> NDArray[np.bool_]:
        """``(N,)`` flags."""
        ...


def detect_and_time(dataset: Dataset, settings: RunSettings, folder: Path) -> dict[str, Any]:
    """Write the detections of both splits into the run's folder and return what was timed.

    Args:
        dataset: the checked set.
        settings: of the run; its pipelines' detectors are in ``folder/models``.
        folder: the run's working folder.

    Returns:
        ``latency_ms`` and ``throughput`` by pipeline; ``threads`` of each library, which all
        pipelines share;
        ``from_grabcut``: for each test image and detection, in their order, whether GrabCut
        proposed it, where a detector knows; ``reaches``: for each test image, by stage, what is
        offered for its objects, where a detector has stages.
    """
    threads = runtime.usable_cores()
    runtime.set_threads(threads)
    device = runtime.choose_device(settings.device)
    detectors = {
        name: contender(name).load(folder / "models" / name, device, threads)
        for name in settings.pipelines
    }
    latencies = _time(detectors, dataset.splits["test"], settings, device)
    rates = _rates(detectors, dataset.splits["test"], settings.evaluation, device)
    told: dict[str, Any] = {
        "latency_ms": latencies,
        "throughput": rates,
        # LiteRT can't be asked; it was told when its network was loaded.
        "threads": {
            **runtime.thread_settings(),
            "litert": threads if "ai_edge_litert" in sys.modules else None,
        },
        "from_grabcut": {},
        "reaches": {},
    }
    for split, place in FOLDERS.items():
        (folder / place / "detections").mkdir(parents=True, exist_ok=True)
        for name, detector in detectors.items():
            images = dataset.splits[split]
            watched = on_terminal(images, f"{name} on {split}", len(images))
            if split == "test" and isinstance(detector, StagedDetector):
                looked = [look_into(detector, image) for image in watched]
                found = [detections for detections, _, _ in looked]
                told["reaches"][name] = [reaches for _, reaches, _ in looked]
                if all(sources is not None for _, _, sources in looked):
                    told["from_grabcut"][name] = [sources for _, _, sources in looked]
            else:
                found = [detector.detect(load_image(image.path)) for image in watched]
            path = folder / place / "detections" / f"{name}.json"
            write_json(path, plain(detections_to_coco(found)))
    return told


def detecting_memory(
    name: str, dataset: Dataset, settings: RunSettings, folder: Path
) -> dict[str, float | None]:
    """Return the most memory detecting takes, MiB: run in a process of its own for each pipeline.

    Args:
        name: of the pipeline.
        dataset: whose first test images are detected in.
        settings: of the run.
        folder: the run's working folder.
    """
    threads = runtime.usable_cores()
    runtime.set_threads(threads)
    row = contender(name)
    device = runtime.choose_device(row.device_choice(settings.device))
    detector = row.load(folder / "models" / name, device, threads)
    for image in dataset.splits["test"][:MEMORY_IMAGES]:
        detector.detect(load_image(image.path))
    return {
        "detecting_peak_rss": runtime.peak_rss_mb(),
        "detecting_peak_gpu": runtime.peak_gpu_mb(),
    }


def look_into(
    detector: StagedDetector, image: LabelledImage
) -> tuple[Detections, dict[str, Any], list[bool] | None]:
    """Detect in an image stage by stage.

    Returns:
        the detections; what each stage offers for the image's objects, as JSON has it; and for
        each detection whether GrabCut proposed it, None where no stage knows.
    """
    reaches: dict[str, Any] = {}
    sourced: list[Sourced] = []

    def look(stage: str, output: Any) -> None:
        if isinstance(output, Candidates):
            reaches[stage] = plain(reach(image.annotations, output))
        if isinstance(output, Sourced):
            sourced.append(output)

    found = run_stages(detector.stages, load_image(image.path), look=look)
    return found, reaches, sources_of(found, sourced[-1]) if sourced else None


def sources_of(found: Detections, candidates: Sourced) -> list[bool]:
    """Return whether GrabCut proposed each detection, told by the candidate it was.

    That is known by its score and label: its box may have moved since. Of candidates alike in both
    the first counts.
    """

    def rows(each: Sourced | Detections) -> NDArray[np.float64]:
        return np.column_stack([each.scores, each.labels])

    cut: dict[bytes, bool] = {}
    for row, flag in zip(rows(candidates), candidates.from_grabcut, strict=True):
        cut.setdefault(row.tobytes(), bool(flag))
    return [cut[row.tobytes()] for row in rows(found)]


def _time(
    detectors: dict[str, Detector],
    images: Sequence[LabelledImage],
    settings: RunSettings,
    device: runtime.Device,
) -> dict[str, Any]:
    def image_at(number: int) -> Image:
        return load_image(images[number % len(images)].path)

    latencies = measure_latency(
        detectors,
        image_at,
        samples=settings.evaluation.latency_samples,
        warm_up=settings.evaluation.warm_up,
        clock=time.perf_counter,
        synchronise=device.synchronise,
        track=on_terminal,
    )
    return {
        name: {
            **plain(latency),
            "device": device.name if contender(name).uses_tensorflow else runtime.cpu_name(),
        }
        for name, latency in latencies.items()
    }


def _rates(
    detectors: dict[str, Detector],
    images: Sequence[LabelledImage],
    settings: EvaluationSettings,
    device: runtime.Device,
) -> dict[str, Any]:
    pixels = [load_image(image.path) for image in images[:RATE_IMAGES]]
    joules = energy_counter()
    return {
        name: plain(
            measure_throughput(
                detector,
                pixels,
                batches=settings.throughput_batches,
                seconds=settings.throughput_seconds,
                clock=time.perf_counter,
                synchronise=device.synchronise,
                joules=joules,
            )
        )
        for name, detector in on_terminal(detectors.items(), "throughput", len(detectors))
    }
