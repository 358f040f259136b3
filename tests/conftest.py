"""Fixtures shared by all tests."""

import os

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(scope="session")
def sample_dataset():
    """The rendered sample set, read as anybody's."""
    from datasets.reading import read_dataset
    from datasets.sample.store import sample_folder

    return read_dataset(sample_folder())
