"""Threads, devices, memory and the environment of a run. Nothing else touches these."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import psutil

from datasets.errors import UserError
from models.quiet import native_stderr_hidden
from pipelines.system import machine

# Read by BLAS and OpenMP when they are loaded, by TensorFlow before its first operation.
_LIBRARIES = ("OMP_NUM", "OPENBLAS_NUM", "MKL_NUM", "TF_NUM_INTRAOP", "TF_NUM_INTEROP")
THREADS_OF = tuple(f"{name}_THREADS" for name in _LIBRARIES)
BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Device:
    """Where TensorFlow runs, with the name reports give it.

    ``synchronise`` waits until the device has finished; a CPU has when its call returns.
    """

    name: str
    is_gpu: bool
    synchronise: Callable[[], None]


def usable_cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def set_threads(count: int, blas: int | None = None) -> None:
    """Let OpenCV, BLAS, OpenMP and TensorFlow use that many threads, BLAS another number if given.

    What detects gives BLAS one: its products are small, and its other threads, which wait for work
    in a loop, would take twice the CPU time and save none (`scripts/measure/blas_threads.py`).

    Call it before TensorFlow is imported or at least before its first operation: it reads its
    numbers once. Libraries of BLAS and OpenMP that are loaded later read the environment.

    Raises:
        RuntimeError: TensorFlow has already started with another number.
    """
    blas = blas or count
    for name in THREADS_OF:
        os.environ[name] = str(blas if name in BLAS_THREADS else count)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import cv2
    import threadpoolctl

    cv2.setNumThreads(count)
    threadpoolctl.threadpool_limits({"blas": blas, "openmp": count})
    if "tensorflow" in sys.modules:
        threading = sys.modules["tensorflow"].config.threading
        threading.set_intra_op_parallelism_threads(count)
        threading.set_inter_op_parallelism_threads(count)


@contextmanager
def one_thread_a_call() -> Iterator[None]:
    """Let OpenCV and BLAS use one thread for a while: for loops that are themselves in threads."""
    import cv2
    import threadpoolctl

    kept = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with threadpoolctl.threadpool_limits(1):
            yield
    finally:
        cv2.setNumThreads(kept)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let BLAS use one thread for a while: for what detects in a process that also trains."""
    import threadpoolctl

    with threadpoolctl.threadpool_limits(1, user_api="blas"):
        yield


def thread_settings() -> dict[str, int | None]:
    """Return how many threads each library uses in this process, None where it is not loaded.

    The libraries report it; of several copies of one the largest number counts. A TensorFlow
    whose number was never set chooses for itself and reports 0.
    """
    import threadpoolctl

    pools = threadpoolctl.threadpool_info()

    def most(kind: str) -> int | None:
        return max(
            (pool["num_threads"] for pool in pools if pool["user_api"] == kind), default=None
        )

    counts = {"opencv": None, "blas": most("blas"), "openmp": most("openmp"), "tensorflow": None}
    if opencv := sys.modules.get("cv2"):
        counts["opencv"] = int(opencv.getNumThreads())
    if tensorflow := sys.modules.get("tensorflow"):
        from_environment = os.environ.get("TF_NUM_INTRAOP_THREADS", "0")
        count = tensorflow.config.threading.get_intra_op_parallelism_threads()
        counts["tensorflow"] = int(count or from_environment)
    return counts


def load_tensorflow() -> None:
    """Import TensorFlow without its greetings; later imports find it there."""
    with native_stderr_hidden():
        import tensorflow  # noqa: F401


