"""The machine's energy counters: RAPL of the processor, NVML of NVIDIA's graphics processors."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path

POWERCAP = Path("/sys/class/powercap")


def energy_counter(root: Path = POWERCAP) -> Callable[[], float | None]:
    """Return a counter of joules spent by processors and GPUs; it gives None where there is none.

    RAPL counts whole processor packages, so that other work on the machine is in it; many systems
    let only root read it. A package's counter starts anew at its range's end, which is made up for.
    """
    packages = [Rapl(path) for path in sorted(root.glob("intel-rapl:*")) if _is_package(path)]
    gpus = _nvml_devices()

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


def _is_package(path: Path) -> bool:
    """Say whether it is a whole package, whose parts are counted in it."""
    try:
        return (path / "name").read_text(encoding="utf-8").startswith("package")
    except OSError:
        return False


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _nvml_devices() -> list[Callable[[], float | None]]:
    """Return a counter of joules for each NVIDIA GPU that has one."""
    try:
        nvml = ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return []
    count = ctypes.c_uint()
    if nvml.nvmlInit_v2() or nvml.nvmlDeviceGetCount_v2(ctypes.byref(count)):
        return []
    handles = []
    for place in range(count.value):
        handle = ctypes.c_void_p()
        if not nvml.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(place), ctypes.byref(handle)):
            handles.append(handle)

    def counter(handle: ctypes.c_void_p) -> Callable[[], float | None]:
        def joules() -> float | None:
            millijoules = ctypes.c_ulonglong()
            failed = nvml.nvmlDeviceGetTotalEnergyConsumption(handle, ctypes.byref(millijoules))
            return None if failed else millijoules.value / 1000

        return joules

    return [counter(handle) for handle in handles]
