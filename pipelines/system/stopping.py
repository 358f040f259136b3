"""A wish to stop, from Ctrl-C or the system, kept until there is a good moment for it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_at_a_good_moment() -> Iterator[Callable[[], bool]]:
    """Give a function that says whether somebody asked to stop; a second wish is obeyed at once.

    Only the main thread of a process may use it.
    """
    before = {int(number): signal.getsignal(number) for number in SIGNALS}
    asked = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        del frame
        asked = True
        signal.signal(number, before[number])

    for number in SIGNALS:
        signal.signal(number, note)
    try:
        yield lambda: asked
    finally:
        for number in SIGNALS:
            signal.signal(number, before[number])
