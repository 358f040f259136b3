import sys
from types import SimpleNamespace

import pytest

from pipelines.system.energy import Rapl, energy_counter


def package(folder, name, microjoules, most=1_000_000):
    place = folder / name
    place.mkdir()
    (place / "name").write_text("package-0\n" if name.count(":") == 1 else "core\n")
    (place / "energy_uj").write_text(f"{microjoules}\n")
    (place / "max_energy_range_uj").write_text(f"{most}\n")
    return place


def test_packages_are_added_and_their_parts_not_counted_twice(tmp_path):
    package(tmp_path, "intel-rapl:0", 2_000_000)
    package(tmp_path, "intel-rapl:1", 500_000)
    package(tmp_path, "intel-rapl:0:0", 900_000)
    assert energy_counter(tmp_path)() == 2.5


def test_a_counter_that_starts_again_goes_on(tmp_path):
    place = package(tmp_path, "intel-rapl:0", 900_000)
    counter = Rapl(place)
    first = counter.joules()
    (place / "energy_uj").write_text("100000\n")
    assert counter.joules() - first == pytest.approx(0.2)


def test_a_machine_without_a_counter_says_so(tmp_path):
    assert energy_counter(tmp_path)() is None
    place = package(tmp_path, "intel-rapl:0", 1)
    (place / "energy_uj").unlink()
    assert energy_counter(tmp_path)() is None


def nvml(millijoules, error=None):
    """Stand in for pynvml: one GPU, or a driver that is not there."""

    class NVMLError(Exception):
        pass

    def start():
        if error == "driver":
            raise NVMLError

    def energy(handle):
        if error == "counter":
            raise NVMLError
        return millijoules

    return SimpleNamespace(
        NVMLError=NVMLError,
        nvmlInit=start,
        nvmlDeviceGetCount=lambda: 1,
        nvmlDeviceGetHandleByIndex=lambda place: place,
        nvmlDeviceGetTotalEnergyConsumption=energy,
    )


def test_a_gpu_is_added_to_the_processors(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", nvml(1500))
    assert energy_counter(tmp_path)() == 1.5
    package(tmp_path, "intel-rapl:0", 2_000_000)
    assert energy_counter(tmp_path)() == 3.5


@pytest.mark.parametrize("module", [None, nvml(1, "driver"), nvml(1, "counter")])
def test_a_gpu_that_counts_nothing_leaves_the_processors(tmp_path, monkeypatch, module):
    monkeypatch.setitem(sys.modules, "pynvml", module)
    package(tmp_path, "intel-rapl:0", 2_000_000)
    assert energy_counter(tmp_path)() == 2
