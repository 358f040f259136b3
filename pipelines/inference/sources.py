"""Pictures to detect in: files, folders, globs, videos or a camera, opened one by one."""

from __future__ import annotations

import glob
import math
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Never

import cv2
import numpy as np
from cv2.typing import MatLike

from datasets.errors import UserError
from datasets.images import SUFFIXES, UNREAD_SUFFIXES, ImageError, load_image
from datasets.path_names import as_text, suffix_of, walk
from datasets.regular_files import check_regular
from pipelines.detections import Image
from pipelines.inference.live import Camera, camera_name, camera_of, frame_rate, live_frames

_VIDEOS = ("mp4", "m4v", "mov", "avi", "mkv", "webm", "mpg", "mpeg", "wmv", "flv", "ts", "3gp")
VIDEO_SUFFIXES = frozenset(f".{name}" for name in _VIDEOS)
_COUNTED = frozenset({".avi", ".mp4", ".m4v", ".mov"})  # containers that list their frames
MISSED = 0.05  # share of frames by which others may err, which compute them from their duration
# What FFmpeg may take a file for and open for it, whatever the file says it is.
_CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,asf,flv"
_FFMPEG_OPTIONS = f"protocol_whitelist;file|format_whitelist;{_CONTAINERS}"


@dataclass(frozen=True)
class Source:
    """One file: ``name`` is its path below the folder that all share, with ``/``; unique.

    ``camera`` is the number or address of what is no file but sends frames until it is stopped.
    """

    name: str
    path: Path
    is_video: bool
    camera: Camera | None = None


@dataclass(frozen=True)
class Frame:
    """Which frame of which video a picture is; the video's rate in frames a second."""

    video: str
    number: int
    rate: float


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture that has not been decoded yet.

    Attributes:
        name: of the file; a frame's number stands behind its video's, as ``clip.mp4#000012``.
        read: gives ``(H, W, 3)`` uint8 RGB, upright; raises `ImageError`.
        frame: of a video, None for an image.
    """

    name: str
    read: Callable[[], Image]
    frame: Frame | None = None


def found_sources(given: Sequence[str]) -> list[Source]:
    """Return the files that were named, below a folder or by a pattern, each once, or a camera.

    Of folders and patterns only files that are named like images or videos are taken, pictures that
    can't be read among them, so that they are reported. A name that is there is never a pattern,
    whatever brackets are in it.

    Raises:
        UserError: one of them is not there, or has nothing in it, or a camera is not alone.
    """
    for text in given:
        if not Path(text).exists() and (camera := camera_of(text)) is not None:
            name = camera_name(camera)
            if len(given) > 1:
                raise UserError(f"{name}: goes on until it is stopped; give it alone")
            return [Source(name, Path(name), True, camera)]
    paths: dict[Path, None] = {}
    bases: list[str] = []
    for text in given:
        path = Path(text)
        if path.exists():
            matched, here = [path], _below(path)
        else:  # `glob` takes absolute patterns too, which Path's does not
            matched = [Path(name) for name in sorted(glob.glob(text, recursive=True))]  # noqa: PTH207
            here = [each for place in matched for each in _below(place) if _is_picture(each)]
        if not here:
            raise UserError(f"{text}: {_why_nothing(path, matched)}")
        paths |= {_absolute(each): None for each in here}
        bases += [str(_absolute(p if p.is_dir() else p.parent)) for p in matched]
    try:
        base = os.path.commonpath(bases)
    except ValueError:  # on two drives of Windows
        base = ""
    names = [Path(os.path.relpath(path, base)) if base else path for path in paths]
    return [
        Source(as_text(name.as_posix()), path, suffix_of(path.name) in VIDEO_SUFFIXES)
        for name, path in zip(names, paths, strict=True)
    ]


def picture_count(sources: Sequence[Source]) -> int:
    """Return how many pictures there are, by the frames that videos declare; 0 of a camera."""
    if any(source.camera is not None for source in sources):
        return 0
    return sum(_frame_count(source.path) if source.is_video else 1 for source in sources)


def pictures(
    sources: Sequence[Source], max_pixels: int, stop: threading.Event | None = None
) -> Iterator[Picture]:
    """Yield each image, and each frame of each video; images are decoded by whoever reads them.

    An image of more than ``max_pixels`` can't be read, nor can a video of such frames. A camera's
    newest frame is yielded until ``stop`` is set.

    Raises:
        UserError: a camera can't be opened.
    """
    for source in sources:
        if source.camera is not None:
            for live in live_frames(source.camera, stop or threading.Event()):
                yield _picture(source, live.number, live.rate, live.pixels)
        elif source.is_video:
            yield from _frames(source, max_pixels)
        else:
            yield Picture(source.name, partial(load_image, source.path, max_pixels))


def _frames(source: Source, max_pixels: int) -> Iterator[Picture]:
    """Yield the frames of a video, turned upright as its own data ask for.

    Where it ends before its last frame, as one that was cut off or is broken, what is missing is
    reported as a picture that can't be read.
    """
    video = opened_video(source.path)
    width, height = (video.get(p) for p in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
    if width * height > max_pixels:
        problem = f"has frames of {width:.0f}×{height:.0f} pixels, more than {max_pixels}"
        yield Picture(source.name, partial(_refuse, source.path, problem))
        return
    rate = frame_rate(video)
    number = 0
    while (read := video.read())[0]:
        number += 1
        yield _picture(source, number, rate, read[1])
    declared = _frame_count(source.path)
    if not number:
        problem = "is not a video that can be decoded"
        yield Picture(source.name, partial(_refuse, source.path, problem))
    elif declared - number > (0 if suffix_of(source.name) in _COUNTED else MISSED * declared):
        problem = f"only {number} of {declared} frames can be decoded; the rest is missing"
        yield Picture(source.name, partial(_refuse, source.path, problem))


def _picture(source: Source, number: int, rate: float, pixels: MatLike) -> Picture:
    frame = Frame(source.name, number, rate)
    return Picture(f"{source.name}#{number:06}", partial(_rgb, pixels), frame)


def opened_video(path: Path) -> cv2.VideoCapture:
    """Return a video, not opened where it is none: a playlist would lead to other files."""
    try:
        check_regular(path)
    except OSError:
        return cv2.VideoCapture()
    loudness = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    try:  # it warns of what can't be opened, which is said here
        with _environment("OPENCV_FFMPEG_CAPTURE_OPTIONS", _FFMPEG_OPTIONS):
            return cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    finally:
        cv2.utils.logging.setLogLevel(loudness)


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _rgb(pixels: MatLike) -> Image:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)


def _refuse(path: Path, problem: str) -> Never:
    raise ImageError(f"{path}: {problem}")


def _frame_count(path: Path) -> int:
    count = opened_video(path).get(cv2.CAP_PROP_FRAME_COUNT)
    return int(count) if math.isfinite(count) and count > 0 else 1


def _below(path: Path) -> list[Path]:
    """Return a file itself, or all images and videos below a folder, sorted."""
    if not path.is_dir():
        return [path]
    return [path / name for name in sorted(walk(path)) if _is_picture(Path(name))]


def _absolute(path: Path) -> Path:
    """Return a path from the root, without ``..``; links are left as they are named."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - resolve() follows links


def _is_picture(path: Path) -> bool:
    return suffix_of(path.name) in SUFFIXES | UNREAD_SUFFIXES | VIDEO_SUFFIXES


def _why_nothing(path: Path, matched: Sequence[Path]) -> str:
    if path.is_dir():
        return "has no image and no video in it"
    if matched:
        return "fits no image and no video"
    return "is not there" if not glob.has_magic(str(path)) else "fits no file"
