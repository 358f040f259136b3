"""A camera, or an address that sends pictures: the newest frame whenever one is asked for.

A camera does not wait. So frames are read as they come and only the newest is kept: a detector
slower than they come passes frames over instead of falling behind, and memory stays steady however
long it runs.
"""

from __future__ import annotations

import math
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from urllib.parse import urlsplit

import cv2
from cv2.typing import MatLike

from datasets.errors import UserError

Camera = int | str  # its number on this machine, or the address
USUAL_RATE = 25.0  # frames a second, where none is given
_ADDRESS = re.compile(r"(rtsps?|rtmps?|https?|udp|tcp)://", re.IGNORECASE)
_MOST_NUMBER = 99
_LOOK_SECONDS = 0.1  # between looks whether to stop, while no frame comes
_END_SECONDS = 2.0  # that a last read may take


@dataclass(frozen=True, eq=False)
class LiveFrame:
    """One frame: its number of all that came, the rate they are said to come at, BGR pixels."""

    number: int
    rate: float
    pixels: MatLike


def camera_of(text: str) -> Camera | None:
    """Return the camera's number or the address that a source's text is, None if it is neither."""
    if text.isascii() and text.isdigit() and int(text) <= _MOST_NUMBER:
        return int(text)
    return text if _ADDRESS.match(text) else None


def camera_name(camera: Camera) -> str:
    """Return what to call it in files: of an address host and path, never a user or password.

    Raises:
        UserError: the address has no host.
    """
    if isinstance(camera, int):
        return f"camera-{camera}"
    try:
        parts = urlsplit(camera)
        host = parts.hostname
    except ValueError:
        host = None
    if not host:
        raise UserError("an address needs a host, as in rtsp://host/stream")
    return re.sub(r"[^\w./-]+", "-", f"{host}{parts.path}").strip("/.")


def live_frames(camera: Camera, stop: threading.Event) -> Iterator[LiveFrame]:
    """Yield the newest frame each time, until ``stop`` is set or no more come.

    What says how many frames it has is a file behind an address: it waits, and no frame is missed.

    Raises:
        UserError: it can't be opened.
    """
    capture = _opened(camera)
    rate = frame_rate(capture)
    number = 0
    if capture.get(cv2.CAP_PROP_FRAME_COUNT) > 0:
        while not stop.is_set() and (read := capture.read())[0]:
            number += 1
            yield LiveFrame(number, rate, read[1])
        capture.release()
        return
    newest = _Newest(capture, stop)
    try:
        while (found := newest.after(number)) is not None:
            number, pixels = found
            yield LiveFrame(number, rate, pixels)
    finally:
        newest.close()


def _opened(camera: Camera) -> cv2.VideoCapture:
    """Return a camera that is open; what OpenCV would print of its attempts is left out.

    Raises:
        UserError: it can't be opened.
    """
    level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        capture = cv2.VideoCapture(camera)
    finally:
        cv2.utils.logging.setLogLevel(level)
    if not capture.isOpened():
        raise UserError(f"{camera_name(camera)}: can't be opened; is it there and free?")
    return capture


def frame_rate(video: cv2.VideoCapture) -> float:
    """Return the frames a second that a video says it has, or the usual number."""
    rate = video.get(cv2.CAP_PROP_FPS)
    return rate if math.isfinite(rate) and 0 < rate <= 1000 else USUAL_RATE


@contextmanager
def until_interrupted() -> Iterator[threading.Event]:
    """Give an event that Ctrl-C sets instead of ending the program; a second one ends it."""
    stop = threading.Event()
    before = signal.getsignal(signal.SIGINT)

    def interrupted(number: int, frame: FrameType | None) -> None:
        stop.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, interrupted)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


class _Newest:
    """Reads a capture in a thread of its own and keeps its newest frame."""

    def __init__(self, capture: cv2.VideoCapture, stop: threading.Event) -> None:
        self._capture, self._stop = capture, stop
        self._changed = threading.Condition()
        self._number = 0
        self._pixels: MatLike | None = None
        self._ended = self._closed = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while not self._closed:
            is_there, pixels = self._capture.read()
            with self._changed:
                if is_there:
                    self._number, self._pixels = self._number + 1, pixels
                self._ended = not is_there
                self._changed.notify_all()
            if not is_there:
                return

    def after(self, number: int) -> tuple[int, MatLike] | None:
        """Return number and pixels of a frame newer than that, None when none will come."""
        with self._changed:
            while self._number <= number and not self._ended and not self._stop.is_set():
                self._changed.wait(_LOOK_SECONDS)
            if self._stop.is_set() or self._number <= number or self._pixels is None:
                return None
            return self._number, self._pixels

    def close(self) -> None:
        """Let the capture go, unless a read of it hangs: then the program's end does."""
        self._closed = True
        self._thread.join(_END_SECONDS)
        if not self._thread.is_alive():
            self._capture.release()
