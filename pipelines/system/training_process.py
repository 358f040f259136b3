"""How a process that trains a network is set up: threads, memory, what compiles its updates."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress

from pipelines.system.runtime import Device, choose_device, load_tensorflow, usable_cores

# Of glibc's mallopt (malloc.h): how much free memory to keep, what is mapped by itself, and how
# many heaps the threads share.
_MALLOPT = {-1: 2**31 - 1, -3: 32 * 2**20, -8: 1}


def begin_training(device: str, parts: int) -> Device:
    """Make this process one that trains, and return its device, ``auto``, ``cpu`` or ``gpu``.

    ``parts`` is into how many a batch is divided on a CPU. Call it before TensorFlow's first
    operation.

    Raises:
        UserError: ``gpu`` without one.
    """
    keep_freed_memory()
    divide_threads(parts)
    load_tensorflow()  # which reads its threads from what is set, and for its silence
    chosen = choose_device(device)
    if not chosen.is_gpu:
        leave_graphs_as_they_are()
    return chosen


def divide_threads(operations: int) -> None:
    """Let TensorFlow make so many operations at the same time, each with its share of the threads.

    It reads that before its first operation; later it changes nothing but the speed, and is not
    done.
    """
    together = int(os.environ.get("TF_NUM_INTEROP_THREADS") or usable_cores())
    each = max(1, together // operations)
    os.environ["TF_NUM_INTRAOP_THREADS"] = str(each)
    if "tensorflow" in sys.modules:
        with suppress(RuntimeError):
            sys.modules["tensorflow"].config.threading.set_intra_op_parallelism_threads(each)


def keep_freed_memory() -> None:
    """Let this process keep the memory that it frees, for what it needs next; on Linux with glibc.

    Every update of a training takes and frees the same. By default that goes back to the system,
    which then clears each page anew, and each thread has a heap of its own.
    """
    if sys.platform == "linux" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)):
        for number, value in _MALLOPT.items():
            mallopt(number, value)


def leave_graphs_as_they_are() -> None:
    """Have TensorFlow run what it compiles without rewriting it first.

    On a CPU the rewriting takes seconds for each network, up to a third of what it takes to
    compile an update, and the updates then take as long (`scripts/measure/compiling.py`).
    """
    sys.modules["tensorflow"].config.optimizer.set_experimental_options(
        {"disable_meta_optimizer": True}
    )
