import json
from dataclasses import replace

import msgspec
import pytest
from run_files import TRAINED, found, metrics_of, truth, write_run
from voc_files import write_set

from datasets.errors import UserError
from datasets.splits import split_sha256
from pipelines.runs.data import read_checked
from pipelines.runs.finished import FinishedRun, open_run, with_data
from pipelines.runs.metrics import METRICS
from pipelines.settings import ScoringSettings

OBJECTS = truth(images=6)
DETECTIONS = found(OBJECTS, 0.8)


@pytest.fixture
def run(tmp_path):
    return write_run(tmp_path / "run", {"yolo": DETECTIONS, "mine": DETECTIONS}, OBJECTS)


def test_a_run_is_opened_by_its_folder_or_its_file(run):
    opened = open_run(run)
    assert opened.settings == TRAINED
    assert list(opened.metrics.pipelines) == ["yolo", "mine"]
    assert open_run(run / METRICS).folder == opened.folder == run
    assert open_run((run / METRICS).rename(run / "mine.json")).settings == TRAINED
    for given, read in zip(OBJECTS, opened.annotations(), strict=True):
        assert (given.labels == read.labels).all()
        assert given.boxes == pytest.approx(read.boxes)
    rows = opened.detections("mine", len(OBJECTS))
    assert [len(each) for each in rows] == [len(each) for each in DETECTIONS]


def test_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(UserError, match=METRICS):
        open_run(tmp_path)


def test_a_run_that_scored_files_has_no_settings(tmp_path):
    scoring = ScoringSettings("gt.json", ())
    metrics = metrics_of({"mine": DETECTIONS}, OBJECTS, settings=None, scoring=scoring)
    with pytest.raises(UserError, match="only scored files"):
        _ = FinishedRun(tmp_path, metrics).settings


def test_missing_files_are_none_and_broken_ones_an_error(run):
    opened = open_run(run)
    assert opened.detections("other", len(OBJECTS)) is None
    with pytest.raises(UserError, match=r"mine\.json"):
        opened.detections("mine", 1)  # it is of more images
    (run / "detections" / "mine.json").write_text("[")
    with pytest.raises(UserError, match=r"mine\.json"):
        opened.detections("mine", len(OBJECTS))
    path = run / "ground_truth.json"
    values = json.loads(path.read_text())
    path.write_text(json.dumps({**values, "categories": []}))
    with pytest.raises(UserError, match="ground_truth"):
        opened.annotations()
    path.write_text("{")
    with pytest.raises(UserError, match="ground_truth"):
        opened.ground_truth()
    path.unlink()
    assert opened.ground_truth() is None
    with pytest.raises(UserError, match="is not there"):
        opened.annotations()


@pytest.fixture
def trained(tmp_path):
    """A run whose data is there."""
    settings = replace(TRAINED, dataset=str(write_set(tmp_path / "set", 16)))
    (tmp_path / "run" / "models" / "yolo").mkdir(parents=True)
    metrics = metrics_of({"yolo": DETECTIONS}, OBJECTS, settings=settings)
    checksum = split_sha256(read_checked(settings).splits)
    summary = msgspec.structs.replace(metrics.dataset, split_sha256=checksum)
    return FinishedRun(tmp_path / "run", msgspec.structs.replace(metrics, dataset=summary))


def test_a_run_is_studied_with_its_data(trained):
    subject = with_data(trained)
    assert [row.name for row in subject.contenders] == ["yolo"]
    assert list(subject.figures) == ["yolo"]
    assert sum(map(len, subject.dataset.splits.values())) == 16


def test_data_that_changed_since_and_missing_models_are_refused(trained, tmp_path):
    (tmp_path / "set" / "im0.xml").unlink()
    with pytest.raises(UserError, match="is not as it was when"):
        with_data(trained)
    trained.folder.joinpath("models", "yolo").rmdir()
    with pytest.raises(UserError, match="models/yolo"):
        with_data(trained)
