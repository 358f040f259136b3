"""A trained detector on anybody's pictures: annotated images, one file of results, steady memory.

Only a few pictures are held at once, and results are written in the order given.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import closing, nullcontext
from functools import partial
from pathlib import Path

import msgspec

from datasets.errors import UserError
from datasets.progress import Track
from datasets.regular_files import content
from pipelines.inference.engines import DetectOptions, this_machine
from pipelines.inference.live import until_interrupted
from pipelines.inference.on_cluster import on_cluster
from pipelines.inference.result_files import FORMATS, DrawnFiles
from pipelines.inference.sources import Source, picture_count
from pipelines.runs.model_folder import ModelFolder
from pipelines.system.files import replacing, write_json

SUMMARY, ANNOTATED = "summary.json", "annotated"
MADE_BY = "scripts/detect.py"  # in the summary, by which a folder is known to be ours


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
        UserError: there is no such device or cluster, the detector can't be loaded, the folder
            can't be written, or no picture could be read.
    """
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # a broken video is reported here
    name, open_results = FORMATS[options.format]
    unreadable: list[str] = []
    read = detections = last = 0
    is_live = any(source.camera is not None for source in sources)
    engine_for = this_machine if options.cluster is None else partial(on_cluster, options.cluster)
    with (
        engine_for(model, sources, options) as engine,
        replacing(output) as work,
        until_interrupted() if is_live else nullcontext() as stop,
    ):
        started = time.perf_counter()  # what was loaded serves any number of pictures
        drawn_files = DrawnFiles(work / ANNOTATED, sources) if options.draw else None
        results = engine.results(stop, drawn_files)
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
            threads=engine.threads,
            device=engine.device,
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
