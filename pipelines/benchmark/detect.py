"""Load the trained detectors and let them detect: run in a process of its own, after training.

Every image is detected once, on the validation split for the operating point and the calibration of
scores, on the test split for the figures; the clock runs before that in a pass of its own, so that
the first call is first.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from datasets.annotations import Dataset, LabelledImage
from datasets.images import pixels_of
from pipelines.contenders import contender
from pipelines.detections import (
    Candidates,
    Detections,
    Detector,
    Image,
    SourcedDetections,
    StagedDetector,
    run_stages,
)
from pipelines.evaluation.lost_objects import Reach, reach
from pipelines.evaluation.timing import Latency, Throughput, measure_latency, measure_throughput
from pipelines.postprocessing.calibration import (
    UNCALIBRATED,
    CalibratedDetector,
    Calibration,
    fitted,
    save_calibration,
)
from pipelines.runs.detection_files import write_detections
from pipelines.runs.folder import SPLIT_FOLDERS
from pipelines.settings import EvaluationSettings, RunSettings
from pipelines.system import runtime
from pipelines.system.energy import energy_counter
from pipelines.system.pace import Moment, pace_now
from pipelines.system.progress import on_terminal

MEMORY_IMAGES = 8  # detected in for peak memory: more take no more
RATE_IMAGES = 16  # held decoded for throughput


class DetectionStage(msgspec.Struct, frozen=True):
    """What detecting and timing gave, by contender.

    Attributes:
        latency_ms: timed in turns.
        latency_alone_ms: timed with one contender at a time.
        threads: of each library, which all contenders share.
        reaches: for each test image, by stage, what is offered for its objects, where a detector
            has stages.
        from_grabcut: for each test image and detection, in their order, whether GrabCut proposed
            it, where a detector knows.
        pace: of the machine before, between and after the timings.
        calibrations: of the scores, fitted to those in the validation split, where a detector has
            such a last step.
    """

    latency_ms: Mapping[str, Latency]
    latency_alone_ms: Mapping[str, Latency]
    throughput: Mapping[str, Throughput]
    threads: Mapping[str, int | None]
    reaches: Mapping[str, Sequence[Mapping[str, Reach]]]
    from_grabcut: Mapping[str, Sequence[Sequence[bool]]]
    pace: Sequence[Moment]
    calibrations: Mapping[str, Calibration]


def detect_and_time(dataset: Dataset, settings: RunSettings, folder: Path) -> DetectionStage:
    """Write the detections of both splits into the run's folder and return what was timed.

    The trained detectors are in ``folder/models``, where each gets its calibration.
    """
    threads = runtime.usable_cores()
    runtime.set_threads(threads, blas=1)
    device = runtime.choose_device(settings.device)
    detectors = {
        name: _as_trained(contender(name).load(folder / "models" / name, device, threads))
        for name in settings.pipelines
    }
    test = dataset.splits["test"]
    pace = [pace_now()]
    latencies = _time(detectors, test, settings.evaluation, device)
    pace.append(pace_now())
    alone = dict(latencies)
    for name, detector in detectors.items() if len(detectors) > 1 else ():
        alone |= _time({name: detector}, test, settings.evaluation, device)
        pace.append(pace_now())
    rates = _rates(detectors, test, settings.evaluation, device)
    pace.append(pace_now())
    used = {
        **runtime.thread_settings(),
        # LiteRT can't be asked; its threads were set when its network was loaded.
        "litert": threads if "ai_edge_litert" in sys.modules else None,
    }
    reaches: dict[str, list[dict[str, Reach]]] = {}
    from_grabcut: dict[str, list[list[bool]]] = {}
    final, calibrations = _calibrated(detectors, dataset, folder)
    for name, detector in final.items():
        if isinstance(detector, StagedDetector):
            watched = on_terminal(test, f"{name} on test", len(test))
            pairs = [detect_with_reaches(detector, image) for image in watched]
            detections = [each for each, _ in pairs]
            reaches[name] = [offered for _, offered in pairs]
            flags = [
                each.from_grabcut.tolist()
                for each in detections
                if isinstance(each, SourcedDetections)
            ]
            if len(flags) == len(test):
                from_grabcut[name] = flags
        else:
            detections = found_in(dataset, "test", name, detector)
        write_detections(folder / SPLIT_FOLDERS["test"], name, detections)
    return DetectionStage(latencies, alone, rates, used, reaches, from_grabcut, pace, calibrations)


def found_in(dataset: Dataset, split: str, name: str, detector: Detector) -> list[Detections]:
    """Return what the detector of that name finds in each image of a split."""
    images = dataset.splits[split]
    watched = on_terminal(images, f"{name} on {split}", len(images))
    return [detector.detect(pixels_of(image)) for image in watched]


def _as_trained(detector: Detector) -> Detector:
    """Return the detector without the calibration of an attempt that was cut off."""
    if isinstance(detector, CalibratedDetector):
        return detector.calibrated(UNCALIBRATED)
    return detector


def _calibrated(
    detectors: Mapping[str, Detector], dataset: Dataset, folder: Path
) -> tuple[dict[str, Detector], dict[str, Calibration]]:
    """Write what the detectors find in validation images; return them calibrated by it, and how.

    Each calibration is saved with its model in the run's folder.
    """
    final, calibrations = dict(detectors), {}
    truth = [image.annotations for image in dataset.splits["val"]]
    for name, detector in detectors.items():
        found = found_in(dataset, "val", name, detector)
        if isinstance(detector, CalibratedDetector):
            calibrations[name] = calibration = fitted(truth, found)
            save_calibration(calibration, folder / "models" / name)
            if not calibration.changes:
                print(f"  {name}: scores are {calibration.source}", file=sys.stderr)
            final[name] = detector.calibrated(calibration)
            found = [calibration.rescored(each) for each in found]
        write_detections(folder / SPLIT_FOLDERS["val"], name, found)
    return final, calibrations


def detecting_memory(
    name: str, dataset: Dataset, settings: RunSettings, folder: Path
) -> runtime.PeakMemory:
    """Return the most memory that a contender takes to detect in the first test images.

    It is run in a process of its own; the trained detectors are in ``folder/models``.
    """
    threads = runtime.usable_cores()
    runtime.set_threads(threads, blas=1)
    row = contender(name)
    device = runtime.choose_device(row.device_choice(settings.device))
    detector = row.load(folder / "models" / name, device, threads)
    for image in dataset.splits["test"][:MEMORY_IMAGES]:
        detector.detect(pixels_of(image))
    return runtime.peak_memory()


def detect_with_reaches(
    detector: StagedDetector, image: LabelledImage
) -> tuple[Detections, dict[str, Reach]]:
    """Return the detections in an image, and what each stage offers for the image's objects."""
    reaches: dict[str, Reach] = {}
    calibrated = detector.calibration.of if isinstance(detector, CalibratedDetector) else None

    def note(stage: str, output: object) -> None:
        if isinstance(output, Candidates):
            final = isinstance(output, Detections)
            reaches[stage] = reach(image.annotations, output, None if final else calibrated)

    return run_stages(detector.stages, pixels_of(image), look=note), reaches


