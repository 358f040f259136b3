"""How contenders are trained on subsets: by their own training, or by one made for subsets."""

import math
from dataclasses import replace

import msgspec
import pytest

from models.errors import TrainingError
from models.yolo.settings import YoloSettings
from pipelines.contenders import Contender
from pipelines.detections import Detections
from pipelines.runs.finished import Subject
from pipelines.settings import RunSettings
from pipelines.studies.data import trainings
from pipelines.studies.data.plan import PlannedTraining, subset
from pipelines.studies.data.trainings import SubsetTrainings, still_gaining
from pipelines.system import runtime
from pipelines.training import SubsetTraining


class Finding:
    """Finds all objects of the images it knows."""

    def __init__(self, images):
        self.left = [image.annotations for image in images]

    def detect(self, image):
        truth = self.left.pop(0)
        return Detections(truth.boxes, [1.0] * len(truth), truth.labels)


@pytest.fixture
def subject(tmp_path, small_sample):
    return Subject(tmp_path, small_sample, RunSettings(seed=5), {})


@pytest.fixture
def row(monkeypatch):
    def add(**fields):
        blank = {"train": None, "load": None, **fields}
        made = Contender(name="toy", label="the toy", uses_tensorflow=False, **blank)
        monkeypatch.setattr(trainings, "contender", {"toy": made}.__getitem__)

    return add


def test_a_contender_is_trained_on_the_subset_into_a_folder_that_goes_away(subject, row):
    jobs = []

    def train(job):
        (job.folder / "model").write_text("learnt")
        jobs.append(job)

    def load(folder, device, threads):
        assert (folder / "model").read_text() == "learnt"
        return Finding(subject.dataset.splits["test"])

    row(train=train, load=load)
    result = SubsetTrainings(subject, 1).result(PlannedTraining("toy", 4, 6))
    assert result.precision.map_50 == pytest.approx(1.0)
    assert not result.undertrained
    assert math.isnan(result.late_gain)
    (job,) = jobs
    train_split = subject.dataset.splits["train"]
    assert job.dataset.splits["train"] == subset(train_split, 4, 6)
    assert job.settings == replace(subject.settings, seed=6)
    assert not job.folder.exists()


def test_blas_has_one_thread_while_a_trained_detector_is_tried(subject, row):
    import threadpoolctl

    counts = []

    class Noting(Finding):
        def detect(self, image):
            counts.append(runtime.thread_settings()["blas"])
            return super().detect(image)

    row(train=lambda job: None, load=lambda *_: Noting(subject.dataset.splits["test"]))
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        SubsetTrainings(subject, 2).result(PlannedTraining("toy", 4, 1))
        assert runtime.thread_settings()["blas"] == 2
    assert {*counts} == {1}


def test_what_trains_subsets_is_made_once_for_all_of_them(subject, row):
    made, trained = [], []

    def subset_trainer(job):
        made.append(job.folder)

        def train(images, seed, updates):
            trained.append((len(images), seed, updates))
            reached = (60, 0.2), (80, 0.5), (100, 0.5)
            return SubsetTraining(Finding(subject.dataset.splits["test"]), reached)

        return train

    row(subset_trainer=subset_trainer)
    shared = SubsetTrainings(subject, 1)
    for images in (4, 6):
        result = shared.result(PlannedTraining("toy", images, 1, 100))
        assert result.undertrained
        assert result.late_gain == pytest.approx(0.3)
    assert made == [subject.folder / "models" / "toy"]
    assert trained == [(4, 1, 100), (6, 1, 100)]


@pytest.mark.parametrize("updates", [0, 100])
def test_a_training_that_fails_finds_nothing(subject, row, updates):
    def train(*_):
        raise TrainingError("no")

    row(train=train, subset_trainer=(lambda job: train) if updates else None)
    result = SubsetTrainings(subject, 1).result(PlannedTraining("toy", 4, 1, updates))
    assert result.precision.map_50 == 0.0
    assert result.undertrained == (updates > 0)


@pytest.mark.slow
@pytest.mark.tensorflow
def test_yolo_trains_subsets_one_after_another_the_same_each_time(subject, simple_blocks):
    from pipelines.yolo.storage import SavedYolo

    yolo = YoloSettings(width=2, batch=2)
    subject = replace(subject, settings=RunSettings(yolo=yolo))
    folder = subject.model_folder("yolo")
    folder.mkdir(parents=True)
    saved = SavedYolo(subject.dataset.classes, (64, 64), 100, 1, 1, yolo)
    (folder / "settings.json").write_bytes(msgspec.json.encode(saved))
    shared = SubsetTrainings(subject, 1)
    first, again = (shared.result(PlannedTraining("yolo", 4, 1, 5)) for _ in range(2))
    assert again.precision.map_50 == pytest.approx(first.precision.map_50, abs=0.02)
    assert first.undertrained
    assert again.late_gain == pytest.approx(first.late_gain, abs=0.02)


def reached(*figures):
    return still_gaining(list(zip([600, 700, 800, 900, 1000], figures, strict=True)))


def test_a_training_has_levelled_off_when_it_gained_next_to_nothing_before_mosaics_end():
    assert not reached(0.58, 0.59, 0.6, 0.61, 0.62)[0]
    assert not reached(0.035, 0.04, 0.038, 0.045, 0.05)[0]
    assert reached(0.0, 0.0, 0.0, 0.001, 0.001)[0]
    assert reached(0.3, 0.4, 0.5, 0.5, 0.5)[0]
    assert reached(0.0, 0.0, 0.0, 0.0, 0.0)[0]


def test_what_the_end_of_mosaics_gives_is_no_sign_of_a_training_too_short():
    assert not reached(0.5, 0.5, 0.51, 0.6, 0.7)[0]
    assert 1 - YoloSettings().close_mosaic > trainings.TO


def test_what_it_gained_late_is_given():
    assert reached(0.3, 0.4, 0.5, 0.55, 0.6)[1] == pytest.approx(0.2)
    assert reached(0.6, 0.3, 0.5, 0.7, 0.7)[1] == 0.0
    assert still_gaining([(30, 0.4)]) == (True, 0.0)
