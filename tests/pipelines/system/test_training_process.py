import os
import platform
import subprocess
import sys
from types import SimpleNamespace

import pytest

from pipelines.system import machine, runtime, training_process


class FakeTensorFlow:
    """As much of TensorFlow as the set-up of a training asks for."""

    def __init__(self):
        self.threads, self.rewriting = {}, {}
        self.config = SimpleNamespace(
            threading=SimpleNamespace(
                set_intra_op_parallelism_threads=lambda n: self.threads.update(intra=n),
                set_inter_op_parallelism_threads=lambda n: self.threads.update(inter=n),
            ),
            optimizer=SimpleNamespace(set_experimental_options=self.rewriting.update),
        )


@pytest.fixture
def tensorflow(monkeypatch):
    """A TensorFlow that notes what it is told; the process keeps its threads and environment."""
    import cv2
    import threadpoolctl

    monkeypatch.setattr(os, "environ", dict(os.environ))
    fake = FakeTensorFlow()
    monkeypatch.setitem(sys.modules, "tensorflow", fake)
    monkeypatch.setattr(training_process, "keep_freed_memory", lambda: None)
    before = cv2.getNumThreads()
    with threadpoolctl.threadpool_limits(None):
        yield fake
    cv2.setNumThreads(before)


@pytest.mark.parametrize(("threads", "each"), [(1, 1), (2, 1), (5, 2)])
def test_operations_at_once_share_the_threads(tensorflow, threads, each):
    runtime.set_threads(threads)
    training_process.divide_threads(2)
    assert tensorflow.threads == {"intra": each, "inter": threads}
    assert os.environ["TF_NUM_INTRAOP_THREADS"] == str(each)


@pytest.mark.parametrize("is_gpu", [False, True])
def test_graphs_are_rewritten_for_gpus_only(tensorflow, monkeypatch, is_gpu):
    device = runtime.Device("it", is_gpu, lambda: None)
    monkeypatch.setattr(training_process, "choose_device", lambda choice: device)
    assert training_process.begin_training("auto", 1) == device
    assert tensorflow.rewriting == ({} if is_gpu else {"disable_meta_optimizer": True})


TAKES_AND_FREES = """
import resource, sys
sys.path.insert(0, {root!r})
import numpy as np
from pipelines.system import training_process
if {keep}:
    training_process.keep_freed_memory()
def new_pages():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        arrays = [np.ones(2**20) for _ in range(10)]
        del arrays
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
new_pages()
print(new_pages())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="elsewhere nothing is done")
def test_freed_memory_is_kept_for_what_is_needed_next():
    def pages(keep):
        code = TAKES_AND_FREES.format(root=str(machine.ROOT), keep=keep)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        return int(done.stdout)

    assert pages(keep=True) < pages(keep=False) / 10
