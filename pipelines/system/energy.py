"""The machine's energy counters: RAPL of the processor, NVML of NVIDIA's graphics processors."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

POWERCAP = Path("/sys/class/powercap")


def energy_counter(root: Path = POWERCAP) -> Callable[[], float | None]:
    """Return a counter of joules spent by processors and GPUs; it gives None where there is none.

    RAPL counts whole processor packages, so that other work on the machine is in it; many systems
    let only root read it. A package's counter starts again at the end of its range, which is made
    up for.
    """
    # Only whole packages: their parts are counted in them.
    places = [p for p in root.glob("intel-rapl:*") if _read(p / "name").startswith("package")]
    packages = [Rapl(place) for place in sorted(places)]
    gpus = _gpus()

    def joules() -> float | None:
        values = [package.joules() for package in packages] + [gpu() for gpu in gpus]
        known = [value for value in values if value is not None]
        return sum(known) if known else None

    return joules


class Rapl:
    """One processor package's counter, which never goes back."""

    def __init__(self, path: Path) -> None:
        """Only note where it is, ``/sys/class/powercap/intel-rapl:<n>``."""
        self._path = path
        self._last: int | None = None
        self._turns = 0

    def joules(self) -> float | None:
        """Return joules since some moment, None where it can't be read."""
        now = _number(self._path / "energy_uj")
        most = _number(self._path / "max_energy_range_uj")
        if now is None or most is None:
            return None
        if self._last is not None and now < self._last:
            self._turns += 1
        self._last = now
        return (now + self._turns * most) / 1e6


def _read(path: Path) -> str:
    """Return what a counter's file holds, nothing where it can't be read."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _number(path: Path) -> int | None:
    text = _read(path)
    return int(text) if text.isdecimal() else None


def _gpus() -> list[Callable[[], float | None]]:
    """Return a counter of joules for each NVIDIA GPU, none without nvidia-ml-py or a driver."""
    try:
        import pynvml
    except ImportError:
        return []
    try:
        pynvml.nvmlInit()
        places = range(pynvml.nvmlDeviceGetCount())
        handles = [pynvml.nvmlDeviceGetHandleByIndex(place) for place in places]
    except pynvml.NVMLError:
        return []

    def joules(handle: Any) -> float | None:
        try:
            return float(pynvml.nvmlDeviceGetTotalEnergyConsumption(handle)) / 1000
        except pynvml.NVMLError:  # older GPUs do not count
            return None

    return [partial(joules, handle) for handle in handles]
