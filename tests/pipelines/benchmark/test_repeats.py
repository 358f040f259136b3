"""Further trainings by this machine and by a Dask cluster of two processes."""

from dataclasses import replace
from math import isnan

import pytest

from datasets.errors import UserError
from models.classical.settings import ClassicalSettings
from pipelines.benchmark.repeats import train_again
from pipelines.benchmark.run import compare
from pipelines.runs.folder import RunFolder
from pipelines.settings import RunSettings
from pipelines.system import runtime

pytest.importorskip("distributed")
FAST = ClassicalSettings(
    proposals=80, grabcut_sizes=(64,), window_shapes=4, moved_copies=2, mining_rounds=0
)
SETTINGS = RunSettings(pipelines=("classical",), repeats=3, classical=FAST)
STAGES = ["detect-classical-1", "detect-classical-2", "train-classical-1", "train-classical-2"]


def opened(place, *, resume=False):
    folder = RunFolder(place)
    folder.open({}, overwrite=False, resume=resume)
    return folder


def left_by(folder):
    """What further trainings detect, by file, and which stages are kept."""
    repeats = folder.partial / "repeats"
    files = {
        str(path.relative_to(repeats)): path.read_bytes()
        for path in repeats.rglob("*")
        if path.is_file()
    }
    return files, sorted(path.stem for path in (folder.partial / "stages").iterdir())


@pytest.mark.slow
def test_a_cluster_leaves_what_this_machine_leaves_but_for_the_times_and_either_goes_on(
    small_sample, tmp_path, address, monkeypatch
):
    # One thread here as in each of two workers: with more, sums differ in the last digits.
    cores = runtime.usable_cores()
    monkeypatch.setattr(runtime, "usable_cores", lambda: max(1, cores // 2))
    few = {split: images[:4] for split, images in small_sample.splits.items()}
    given = replace(small_sample, splits=few), SETTINGS, None
    here, there = opened(tmp_path / "here"), opened(tmp_path / "there")
    local = train_again(here, *given)
    files, stages = left_by(here)
    assert stages == STAGES
    assert len(files) == 4  # of two seeds and two splits; no model is left
    assert all(seconds > 0 for seconds in local["classical"])
    far = train_again(there, *given, address)
    assert left_by(there) == (files, stages)
    assert all(isnan(seconds) for seconds in far["classical"])

    for name in (STAGES[1], STAGES[3]):  # as if it had been cut off before the second was done
        (here.partial / "stages" / f"{name}.json").unlink()
    kept = (here.partial / "stages" / "train-classical-1.json").stat().st_mtime_ns
    mixed = train_again(opened(here.final, resume=True), *given, address)["classical"]
    assert mixed[0] == local["classical"][0]
    assert isnan(mixed[1])
    assert (here.partial / "stages" / "train-classical-1.json").stat().st_mtime_ns == kept
    assert left_by(here) == (files, stages)
    kept = train_again(opened(there.final, resume=True), *given)["classical"]
    assert all(isnan(seconds) for seconds in kept)


def test_what_is_whole_needs_no_cluster(tmp_path, small_sample):
    folder = opened(tmp_path / "run")
    nowhere = "tcp://127.0.0.1:9"
    once = replace(SETTINGS, repeats=1)
    assert train_again(folder, small_sample, once, None, nowhere) == {"classical": ()}


def test_a_cluster_that_does_not_see_the_images_is_refused(small_sample, tmp_path, address):
    folder = opened(tmp_path / "run")
    first, *others = small_sample.splits["train"]
    gone = (replace(first, path=tmp_path / "gone.png"), *others)
    dataset = replace(small_sample, splits={**small_sample.splits, "train": gone})
    with pytest.raises(UserError, match=r"gone.png is not there; share that folder"):
        train_again(folder, dataset, SETTINGS, None, address)
    assert not (folder.partial / "stages").exists()


def test_a_cluster_that_has_nothing_to_do_is_refused(tmp_path):
    once = replace(SETTINGS, repeats=1)
    with pytest.raises(UserError, match="--cluster is for --repeats K and --axes data"):
        compare(once, tmp_path / "run", cluster="tcp://127.0.0.1:9")
    assert not list(tmp_path.iterdir())
