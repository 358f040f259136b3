"""The machine: threads, devices, memory and what it is called. Nothing else touches these."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from models.quiet import native_stderr_hidden

LIBRARIES = (
    "tensorflow",
    "keras",
    "ai-edge-litert",
    "opencv-python",
    "scikit-learn",
    "scikit-image",
    "numpy",
    "pillow",
    "faster-coco-eval",
    "joblib",
)


class DeviceError(Exception):
    """The device asked for is not there; the message says how to get it."""


@dataclass(frozen=True)
class Device:
    """Where TensorFlow runs.

    Attributes:
        name: what it is called, for the report.
        is_gpu: whether it is a GPU.
        synchronise: waits until the device has finished what it was given.
    """

    name: str
    is_gpu: bool
    synchronise: Callable[[], None]


def usable_cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def set_threads(count: int) -> None:
    """Let OpenCV, BLAS, OpenMP and TensorFlow use that many threads, all of them alike.

    Call it before TensorFlow is imported: it reads its numbers once.
    """
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(count)
    os.environ["TF_NUM_INTRAOP_THREADS"] = str(count)
    os.environ["TF_NUM_INTEROP_THREADS"] = str(count)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import cv2
    import threadpoolctl

    cv2.setNumThreads(count)
    threadpoolctl.threadpool_limits(count)


def load_tensorflow() -> None:
    """Import TensorFlow without its greetings; later imports find it there."""
    with native_stderr_hidden():
        import tensorflow  # noqa: F401


def choose_device(wish: str) -> Device:
    """Return the device for ``auto``, ``cpu`` or ``gpu``.

    Raises:
        DeviceError: ``gpu`` without one, and how to install it.
    """
    cpu = Device(cpu_name(), False, _nothing_to_wait_for)
    if wish == "cpu" or (wish == "auto" and not _has_gpu_driver()):
        if _has_gpu_driver():
            import tensorflow as tf

            tf.config.set_visible_devices([], "GPU")
        return cpu
    found = _gpus()
    if found:
        import tensorflow as tf

        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)
        return Device(f"GPU ({found[0]})", True, tf.test.experimental.sync_devices)
    if wish == "auto":
        return cpu
    raise DeviceError(
        "--device gpu: TensorFlow finds no GPU; `nvidia-smi` must list one, and `pip install "
        '".[gpu]"` brings the TensorFlow that uses it'
    )


def environment() -> dict[str, Any]:
    """Return what a figure depends on besides data and settings, for ``metrics.json``."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "libraries": {name: _version(name) for name in LIBRARIES},
        "cpu": cpu_model(),
        "cores": usable_cores(),
        "threads": dict.fromkeys(("opencv", "blas", "tensorflow", "litert"), usable_cores()),
        "memory_mb": psutil.virtual_memory().total / 2**20,
        "gpus": _gpus() if _has_gpu_driver() else [],
        "git_commit": _git_commit(),
    }


def peak_rss_mb() -> float:
    """Return the most memory this process, or the largest of its ended children, has held, MiB."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux KiB
    return max(own, children) * unit / 2**20


def peak_gpu_mb() -> float | None:
    """Return the most memory TensorFlow held on the first GPU, MiB; None without one."""
    if not _has_gpu_driver() or not _gpus():
        return None
    import tensorflow as tf

    return float(tf.config.experimental.get_memory_info("GPU:0")["peak"]) / 2**20


def cpu_name() -> str:
    """Return the processor with the threads in use, as reports name it."""
    return f"CPU ({cpu_model()}, {usable_cores()} threads)"


def cpu_model() -> str:
    """Return the processor's name as the system gives it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _nothing_to_wait_for() -> None:
    """Return at once: a CPU has finished when its call returns."""


def _has_gpu_driver() -> bool:
    """Say whether a GPU is possible at all, without loading TensorFlow to ask."""
    return Path("/proc/driver/nvidia").exists() or Path("/dev/kfd").exists()


def _gpus() -> list[str]:
    import tensorflow as tf

    return [
        tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name)
        for gpu in tf.config.list_physical_devices("GPU")
    ]


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _git_commit() -> str | None:
    """Return the project's commit, with a + if files differ from it; None outside a checkout."""
    root = Path(__file__).resolve().parents[1]
    command = ["git", "-C", str(root), "describe", "--always", "--abbrev=40", "--dirty=+"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
