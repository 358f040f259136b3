from pathlib import Path

import pytest

from datasets.annotations import Dataset
from datasets.reading import read_dataset
from datasets.sample.voc_folder import write_sample

SEED = 0


@pytest.fixture(scope="session")
def whole_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cache") / "sample"
    write_sample(folder, SEED)
    return folder


@pytest.fixture(scope="session")
def whole_set(whole_folder: Path) -> Dataset:
    return read_dataset(whole_folder)
