"""Each contender trained three times: cut off in between, gone on with, judged together."""

import json
import shutil

import pytest
from toy_competition import compare, competing, row, run
from voc_files import write_set

from datasets.errors import UserError
from pipelines.detections import Detections
from pipelines.evaluation.undefined import encode
from pipelines.runs.metrics import read_metrics
from pipelines.training import Model, TrainedContender, Training
from scripts import compare_runs

OBJECTS = [("cat", (6, 6, 30, 30)), ("dog", (20, 10, 55, 38))]
BOXES = [[5, 5, 30, 30], [19, 9, 55, 38]]
NAMES = ("steady", "moody")
TRAINED = []  # names and seeds, in the order of trainings


class Seeing:
    """Finds the cat in every image, and the dog too if it was trained to."""

    def __init__(self, count):
        self.found = Detections(BOXES[:count], [0.9, 0.8][:count], [0, 1][:count])

    def detect(self, image):
        del image
        return self.found


def train(name, job):
    """Learn both objects, or by an odd seed only one if ``moody``."""
    seed = job.settings.seed
    if (name, seed) == ("moody", 1) and not any(each == ("moody", 1) for each in TRAINED):
        TRAINED.append((name, seed))
        raise UserError("the power is gone")
    TRAINED.append((name, seed))
    count = 1 if name == "moody" and seed % 2 else 2
    (job.folder / "seeing.json").write_text(json.dumps(count))
    return TrainedContender(Training(seconds=1.0 + seed), Model(parameters=count))


def load(folder, device, threads):
    del device, threads
    return Seeing(json.loads((folder / "seeing.json").read_text()))


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """The folder, the run that was cut off, what was trained until then, and the whole one."""
    folder = tmp_path_factory.mktemp("current")
    write_set(folder / "set", 48, OBJECTS)
    rows = [row(name, lambda job, name=name: train(name, job), load) for name in NAMES]
    TRAINED.clear()
    with competing(folder, rows):
        asked = ("runs/three", "--repeats", "3")
        cut = compare(*asked, names=NAMES, axes="approach")
        before = [*TRAINED]
        whole = compare(*asked, "--resume", names=NAMES, axes="approach")
        yield folder, cut, before, whole


def test_a_run_that_is_cut_off_goes_on_behind_the_last_whole_training(done):
    _, cut, before, whole = done
    assert cut.returncode == 2
    assert "the power is gone" in cut.stderr
    assert before == [("steady", 0), ("moody", 0), ("steady", 1), ("moody", 1)]
    assert whole.returncode == 0, whole.stderr
    assert TRAINED[4:] == [("moody", 1), ("steady", 2), ("moody", 2)]


def test_figures_are_means_with_each_training_beside_them(done):
    folder, *_, whole = done
    metrics = read_metrics(folder / "runs" / "three" / "metrics.json")
    moody = metrics.pipelines["moody"]
    assert moody.trainings.seeds == (0, 1, 2)
    assert moody.trainings.seconds == (1, 2, 3)
    assert moody.trainings.figures["map_50"] == pytest.approx((1, 0.5, 1))
    assert moody.trainings.figures["per_class.dog.ap_50"] == pytest.approx((1, 0, 1))
    assert metrics.validation.trainings["moody"] == pytest.approx((1, 0.5, 1))
    assert moody.quality.map_50 == pytest.approx(5 / 6)
    assert moody.quality.per_class["dog"].ap_50 == pytest.approx(2 / 3)
    assert metrics.validation.values["moody"] == pytest.approx(5 / 6)
    text = " ".join(whole.stdout.split())
    assert "trainings 1.000, 0.500, 1.000" in text
    assert "the spread of 3 trainings each" in text


