import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from datasets.errors import UserError
from pipelines.system import machine as the_machine
from pipelines.system import runtime
from pipelines.system.processes import in_own_process


class FakeTensorFlow:
    """As much of TensorFlow as the runtime asks for, on a machine with that many GPUs."""

    def __init__(self, gpus=1):
        self.seen = [SimpleNamespace(name=f"/physical_device:GPU:{i}") for i in range(gpus)]
        self.growing, self.waits, self.threads = [], 0, {}
        self.config = SimpleNamespace(
            list_physical_devices=lambda kind: list(self.seen),
            list_logical_devices=lambda kind: list(self.seen),
            set_visible_devices=self._show,
            experimental=SimpleNamespace(
                get_device_details=lambda gpu: {"device_name": "Quick 9000"},
                set_memory_growth=lambda gpu, grow: self.growing.append(grow),
                get_memory_info=lambda device: {"current": 2**20, "peak": 3 * 2**20},
            ),
            threading=SimpleNamespace(
                set_intra_op_parallelism_threads=lambda n: self.threads.update(intra=n),
                set_inter_op_parallelism_threads=lambda n: self.threads.update(inter=n),
                get_intra_op_parallelism_threads=lambda: self.threads.get("intra", 0),
            ),
        )
        self.test = SimpleNamespace(experimental=SimpleNamespace(sync_devices=self._wait))

    def _show(self, devices, kind):
        self.seen = list(devices)

    def _wait(self):
        self.waits += 1


@pytest.fixture
def machine(monkeypatch):
    """Gives the machine a driver and that many GPUs."""

    def with_gpus(count, driver=True):
        fake = FakeTensorFlow(count)
        monkeypatch.setitem(sys.modules, "tensorflow", fake)
        monkeypatch.setattr(runtime, "_has_gpu_driver", lambda: driver)
        return fake

    return with_gpus


@pytest.fixture
def threads_kept(monkeypatch):
    """Leaves the process with the threads and the environment it had."""
    import cv2
    import threadpoolctl

    monkeypatch.setattr(os, "environ", dict(os.environ))
    before = cv2.getNumThreads()
    with threadpoolctl.threadpool_limits(None):
        yield
    cv2.setNumThreads(before)


@pytest.mark.parametrize("choice", ["auto", "gpu"])
def test_a_gpu_is_used_waited_for_and_called_by_its_name(machine, choice):
    tensorflow = machine(1)
    device = runtime.choose_device(choice)
    device.synchronise()
    assert (device.is_gpu, device.name) == (True, "GPU (Quick 9000)")
    assert (tensorflow.waits, tensorflow.growing) == (1, [True])


def test_a_gpu_that_is_not_wanted_is_hidden(machine):
    tensorflow = machine(1)
    device = runtime.choose_device("cpu")
    device.synchronise()
    assert (device.is_gpu, tensorflow.seen, tensorflow.waits) == (False, [], 0)
    assert runtime.peak_gpu_mb() is None


@pytest.mark.parametrize("driver", [True, False])
def test_without_a_gpu_the_processor_is_taken(machine, driver):
    machine(0, driver)
    device = runtime.choose_device("auto")
    assert not device.is_gpu
    assert device.name == runtime.cpu_name()
    assert device.name.startswith("CPU (")


@pytest.mark.parametrize(
    ("choice", "way_out"), [("gpu", r'pip install "\.\[gpu\]"'), ("tpu", "auto, cpu or gpu")]
)
def test_a_device_that_is_not_there_is_refused_with_the_way_out(machine, choice, way_out):
    machine(0)
    with pytest.raises(UserError, match=way_out):
        runtime.choose_device(choice)


def test_memory_on_the_gpu_is_tensorflows_peak(machine):
    machine(1)
    assert runtime.peak_gpu_mb() == 3.0


def test_memory_on_the_gpu_is_unknown_where_tensorflow_was_never_loaded(monkeypatch):
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    assert runtime.peak_gpu_mb() is None


def test_memory_of_a_process_is_its_own_not_its_parents():
    ballast = bytearray(300 * 2**20)
    ballast[:: 2**12] = b"1" * len(ballast[:: 2**12])  # so that every page is really held
    assert runtime.peak_rss_mb() > 300
    # The child has imported numpy and OpenCV, about 100 MiB, and none of the ballast.
    assert in_own_process(runtime.peak_rss_mb) < 200


def test_all_libraries_get_the_same_number_of_threads(machine, threads_kept):
    tensorflow = machine(0)
    runtime.set_threads(1)
    assert tensorflow.threads == {"intra": 1, "inter": 1}
    counts = runtime.thread_settings()
    assert (counts["opencv"], counts["blas"], counts["tensorflow"]) == (1, 1, 1)
    assert os.environ["OMP_NUM_THREADS"] == os.environ["TF_NUM_INTRAOP_THREADS"] == "1"


def test_blas_can_have_a_number_of_its_own(machine, threads_kept):
    machine(0)
    runtime.set_threads(2, blas=1)
    counts = runtime.thread_settings()
    assert (counts["opencv"], counts["blas"], counts["tensorflow"]) == (2, 1, 2)
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
    assert os.environ["OMP_NUM_THREADS"] == "2"


def test_threads_are_unknown_of_libraries_that_are_not_loaded(monkeypatch):
    for library in ("tensorflow", "cv2"):
        monkeypatch.delitem(sys.modules, library, raising=False)
    counts = runtime.thread_settings()
    assert (counts["tensorflow"], counts["opencv"]) == (None, None)


def test_the_environment_is_described_without_loading_tensorflow():
    code = (
        "import sys; from pipelines.system.runtime import environment;"
        "print(dict(environment({'opencv': 3}).threads));"
        "sys.exit('tensorflow' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=the_machine.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "{'opencv': 3}\n"


def test_the_environment_names_versions_processor_and_cores():
    environment = runtime.environment()
    assert environment.libraries["numpy"].count(".") == 2
    assert environment.cpu
    assert environment.cores == runtime.usable_cores()
    assert set(environment.threads.values()) == {environment.cores}


def git(folder, *words):
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True)


def test_the_commit_is_known_and_whether_files_differ_from_it(tmp_path):
    git(tmp_path, "init")
    git(tmp_path, "commit", "--allow-empty", "-m", "first")
    git(tmp_path, "tag", "-m", "named", "v1")
    commit, changed = the_machine.git_commit(tmp_path)
    assert (len(commit), changed) == (40, False)
    (tmp_path / "new").touch()
    assert the_machine.git_commit(tmp_path) == (commit, True)


def test_a_folder_inside_another_project_has_no_commit_of_its_own(tmp_path):
    git(tmp_path, "init")
    git(tmp_path, "commit", "--allow-empty", "-m", "first")
    (tmp_path / "inner").mkdir()
    assert the_machine.git_commit(tmp_path / "inner") == (None, None)


def test_a_tool_that_is_missing_or_fails_has_no_output():
    assert the_machine.output_of("no-such-tool-at-all") is None
    assert the_machine.output_of("git", "no-such-command") is None