def _time(
    detectors: Mapping[str, Detector],
    images: Sequence[LabelledImage],
    settings: EvaluationSettings,
    device: runtime.Device,
) -> dict[str, Latency]:
    def image_at(number: int) -> Image:
        return pixels_of(images[number % len(images)])

    latencies = measure_latency(
        detectors,
        image_at,
        samples=settings.latency_samples,
        warm_up=settings.warm_up,
        clock=time.perf_counter,
        synchronise=device.synchronise,
        cpu_clock=time.process_time,
        track=on_terminal,
    )
    cpu = runtime.cpu_name()
    return {
        name: replace(latency, device=device.name if contender(name).uses_tensorflow else cpu)
        for name, latency in latencies.items()
    }


def _rates(
    detectors: Mapping[str, Detector],
    images: Sequence[LabelledImage],
    settings: EvaluationSettings,
    device: runtime.Device,
) -> dict[str, Throughput]:
    pixels = [pixels_of(image) for image in images[:RATE_IMAGES]]
    joules = energy_counter()
    return {
        name: measure_throughput(
            detector,
            pixels,
            batches=settings.throughput_batches,
            seconds=settings.throughput_seconds,
            clock=time.perf_counter,
            synchronise=device.synchronise,
            joules=joules,
        )
        for name, detector in on_terminal(detectors.items(), "throughput", len(detectors))
    }
