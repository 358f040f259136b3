"""What detects in pictures: the threads of this machine.

Pictures are decoded, detected in and drawn in as many threads as there are cores, each with the
detector to itself.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from datasets.images import ImageError
from datasets.threads import in_order
from pipelines.contenders import contender
from pipelines.detections import Detector, Image
from pipelines.inference.result_files import DrawnFiles, PictureResult
from pipelines.inference.sources import Picture, Source, pictures
from pipelines.report.images.annotate import draw_found
from pipelines.runs.model_folder import ModelFolder, Threshold
from pipelines.system import runtime
from pipelines.system.loading import loading

AHEAD = 8  # files a thread may be before the results: it need not wait for their writing


@dataclass(frozen=True)
class DetectOptions:
    """What is to be made of the pictures.

    Attributes:
        threshold: from which score on a detection is kept.
        format: of the results, ``coco`` or ``csv``.
        draw: whether pictures are written with their detections.
        device: ``auto``, ``cpu`` or ``gpu``.
        max_pixels: larger images are left out, so that memory stays bounded.
        cluster: address of a Dask cluster that detects; None for this machine.
    """

    threshold: Threshold
    format: str
    draw: bool
    device: str
    max_pixels: int
    cluster: str | None = None


@dataclass(frozen=True)
class Engine:
    """What detects, with its device's name and how many threads it has.

    ``results`` yields what is found in each picture, in order, until a camera is stopped by the
    event, and draws into the files if they are given.
    """

    device: str
    threads: int
    results: Callable[
        [threading.Event | None, DrawnFiles | None], Generator[PictureResult, None, None]
    ]


@contextmanager
def this_machine(
    model: ModelFolder, sources: Sequence[Source], options: DetectOptions
) -> Iterator[Engine]:
    """Give what detects with all cores of this machine.

    Raises:
        UserError: there is no such device, or the detector can't be loaded.
    """
    threads = max(2, runtime.usable_cores())
    runtime.set_threads(1)  # threads take whole pictures
    device = runtime.choose_device(contender(model.contender).device_choice(options.device))
    detectors = load_for_threads(model, device, threads)
    # A frame waits with its pixels, a file with its name alone.
    ahead = 1 if any(source.is_video for source in sources) else AHEAD * threads

    def results(
        stop: threading.Event | None, drawn_files: DrawnFiles | None
    ) -> Generator[PictureResult, None, None]:
        write_image = drawn_files.write_image if drawn_files else None
        detect = detecting(detectors, options.threshold.score, model.classes, write_image)
        return in_order(pictures(sources, options.max_pixels, stop), detect, threads, ahead)

    yield Engine(device.name, threads, results)


def load_for_threads(
    model: ModelFolder, device: runtime.Device, threads: int
) -> Sequence[Detector]:
    """Return detectors that can work at the same time, one for each thread or one for all.

    Raises:
        LoadingError: a file is missing or broken.
    """
    with loading(model.path):
        return contender(model.contender).load_some(model.path, device, threads)


def detecting(
    detectors: Sequence[Detector],
    least_score: float,
    classes: Sequence[str],
    write_image: Callable[[str, Image], None] | None,
) -> Callable[[Picture], PictureResult]:
    """Return what a thread does with a picture.

    With ``write_image``, which takes a name and what is drawn, images are drawn and written there
    as well, and frames are drawn.
    """
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
        if write_image:
            drawn = draw_found(image, detections, classes)
            if picture.frame is None:
                write_image(picture.name, drawn)
                drawn = None
        return PictureResult(picture, (image.shape[1], image.shape[0]), detections, drawn)

    return detect
