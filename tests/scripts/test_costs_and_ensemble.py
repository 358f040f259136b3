"""The main job with costs and an ensemble: two toys that see one object each."""

import json
from math import isnan

import pytest
from toy_competition import compare, competing, row, run
from voc_files import write_set

from pipelines.detections import Detections
from pipelines.runs.metrics import read_metrics
from pipelines.runs.trainings import another_training
from pipelines.training import Model, TrainedContender, Training
from scripts import detect

OBJECTS = [("cat", (6, 6, 30, 30)), ("dog", (20, 10, 55, 38))]
SEEN = {"for-cats": ([5, 5, 30, 30], 0), "for-dogs": ([19, 9, 55, 38], 1)}


class Seeing:
    """Finds one of the two objects, and less surely something that is none."""

    def __init__(self, box, label):
        self.found = Detections([box, [0, 0, 4, 4]], [0.9, 0.4], [label, label])

    def detect(self, image):
        del image
        return self.found


def train(name, job):
    (job.folder / "seeing.json").write_text(json.dumps(SEEN[name]))
    return TrainedContender(Training(seconds=1.0), Model(parameters=1))


def load(folder, device, threads):
    del device, threads
    return Seeing(*json.loads((folder / "seeing.json").read_text()))


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("current")
    write_set(folder / "set", 48, OBJECTS)
    rows = [row(name, lambda job, name=name: train(name, job), load) for name in SEEN]
    costs = ("--set", "decision.miss_cost=10", "decision.second_cost=0.5")
    with competing(folder, rows):
        whole = compare("runs/both", "--ensemble", *costs, names=tuple(SEEN), axes="approach")
        plain = compare("runs/plain", names=tuple(SEEN))
        found = run(detect, "runs/both/models/for-cats", "set", "--no-draw")
        yield folder, whole, plain, found


def test_with_repeats_an_ensemble_has_the_figures_of_each_training(tmp_path):
    write_set(tmp_path / "set", 48, OBJECTS)
    rows = [row(name, lambda job, name=name: train(name, job), load) for name in SEEN]
    with competing(tmp_path, rows):
        compare("runs/again", "--ensemble", "--repeats", "2", names=tuple(SEEN))
    metrics = read_metrics(tmp_path / "runs" / "again" / "metrics.json")
    joined = metrics.pipelines["ensemble"].trainings
    assert len(joined.figures["map_50"]) == len(joined.seeds) == 2
    assert all(isnan(seconds) for seconds in joined.seconds)
    assert "but not of" not in another_training(metrics)


def metrics_of(done, name="both"):
    return read_metrics(done[0] / "runs" / name / "metrics.json")


def test_the_ensemble_is_one_more_column_with_the_sum_of_the_times(done):
    assert done[1].returncode == 0, done[1].stderr
    metrics = metrics_of(done)
    assert list(metrics.pipelines) == [*SEEN, "ensemble"]
    ensemble = metrics.pipelines["ensemble"]
    assert ensemble.quality.map_50 == pytest.approx(1.0)
    for name in SEEN:
        assert metrics.reached(name) == pytest.approx(0.5)
    parts = [metrics.pipelines[name].latency_ms for name in SEEN]
    spent = ensemble.latency_ms.stages["joining"]
    assert ensemble.latency_ms.mean == pytest.approx(sum(each.mean for each in parts) + spent)
    assert ensemble.training is None
    assert "ensemble" in metrics.validation.values
    folder = done[0] / "runs" / "both"
    assert (folder / "detections" / "ensemble.json").is_file()
    assert not (folder / "models" / "ensemble").exists()


def test_the_report_says_whether_it_is_worth_its_time(done):
    page = (done[0] / "runs" / "both" / "report.html").read_text()
    text = " ".join(done[1].stdout.split())
    for shown in (page, text):
        assert "ensemble, for-cats and for-dogs together, " in shown
    assert "ensemble" not in metrics_of(done).choice.split("choose")[-1].split(":")[0]


def test_thresholds_are_the_cheapest_and_go_with_the_models(done):
    metrics = metrics_of(done)
    assert metrics.decision.costs.miss == 10
    assert metrics.decision.costs.false_alarm == 1
    assert set(metrics.decision.detectors) == {*SEEN, "ensemble"}
    for name in SEEN:
        point = metrics.pipelines[name].quality.operating_point
        assert point.chosen_by == "cost"
        assert metrics.decision.detectors[name].figures.missed.value == pytest.approx(1000)
        kept = json.loads(
            (done[0] / "runs" / "both" / "models" / name / "operating_point.json").read_text()
        )
        assert kept["threshold"] == point.threshold
        assert kept["chosen_by"] == "cost"
    assert "1,000 images" in done[1].stdout
    assert "By your costs (an object missed 10, a false alarm 1, a second 0.5)" in metrics.choice


def test_detect_uses_the_cheapest_threshold_and_says_so(done):
    found = done[3]
    assert found.returncode == 0, found.stderr
    assert "cost was least on the run's validation split" in found.stdout + found.stderr


def test_without_either_a_run_is_as_it_was(done):
    assert done[2].returncode == 0, done[2].stderr
    metrics = metrics_of(done, "plain")
    assert list(metrics.pipelines) == list(SEEN)
    assert metrics.decision.costs is None
    for each in metrics.pipelines.values():
        assert each.quality.operating_point.chosen_by == "F1"
    assert metrics.choice == ""