def test_headline_axis_and_choice_judge_by_images_and_trainings(done):
    folder, *_ = done
    metrics = read_metrics(folder / "runs" / "three" / "metrics.json")
    ahead = metrics.difference("steady", "moody", "map_50")
    assert ahead.difference == pytest.approx(1 / 6)
    low, high = ahead.interval_95
    assert low < -0.4  # one of three trainings: by the images alone it would be sure
    assert high > 0.8
    assert (ahead.verdict, ahead.trainings) == ("cannot_tell", 3)
    assert ahead.images_to_settle is None
    assert ahead.trainings_to_settle is not None
    assert metrics.axes["approach"].favours == "neither"
    assert metrics.axes["approach"].answers["moody"].startswith("mAP@.50 0.833 ")
    assert "means of 3 trainings each" in metrics.choice


def test_the_first_model_alone_is_kept_and_of_the_others_what_they_detect(done):
    folder, *_ = done
    run_folder = folder / "runs" / "three"
    assert {each.name for each in (run_folder / "models").iterdir()} == set(NAMES)
    for seed in ("1", "2"):
        kept = sorted(
            str(path.relative_to(run_folder / "repeats" / seed))
            for path in (run_folder / "repeats" / seed).rglob("*.json")
        )
        both = [f"{name}.json" for name in sorted(NAMES)]
        places = ("detections", "validation/detections")
        assert kept == [f"{place}/{name}" for place in places for name in both]
    assert not list(run_folder.rglob("repeats/*/models"))


def test_the_page_says_that_intervals_hold_other_trainings(done):
    folder, *_ = done
    page = (folder / "runs" / "three" / "report.html").read_text()
    assert "this interval holds other trainings as well as other test images" in page
    assert "trainings 1.000, 0.500, 1.000" in page
    assert "is of the first, from seed 0" in page


@pytest.fixture(scope="module")
def on_cluster(done):
    """The same run with its further trainings by a cluster whose workers are threads."""
    del done
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=":0"
    ) as cluster:
        asked = ("--repeats", "3", "--cluster", cluster.scheduler_address)
        return compare("runs/far", *asked, names=NAMES, axes="approach")


def test_a_cluster_gives_the_same_figures_and_no_times_of_other_machines(done, on_cluster):
    folder, *_ = done
    assert on_cluster.returncode == 0, on_cluster.stderr
    here, far = (read_metrics(folder / "runs" / name / "metrics.json") for name in ("three", "far"))
    figures = [
        [each.comparison, each.validation]
        + [[own.quality, own.trainings.figures] for own in each.pipelines.values()]
        for each in (here, far)
    ]
    assert encode(figures[0]) == encode(figures[1])
    stored = json.loads((folder / "runs" / "far" / "metrics.json").read_text())
    assert stored["pipelines"]["moody"]["trainings"]["seconds"] == [1.0, None, None]
    said = "further trainings were made by a cluster"
    assert said in " ".join(on_cluster.stdout.split())
    assert said in (folder / "runs" / "far" / "report.html").read_text()
    assert said not in (folder / "runs" / "three" / "report.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "--cluster is for --repeats K and --axes data"),
        (("--repeats", "2"), "tcp://127.0.0.1:9: can't be reached"),
    ],
)
def test_a_cluster_of_no_use_is_refused_before_any_training(done, monkeypatch, arguments, sentence):
    del done
    monkeypatch.setattr("pipelines.system.cluster.PATIENCE", 0.5)
    before = [*TRAINED]
    asked = ("--cluster", "tcp://127.0.0.1:9", *arguments)
    refused = compare("runs/refused", *asked, names=NAMES)
    assert refused.returncode == 2
    assert sentence in " ".join(refused.stderr.split())
    assert before == TRAINED


def test_two_such_runs_are_compared_with_the_luck_of_both(done):
    folder, *_ = done
    shutil.copytree(folder / "runs" / "three", folder / "runs" / "again")
    compared = run(compare_runs, "runs/three", "runs/again")
    assert compared.returncode == 0, compared.stderr
    text = " ".join(compared.stdout.split())
    assert "Intervals hold other trainings as well" in text
    assert "0.833" in text
