"""Fixtures shared by all tests."""

import os
import signal
from dataclasses import replace

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# There is a process of tests for each core: more threads of each would only wait for one another,
# which they do in loops.
for _threads in ("OMP_NUM", "OPENBLAS_NUM", "MKL_NUM", "TF_NUM_INTRAOP"):
    os.environ.setdefault(f"{_threads}_THREADS", "1")

# A shell that runs tests in the background has them ignore Ctrl-C, and some try just that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Files whose tests take longest begin first, so that no process is left alone with one at the end.
# The second loads no TensorFlow, which two would compile at once in a new environment.
LONGEST = (
    *("test_a_third_contender", "test_faults", "test_compare_detection"),
    *("test_devices", "test_forms"),
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Put the longest files first, then those with TensorFlow, then the others."""
    tensorflow = {item.path for item in items if item.get_closest_marker("tensorflow")}

    def rank(item):
        if item.path.stem in LONGEST:
            return LONGEST.index(item.path.stem)
        return len(LONGEST) + (item.path not in tensorflow)

    items.sort(key=rank)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory):
    """Give a function that returns a folder of a name, made by one process for all of them."""
    from filelock import FileLock

    home = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        home = home.parent

    def folder(name, make):
        done = home / name
        with FileLock(home / f"{name}.lock"):
            if not done.exists():
                work = home / f"{name}.partial"
                work.mkdir()
                make(work)
                work.rename(done)
        return done

    return folder


@pytest.fixture(scope="session")
def sample_dataset(made_once):
    """The rendered sample set, read as anybody's."""
    from datasets.reading import read_dataset
    from datasets.sample.store import sample_folder

    made_once("sample", lambda _: sample_folder())  # the cache has it; only one renders it
    return read_dataset(sample_folder())


@pytest.fixture(scope="session")
def small_sample(sample_dataset):
    """A few images a split of the sample."""
    return replace(
        sample_dataset,
        splits={split: images[:8] for split, images in sample_dataset.splits.items()},
    )


@pytest.fixture(scope="session")
def classical_folder(small_sample, made_once):
    """A classical detector trained on a part of the sample in a moment, as it is saved."""

    def make(folder):
        from datasets.progress import silently
        from models.classical.settings import ClassicalSettings
        from pipelines.classical.storage import save_classical
        from pipelines.classical.training import train_classical

        settings = ClassicalSettings(
            proposals=80, grabcut_sizes=(64,), window_shapes=4, moved_copies=2, mining_rounds=0
        )
        splits, figures = small_sample.splits, []
        detector = train_classical(
            *(splits["train"], splits["val"], small_sample.classes, settings, 0, silently),
            threads=2,
            on_validation=figures.append,
        )
        assert len(figures) >= 3  # after a first round, other strengths and regression
        save_classical(detector, folder)

    return made_once("classical", make)


@pytest.fixture(scope="session")
def classical(classical_folder):
    """The detector in `classical_folder`."""
    from pipelines.classical.storage import load_classical

    return load_classical(classical_folder, threads=2)


@pytest.fixture(scope="module")
def simple_blocks():
    """Networks of a module's tests are simpler than they are: compiling takes seconds."""
    from simple_blocks import take_simple_blocks

    with pytest.MonkeyPatch.context() as patch:
        take_simple_blocks(patch)
        yield patch
