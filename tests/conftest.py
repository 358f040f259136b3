"""Fixtures shared by all tests."""

import os

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


# Files whose tests take longest begin first, so that no process is left alone with one at the end.
LONGEST = (
    *("test_quick_evaluation", "test_a_third_contender", "test_faults"),
    *("test_phases", "test_compare_detection"),
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
def sample_dataset():
    """The rendered sample set, read as anybody's."""
    from datasets.reading import read_dataset
    from datasets.sample.store import sample_folder

    return read_dataset(sample_folder())
