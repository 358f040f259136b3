"""A trained detector on anybody's pictures: annotated images, one file of results, steady memory.

Pictures are decoded, detected in and drawn in as many threads as there are cores, each with the
detector to itself; only a few are held at once, and results are written in the order given.
"""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Callable, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from datasets.errors import UserError
from datasets.images import ImageError
from datasets.progress import Track
from datasets.regular_files import content
from datasets.threads import in_order
from pipelines.contenders import contender
from pipelines.detections import Detector
from pipelines.inference.live import until_interrupted
from pipelines.inference.result_files import FORMATS, DrawnFiles, PictureResult
from pipelines.inference.sources import Picture, Source, picture_count, pictures
from pipelines.report.images.annotate import draw_found
from pipelines.runs.model_folder import ModelFolder, Threshold
from pipelines.system import runtime
from pipelines.system.files import replacing, write_json
from pipelines.system.loading import loading

SUMMARY, ANNOTATED = "summary.json", "annotated"
MADE_BY = "scripts/detect.py"  # in the summary, by which a folder is known to be ours
AHEAD = 8  # files a thread may be before the results: it need not wait for their writing
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class DetectOptions:
    """What is to be made of the pictures.

    Attributes:
        threshold: from which score on a detection is kept.
        format: of the results, ``coco`` or ``csv``.
        draw: whether pictures are written with their detections.
        device: ``auto``, ``cpu`` or ``gpu``.
        max_pixels: larger images are left out, so that memory stays bounded.
    """

    threshold: Threshold
    format: str
    draw: bool
    device: str
    max_pixels: int


class _Mark(msgspec.Struct, frozen=True):
    made_by: str = ""


class Summary(_Mark, frozen=True, kw_only=True):
    """What ``summary.json`` holds.

    ``pipeline`` is the contender, ``unreadable`` has a sentence for each picture that could not be
    read, and opening and writing are part of ``seconds``. ``passed_over`` are frames of a camera
    that came while others were detected in.
    """

    model: str
    pipeline: str
    pretrained_on: str | None
    classes: tuple[str, ...]
    threshold: float
    threshold_source: str
    pictures: int
    detections: int
    unreadable: tuple[str, ...]
    results: str
    seconds: float
    pictures_per_second: float
    threads: int
    device: str
    passed_over: int = 0


def detect_sources(
    model: ModelFolder,
    sources: Sequence[Source],
    output: Path,
    options: DetectOptions,
    track: Track,
) -> Summary:
    """Write the results into a new folder and return its ``summary.json``.

    A camera is detected in until Ctrl-C, which keeps what was found.

    Raises:
        UserError: there is no such device, the detector can't be loaded, the folder can't be
            written, or no picture could be read.
    """
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # a broken video is reported here
    threads = max(2, runtime.usable_cores())
    runtime.set_threads(1)  # threads take whole pictures
    device = runtime.choose_device(contender(model.contender).device_choice(options.device))
    detectors = load_for_threads(model, device, threads)
    # A frame waits with its pixels, a file with its name alone.
    ahead = 1 if any(source.is_video for source in sources) else AHEAD * threads
    name, open_results = FORMATS[options.format]
    unreadable: list[str] = []
    read = detections = last = 0
    is_live = any(source.camera is not None for source in sources)
    started = time.perf_counter()
    with replacing(output) as work, until_interrupted() if is_live else nullcontext() as stop:
        drawn_files = DrawnFiles(work / ANNOTATED, sources) if options.draw else None
        detect = detecting(detectors, options.threshold.score, model.classes, drawn_files)
        results = in_order(pictures(sources, options.max_pixels, stop), detect, threads, ahead)
        with (
            closing(drawn_files) if drawn_files else nullcontext(),
            open_results(work / name, model.classes) as write,
            closing(results),
        ):
            for result in track(results, "detecting", picture_count(sources)):
                if result.problem:
                    unreadable.append(result.problem)
                    continue
                read, detections = read + 1, detections + len(result.detections)
                write(result)
                frame = result.picture.frame
                last = frame.number if frame else last
                if drawn_files and frame and result.drawn is not None:
                    drawn_files.write_frame(frame, result.drawn)
        seconds = time.perf_counter() - started
        if not read:
            if not unreadable:
                raise UserError(f"{sources[0].name}: no picture came")
            raise UserError(f"none of {len(unreadable)} pictures could be read, as {unreadable[0]}")
        summary = Summary(
            made_by=MADE_BY,
            model=str(model.path),
            pipeline=model.contender,
            pretrained_on=model.pretrained_on,
            classes=model.classes,
            threshold=options.threshold.score,
            threshold_source=options.threshold.source,
            pictures=read,
            detections=detections,
            unreadable=tuple(unreadable),
            results=name,
            seconds=seconds,
            pictures_per_second=read / seconds,
            threads=threads,
            device=device.name,
            passed_over=last - read if is_live else 0,
        )
        write_json(work / SUMMARY, msgspec.to_builtins(summary))
    return summary


def is_result(folder: Path) -> bool:
    """Say whether a folder is an earlier result."""
    try:
        summary = msgspec.json.decode(content(folder / SUMMARY), type=_Mark)
    except (OSError, ValueError, RecursionError):
        return False
    return summary.made_by == MADE_BY


def load_for_threads(
    model: ModelFolder, device: runtime.Device, threads: int
) -> Sequence[Detector]:
    """Return detectors that can work at the same time, one for each thread or one for all.

    Raises:
        LoadingError: a file is missing or broken.
    """
    row = contender(model.contender)
    with loading(model.path):
        if row.load_each is not None:
            return row.load_each(model.path, device, threads)
        return [row.load(model.path, device, threads)]


def detecting(
    detectors: Sequence[Detector],
    least_score: float,
    classes: Sequence[str],
    drawn_files: DrawnFiles | None,
) -> Callable[[Picture], PictureResult]:
    """Return what a thread does with a picture; images are drawn and written there as well."""
    free: queue.SimpleQueue[Detector] = queue.SimpleQueue()
    for detector in detectors:
        free.put(detector)

    def detect(picture: Picture) -> PictureResult:
        try:
            image = picture.read()
        except ImageError as error:
            return PictureResult(picture, problem=str(error))
        detector = free.get()
        try:
            detections = detector.detect(image).above(least_score)
        finally:
            free.put(detector)
        drawn = None
        if drawn_files:
            drawn = draw_found(image, detections, classes)
            if picture.frame is None:
                drawn_files.write_image(picture.name, drawn)
                drawn = None
        return PictureResult(picture, (image.shape[1], image.shape[0]), detections, drawn)

    return detect
