"""Ctrl-C that is never swallowed, nor shown as a traceback where Python can't pass it on.

Python raises it wherever the program is. Within a destructor, or a callback as the import system
has, it is printed as "Exception ignored" and the program goes on as if nobody had asked it to stop.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

AGAIN_SECONDS = 0.05  # after which what swallowed it is over


@contextmanager
def stopped_alike() -> Iterator[list[int]]:
    """Have the system's request to end do what Ctrl-C does, if this is the main thread.

    Yields the signals that have come: a library may make of one an error that does not tell of it,
    as NumPy's extension modules do where they are interrupted while they are imported.
    """
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield came
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        came.append(number)
        signal.default_int_handler(number, frame)

    numbers = [signal.SIGTERM]
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # a shell may ignore it
        numbers.append(signal.SIGINT)
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def keep_interruptions() -> None:
    """Have an interruption that was swallowed come again a moment later, without a word.

    At the very end of a program, where nothing is left to interrupt, it does not come again.
    """
    before = sys.unraisablehook
    if getattr(before, "keeps_interruptions", False):
        return

    def hook(unraisable: UnraisableHookArgs) -> None:
        if not issubclass(unraisable.exc_type, KeyboardInterrupt):
            before(unraisable)
            return
        with suppress(RuntimeError):  # no thread can be started any more
            again = threading.Timer(AGAIN_SECONDS, signal.raise_signal, (signal.SIGINT,))
            again.daemon = True
            again.start()

    hook.keeps_interruptions = True  # type: ignore[attr-defined]  # a function's own note
    sys.unraisablehook = hook
