from dataclasses import replace

import pytest
from run_files import TRAINED, found, truth, write_run

from datasets.errors import UserError
from pipelines.benchmark.run import compare
from pipelines.settings import RunSettings
from pipelines.system.output_lock import sole_writer


def test_an_unknown_contender_is_told_before_anything_is_read_or_written(tmp_path):
    settings = RunSettings(dataset=str(tmp_path / "nowhere"), pipelines=("classical", "svm"))
    with pytest.raises(UserError, match="no contender 'svm'"):
        compare(settings, tmp_path / "run")
    assert not list(tmp_path.iterdir())


@pytest.fixture
def whole(tmp_path):
    """A run that is whole, killed before it had removed what only going on needs."""
    objects = truth(4)
    run = write_run(tmp_path / "run", {"yolo": found(objects, 0.5)}, objects)
    (run / "stages").mkdir()
    (run / "settings.json").touch()
    return run


def test_a_whole_run_has_nothing_to_go_on_with_and_is_tidied(whole):
    metrics = compare(TRAINED, whole, resume=True)
    assert list(metrics.pipelines) == ["yolo"]
    assert not (whole / "stages").exists()
    assert not (whole / "settings.json").exists()


def test_a_whole_run_of_other_settings_is_not_given_for_the_one_that_was_asked(whole):
    with pytest.raises(UserError, match=r"whole, .*another limit, seed;"):
        compare(replace(TRAINED, seed=3, limit=5), whole, resume=True)


def test_a_run_is_not_written_where_another_process_is_at_it(whole):
    with sole_writer(whole), pytest.raises(UserError, match="another process"):
        compare(TRAINED, whole, overwrite=True)
    assert (whole / "metrics.json").is_file()
