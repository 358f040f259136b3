"""Detecting on the workers of a cluster: images are dealt out in chunks and joined in order."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from datasets.errors import UserError
from datasets.threads import in_order
from pipelines.contenders import contender
from pipelines.detections import Detector, Image
from pipelines.inference.engines import DetectOptions, Engine, detecting, load_for_threads
from pipelines.inference.result_files import DrawnFiles, PictureResult, save_drawn
from pipelines.inference.sources import Source, pictures
from pipelines.runs.model_folder import ModelFolder
from pipelines.system import runtime
from pipelines.system.cluster import Workers, cluster_workers

CHUNK = 32  # images: some seconds of work
AHEAD = 2  # chunks a worker may be before the results
_loaded: list[tuple[ModelFolder, DetectOptions, Sequence[Detector], int]] = []  # one, in a worker


@contextmanager
def on_cluster(
    address: str, model: ModelFolder, sources: Sequence[Source], options: DetectOptions
) -> Iterator[Engine]:
    """Give what detects with the workers of the Dask cluster there, which share the files.

    Raises:
        UserError: the cluster can't be used, or there are videos or a camera among the sources.
    """
    if any(source.is_video for source in sources):
        raise UserError("--cluster is for images: a video or camera is read by one machine")
    shared = [model.path, *(source.path for source in sources[:1])]
    with cluster_workers(address, shared, load, model, options) as workers:

        def results(
            stop: threading.Event | None, drawn_files: DrawnFiles | None
        ) -> Generator[PictureResult, None, None]:
            del stop
            yield from _joined(workers, sources, drawn_files)

        yield Engine(f"{workers.count} workers of a cluster", workers.count, results)


def _joined(
    workers: Workers, sources: Sequence[Source], drawn_files: DrawnFiles | None
) -> Iterator[PictureResult]:
    """Yield what is found in each image, in order, a few chunks ahead of whoever takes it."""
    running: deque[Future[list[PictureResult]]] = deque()
    for start in range(0, len(sources), CHUNK):
        chunk = sources[start : start + CHUNK]
        drawn = {each.name: drawn_files.path(each.name) for each in chunk} if drawn_files else None
        running.append(workers.pool.submit(detect_chunk, chunk, drawn))
        if len(running) > AHEAD * workers.count:
            yield from running.popleft().result()
    while running:
        yield from running.popleft().result()


def load(model: ModelFolder, options: DetectOptions, share: int) -> None:
    """Load the detector in a worker, of so many that share the cores of a machine."""
    threads = max(1, runtime.usable_cores() // share)
    runtime.set_threads(1)
    device = runtime.choose_device(contender(model.contender).device_choice(options.device))
    _loaded[:] = [(model, options, load_for_threads(model, device, threads), threads)]


def detect_chunk(
    sources: Sequence[Source], drawn: Mapping[str, Path] | None
) -> list[PictureResult]:
    """Return in a worker what is found in the images, drawn into those files if they are given."""
    (model, options, detectors, threads) = _loaded[0]
    write = None if drawn is None else partial(_save, drawn)
    detect = detecting(detectors, options.threshold.score, model.classes, write)
    return list(in_order(pictures(sources, options.max_pixels), detect, threads))


def _save(files: Mapping[str, Path], name: str, drawn: Image) -> None:
    save_drawn(files[name], drawn)
