"""Trainings on folds, by toys that learn what the images they see are called."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from math import inf

import pytest
from toy_competition import here, row
from voc_files import write_set

from datasets.errors import UserError
from datasets.progress import silently
from datasets.reading import read_dataset
from models.classical.settings import ClassicalSettings
from models.errors import TrainingError
from pipelines import contenders
from pipelines.audit import fold_trainings
from pipelines.audit.fold_trainings import Costs, by_split, cells_of, found_in_folds
from pipelines.audit.folds import folds
from pipelines.detections import Detections
from pipelines.settings import RunSettings
from pipelines.training import Model, TrainedContender, Training

NAMES = ("steady", "moody")
BOX = [[5, 5, 30, 30]]
SETTINGS = RunSettings(pipelines=NAMES)


class Counting:
    """Finds one box, as surely as it has learnt from many images."""

    def __init__(self, images):
        self.found = Detections(BOX, [images / 100], [0])

    def detect(self, image):
        del image
        return self.found


@pytest.fixture
def toys(tmp_path, monkeypatch):
    """A set, and a list of what was trained on which images, in order."""
    log = []

    def train(name, job):
        images = [image.name for image in job.dataset.splits["train"]]
        if name == "moody" and len(log) == 1:
            log.append("cut off")
            raise TrainingError("the power is gone")
        log.append((name, {*images}, {im.name for im in job.dataset.splits["test"]}))
        (job.folder / "seen.json").write_text(json.dumps(len(images)))
        return TrainedContender(Training(seconds=1.0), Model(parameters=1))

    def load(folder, device, threads):
        return Counting(json.loads((folder / "seen.json").read_text()))

    @contextmanager
    def threads(count, begin, *arguments):
        begin(*arguments)
        with ThreadPoolExecutor(1) as pool:
            yield pool

    rows = tuple(row(name, lambda job, name=name: train(name, job), load) for name in NAMES)
    monkeypatch.setattr(contenders, "CONTENDERS", rows)
    monkeypatch.setattr(contenders, "NAMES", NAMES)
    monkeypatch.setattr(fold_trainings, "in_own_process", here)
    monkeypatch.setattr("pipelines.runs.side_by_side.training_processes", threads)
    monkeypatch.setattr(fold_trainings, "most_at_once", lambda *given: 1)
    monkeypatch.setattr("pipelines.system.runtime.set_threads", lambda count, blas=None: None)
    return read_dataset(write_set(tmp_path / "set", 24), "auto", silently), log


def trained(dataset, folder, seconds=inf, costs=None):
    cells = cells_of(folder, dataset, 3, SETTINGS, seconds)
    found = found_in_folds(folds(dataset, 3, 0), SETTINGS, cells, Costs(costs or {}), silently)
    return found, cells


def test_what_was_cut_off_goes_on_behind_the_last_whole_training(toys, tmp_path):
    dataset, log = toys
    with pytest.raises(TrainingError, match="the power is gone"):
        trained(dataset, tmp_path / "cells")
    found, cells = trained(dataset, tmp_path / "cells")
    assert [each[0] for each in log if each != "cut off"] == ["steady", "moody"] * 3
    assert len(found) == 6
    before = [*log]
    assert trained(dataset, tmp_path / "cells")[0] == found
    assert log == before
    assert not list((cells.folder / "models").iterdir())  # no model is left


def test_every_image_is_seen_by_detectors_that_did_not_learn_from_it(toys, tmp_path):
    dataset, log = toys
    log.append("")  # nobody's power goes
    found, _ = trained(dataset, tmp_path / "cells")
    for _, learnt, held in log[1:]:
        assert not learnt & held
    detections, asked = by_split(dataset, found)
    assert asked == {image.name for images in dataset.splits.values() for image in images}
    for name in NAMES:
        for split, images in dataset.splits.items():
            assert [len(each) for each in detections[name][split]] == [1] * len(images)


def test_folds_there_is_no_time_for_are_named_and_their_images_not_asked_about(toys, tmp_path):
    dataset, log = toys
    log.append("")
    costs = dict.fromkeys(NAMES, 100.0)
    found, cells = trained(dataset, tmp_path / "cells", 250.0, costs)
    done = {planned.name for planned in found}
    assert done == {"steady-without-1-of-3", "moody-without-1-of-3"} or len(done) > 2
    assert {*cells.left_out} | done == {
        f"{name}-without-{n}-of-3" for name in NAMES for n in (1, 2, 3)
    }


def test_images_that_one_alone_was_asked_about_are_left_out(toys, tmp_path):
    dataset, log = toys
    log.append("")
    found, _ = trained(dataset, tmp_path / "cells")
    some = {
        planned: each
        for planned, each in found.items()
        if planned.pipeline == "steady" or planned.number == 0
    }
    detections, asked = by_split(dataset, some)
    held = {image.name for image in folds(dataset, 3, 0)[0].splits["test"]}
    assert asked == held
    for split, images in dataset.splits.items():
        there = [len(each) for each in detections["moody"][split]]
        assert there == [int(image.name in held) for image in images]


def test_another_set_or_setting_has_cells_of_its_own(toys, tmp_path):
    dataset, _ = toys
    other = replace(dataset, splits={**dataset.splits, "val": dataset.splits["val"][:1]})
    places = {
        cells_of(tmp_path, dataset, 3, SETTINGS).folder,
        cells_of(tmp_path, dataset, 4, SETTINGS).folder,
        cells_of(tmp_path, other, 3, SETTINGS).folder,
        cells_of(tmp_path, dataset, 3, replace(SETTINGS, seed=1)).folder,
    }
    assert len(places) == 4
    on_cpu = replace(SETTINGS, device="cpu")
    assert cells_of(tmp_path, dataset, 3, on_cpu).folder in places


@pytest.mark.slow
def test_a_cluster_finds_the_same_and_goes_on_with_what_this_machine_kept(
    small_sample, tmp_path, address, monkeypatch
):
    fast = ClassicalSettings(
        proposals=80, grabcut_sizes=(64,), window_shapes=4, moved_copies=2, mining_rounds=0
    )
    settings = RunSettings(pipelines=("classical",), classical=fast)
    few = {split: images[:4] for split, images in small_sample.splits.items()}
    dataset = replace(small_sample, splits=few)
    divided = folds(dataset, 2, 0)

    def found(place, cluster):
        cells = cells_of(tmp_path / place, dataset, 2, settings)
        return found_in_folds(divided, settings, cells, Costs({}), silently, cluster), cells

    here, cells = found("here", None)
    there, _ = found("there", address)
    assert there == here
    assert any(image.scores for images in here.values() for image in images)
    (cells.folder / "classical-without-2-of-2.json").unlink()
    first = (cells.folder / "classical-without-1-of-2.json").stat().st_mtime_ns
    assert found("here", address)[0] == here
    assert (cells.folder / "classical-without-1-of-2.json").stat().st_mtime_ns == first
    monkeypatch.setattr("pipelines.runs.side_by_side.cluster_workers", None)
    assert found("there", None)[0] == here


def test_a_cluster_that_does_not_see_the_images_is_refused(toys, tmp_path, address):
    dataset, _ = toys
    divided = folds(dataset, 3, 0)
    image = divided[0].splits["train"][0]
    gone = replace(image, path=tmp_path / "gone.png")
    divided[0].splits["train"] = (gone,)
    cells = cells_of(tmp_path / "cells", dataset, 3, SETTINGS)
    with pytest.raises(UserError, match=r"gone.png is not there; share that folder"):
        found_in_folds(divided, SETTINGS, cells, Costs({}), silently, address)
    assert not cells.folder.exists()
