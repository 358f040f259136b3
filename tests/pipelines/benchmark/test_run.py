import pytest

from datasets.errors import UserError
from pipelines.benchmark.run import compare
from pipelines.settings import RunSettings


def test_an_unknown_contender_is_told_before_anything_is_read_or_written(tmp_path):
    settings = RunSettings(dataset=str(tmp_path / "nowhere"), pipelines=("classical", "svm"))
    with pytest.raises(UserError, match="no contender 'svm'"):
        compare(settings, tmp_path / "run")
    assert not list(tmp_path.iterdir())
