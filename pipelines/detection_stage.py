"""Load the saved detectors and let them answer: run in a process of its own, after training.

Every image is detected once, on the validation split for the operating point and on the test split
for the figures; the clock runs before that in a pass of its own, so that the first call is first.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from datasets.annotations import Dataset, LabelledImage
from datasets.images import load_image
from pipelines import runtime
from pipelines.detections import Detections, Detector, Image
from pipelines.evaluation.coco_json import detections_to_coco
from pipelines.evaluation.figures import plain
from pipelines.evaluation.latency import measure_latency
from pipelines.progress import on_terminal
from pipelines.run_folder import write_json
from pipelines.settings import RunSettings

# Where each split's detections go, below the run's folder.
FOLDERS = {"val": Path("validation"), "test": Path()}


@runtime_checkable
class SourcedDetector(Detector, Protocol):
    """A detector that knows which of its detections GrabCut proposed."""

    def detect_with_sources(self, image: Image) -> tuple[Detections, NDArray[np.bool_]]:
        """Return the detections, and a flag for each."""
        ...


def detect_and_time(dataset: Dataset, settings: RunSettings, folder: Path) -> dict[str, Any]:
    """Write the detections of both splits into the run's folder and return what was timed.

    Args:
        dataset: the checked set.
        settings: of the run; its pipelines' detectors are in ``folder/models``.
        folder: the run's working folder.

    Returns:
        ``latency_ms`` by pipeline, and ``from_grabcut``: for each test image and detection, in
        their order, whether GrabCut proposed it, where a detector knows.
    """
    threads = runtime.usable_cores()
    runtime.set_threads(threads)
    device = runtime.choose_device(settings.device)
    detectors = {
        name: load(name, folder / "models" / name, device, threads) for name in settings.pipelines
    }
    latencies = _time(detectors, dataset.splits["test"], settings, device)
    sources: dict[str, list[list[bool]]] = {}
    for split, place in FOLDERS.items():
        (folder / place / "detections").mkdir(parents=True, exist_ok=True)
        for name, detector in detectors.items():
            images = dataset.splits[split]
            watched = on_terminal(images, f"{name} on {split}", len(images))
            if split == "test" and isinstance(detector, SourcedDetector):
                both = [detector.detect_with_sources(load_image(im.path)) for im in watched]
                found = [detections for detections, _ in both]
                sources[name] = [[bool(cut) for cut in cuts] for _, cuts in both]
            else:
                found = [detector.detect(load_image(image.path)) for image in watched]
            path = folder / place / "detections" / f"{name}.json"
            write_json(path, detections_to_coco(found))
    return {"latency_ms": latencies, "from_grabcut": sources}


def load(name: str, folder: Path, device: runtime.Device, threads: int) -> Detector:
    """Return the saved detector of the pipeline of that name."""
    if name == "classical":
        from pipelines.classical import load_classical

        return load_classical(folder, jobs=threads)
    from pipelines.yolo import load_yolo

    return load_yolo(folder, gpu=device.is_gpu, threads=threads)


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
            "device": runtime.cpu_name() if name == "classical" else device.name,
        }
        for name, latency in latencies.items()
    }
