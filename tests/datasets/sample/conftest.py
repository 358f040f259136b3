from pathlib import Path

import pytest

from datasets.annotations import Dataset
from datasets.sample.store import sample_folder


@pytest.fixture(scope="session")
def whole_folder() -> Path:
    return sample_folder()


@pytest.fixture(scope="session")
def whole_set(sample_dataset: Dataset) -> Dataset:
    return sample_dataset
