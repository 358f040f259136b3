"""A trained detector on anybody's pictures: annotated images, one file of results, steady memory.

Pictures are decoded, looked at and drawn in as many threads as there are cores, each with the
detector to itself; only a few are held at once, and results are written in the order given.
"""

from __future__ import annotations

import json
import os
import queue
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from datasets.errors import UserError
from datasets.images import ImageError
from datasets.progress import Track
from pipelines.contenders import contender
from pipelines.detections import Detections, Detector, Image
from pipelines.inference.drawn_files import DrawnFiles
from pipelines.inference.result_files import FORMATS
from pipelines.inference.sources import Picture, Source, picture_count, pictures
from pipelines.report.images.annotate import draw_found
from pipelines.runs.model_folder import ModelFolder, Threshold
from pipelines.system import runtime
from pipelines.system.files import replacing, write_json

SUMMARY, ANNOTATED = "summary.json", "annotated"
MADE_BY = "scripts/detect.py"  # in the summary, by which a folder is known to be ours
AHEAD = 8  # files a thread may be before the results: it need not wait for their writing
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Wish:
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


@dataclass(frozen=True, eq=False)
class Looked:
    """One picture after it was looked at: its size and detections, or why it can't be read."""

    picture: Picture
    size: tuple[int, int] = (0, 0)
    found: Detections = Detections()  # noqa: RUF009 - frozen, with read-only arrays
    drawn: Image | None = None
    problem: str = ""


def detect_sources(
    model: ModelFolder, sources: Sequence[Source], output: Path, wish: Wish, track: Track
) -> dict[str, Any]:
    """Write the results into a new folder and return its ``summary.json``.

    Raises:
        UserError: there is no such device, the detector can't be loaded, the folder can't be
            written, or no picture could be read.
    """
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # a broken video is told by us
    threads = max(2, runtime.usable_cores())
    runtime.set_threads(1)  # threads take whole pictures
    device = runtime.choose_device(contender(model.contender).device_choice(wish.device))
    detectors = load_for_threads(model, device, threads)
    with replacing(output) as work:
        told = _detect_into(work, model, sources, wish, track, detectors, threads)
        told["device"] = device.name
        write_json(work / SUMMARY, told)
    return told


def is_result(folder: Path) -> bool:
    """Say whether a folder is an earlier result."""
    try:
        said = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(said, dict) and said.get("made_by") == MADE_BY


def load_for_threads(
    model: ModelFolder, device: runtime.Device, threads: int
) -> Sequence[Detector]:
    """Return detectors that can work at the same time, one for each thread or one for all.

    Raises:
        UserError: a file is missing or broken.
    """
    row = contender(model.contender)
    try:
        if row.load_each is not None:
            return row.load_each(model.path, device, threads)
        return [row.load(model.path, device, threads)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{model.path}: can't be loaded ({error})") from error


def in_order(
    items: Iterable[T], work: Callable[[T], R], threads: int, ahead: int = 1
) -> Generator[R]:
    """Yield ``work(item)`` of each item in their order, worked out in threads a little ahead.

    At most ``ahead`` items more than there are threads are held beside the one that was yielded.
    """
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) >= threads + ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _detect_into(
    folder: Path,
    model: ModelFolder,
    sources: Sequence[Source],
    wish: Wish,
    track: Track,
    detectors: Sequence[Detector],
    threads: int,
) -> dict[str, Any]:
    """Write everything but the summary into the folder and return the summary."""
    free: queue.SimpleQueue[Detector] = queue.SimpleQueue()
    for detector in detectors:
        free.put(detector)
    drawn_files = DrawnFiles(folder / ANNOTATED, sources) if wish.draw else None

    def look(picture: Picture) -> Looked:
        try:
            image = picture.read()
        except ImageError as error:
            return Looked(picture, problem=str(error))
        detector = free.get()
        try:
            found = detector.detect(image).above(wish.threshold.score)
        finally:
            free.put(detector)
        size = image.shape[1], image.shape[0]
        if drawn_files is None:
            return Looked(picture, size, found)
        drawn = draw_found(image, found, model.classes)
        # Files of single images are written here, frames wait for the ones before them.
        return Looked(picture, size, found, drawn_files.kept(picture, drawn))

    results = FORMATS[wish.format](folder, model.classes)
    problems: list[str] = []
    done = rows = 0
    started = time.perf_counter()
    # A frame waits with its pixels, a file with its name alone.
    ahead = 1 if any(source.is_video for source in sources) else AHEAD * threads
    looked_at = in_order(pictures(sources, wish.max_pixels), look, threads, ahead)
    try:
        for looked in track(looked_at, "detecting", picture_count(sources)):
            if looked.problem:
                problems.append(looked.problem)
                continue
            done, rows = done + 1, rows + len(looked.found)
            picture = looked.picture
            results.add(picture.name, looked.size, looked.found, picture.frame)
            if looked.drawn is not None and drawn_files is not None:
                drawn_files.add_frame(picture, looked.drawn)
    finally:
        looked_at.close()
        results.close()
        if drawn_files is not None:
            drawn_files.close()
    seconds = time.perf_counter() - started
    if not done:
        raise UserError(f"none of {len(problems)} pictures could be read, as {problems[0]}")
    return {
        "made_by": MADE_BY,
        "model": str(model.path),
        "pipeline": model.contender,
        "pretrained_on": model.pretrained_on,
        "classes": list(model.classes),
        "threshold": wish.threshold.score,
        "threshold_source": wish.threshold.source,
        "pictures": done,
        "detections": rows,
        "unreadable": problems,
        "results": results.name,
        "seconds": seconds,
        "pictures_per_second": done / seconds,
        "threads": threads,
    }