def choose_device(choice: str) -> Device:
    """Return the device for ``auto``, ``cpu`` or ``gpu``, before TensorFlow's first operation.

    TensorFlow is imported only where there may be a GPU, or one is required.

    Raises:
        UserError: ``gpu`` without one, and how to install it; or no such device.
    """
    if choice not in {"auto", "cpu", "gpu"}:
        raise UserError(f"--device {choice}: there is no such device; choose auto, cpu or gpu")
    cpu = Device(cpu_name(), False, lambda: None)
    if choice != "gpu" and not _has_gpu_driver():
        return cpu
    import tensorflow as tf

    if choice == "cpu":
        tf.config.set_visible_devices([], "GPU")
        return cpu
    if gpus := tf.config.list_physical_devices("GPU"):
        for gpu in gpus:
            tf.config.experimental.set_memory_growth(gpu, True)
        details = tf.config.experimental.get_device_details(gpus[0])
        name = details.get("device_name", gpus[0].name)
        return Device(f"GPU ({name})", True, tf.test.experimental.sync_devices)
    if choice == "auto":
        return cpu
    raise UserError(
        "--device gpu: TensorFlow finds no GPU; `nvidia-smi` must list one, and `pip install "
        '".[gpu]"` brings the TensorFlow that uses it'
    )


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """What a figure depends on besides data and settings.

    Attributes:
        libraries: their versions, None for one that is missing.
        cores: processors this process may use.
        threads: of each library, None for one that was not loaded.
        memory_mb: of the machine, MiB.
        gpus: names of graphics processors.
        git_commit: of the project, None outside its checkout.
        git_changed: whether files differ from it.
    """

    python: str
    platform: str
    libraries: Mapping[str, str | None]
    cpu: str
    cores: int
    threads: Mapping[str, int | None]
    memory_mb: float
    gpus: tuple[str, ...]
    git_commit: str | None
    git_changed: bool | None


def environment(threads: Mapping[str, int | None] | None = None) -> Environment:
    """Return what a figure depends on besides data and settings, without importing any of it.

    ``threads`` is what `thread_settings` gave in the process that took the figures; without it,
    the number that `set_threads` is given in every process of a run.
    """
    commit, changed = machine.git_commit()
    set_everywhere = dict.fromkeys(("opencv", "blas", "tensorflow", "litert"), usable_cores())
    return Environment(
        python=platform.python_version(),
        platform=platform.platform(),
        libraries=machine.versions(),
        cpu=machine.cpu_model(),
        cores=usable_cores(),
        threads=set_everywhere if threads is None else threads,
        memory_mb=psutil.virtual_memory().total / 2**20,
        gpus=tuple(gpu_names()),
        git_commit=commit,
        git_changed=changed,
    )


class PeakMemory(msgspec.Struct, frozen=True):
    """The most memory a process has held, MiB; None on a GPU that it did not use."""

    rss_mb: float
    gpu_mb: float | None


def peak_memory() -> PeakMemory:
    """Return the most memory this process has held so far."""
    return PeakMemory(peak_rss_mb(), peak_gpu_mb())


def peak_rss_mb() -> float:
    """Return the most memory this process has held since it was started, MiB, with its threads.

    On Linux the figure is the kernel's ``VmHWM``, for ``ru_maxrss`` begins at what the parent held
    when it started this process.
    """
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="utf-8").splitlines() if status.is_file() else []
    for line in lines:
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    if sys.platform == "win32":
        return float(psutil.Process().memory_info().peak_wset) / 2**20
    import resource  # Windows has none

    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, others KiB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def peak_gpu_mb() -> float | None:
    """Return the most memory TensorFlow held on its first GPU, MiB; None where it uses none."""
    tf = sys.modules.get("tensorflow")
    if tf is None or not tf.config.list_logical_devices("GPU"):
        return None
    return float(tf.config.experimental.get_memory_info("GPU:0")["peak"]) / 2**20


def gpu_names() -> list[str]:
    """Return the names of the graphics processors, by their driver, without TensorFlow."""
    files = sorted(Path("/proc/driver/nvidia/gpus").glob("*/information"))
    lines = [line for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("Model:")]
    if names or not _has_gpu_driver():
        return names
    output = machine.output_of("nvidia-smi", "--query-gpu=name", "--format=csv,noheader")
    return (output or "").splitlines()


def cpu_name() -> str:
    """Return the processor with the threads in use, as reports name it."""
    return f"CPU ({machine.cpu_model()}, {usable_cores()} threads)"


def _has_gpu_driver() -> bool:
    """Say whether a GPU is possible at all, without loading TensorFlow to ask."""
    places = ("/proc/driver/nvidia", "/dev/nvidiactl", "/dev/dxg", "/dev/kfd")
    return any(Path(place).exists() for place in places)
