"""The data study on toy detectors whose accuracy is a given function of the number of images."""

import itertools
import math
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from datasets.annotations import Annotations
from datasets.progress import silently
from pipelines.detections import Detections
from pipelines.studies.common.cells import Cells
from pipelines.studies.common.figures import figures
from pipelines.studies.data.plan import (
    Costs,
    Key,
    keys,
    sizes,
    subset,
    yolo_updates,
)
from pipelines.studies.data.schedule import measured
from pipelines.studies.data.study import concluded, draw
from pipelines.studies.data.trainings import course_of

CLASSES = ("cat", "dog")
BOXES = np.array([[x, y, x + 8, y + 8] for x in range(0, 60, 12) for y in range(0, 60, 12)], float)
TRUTH = [Annotations(BOXES, np.arange(len(BOXES)) % 2) for _ in range(60)]
COSTS = Costs(images=160, classical=1.0, update=0.01, testing={"classical": 0.0, "yolo": 0.0})
SEEDS = (0, 1, 2)


def accuracy(key):
    """The share of objects found: the curves cross at 100 images."""
    if key.pipeline == "classical":
        return 0.6 - 1.0 * key.images**-0.5
    return max(0.9 - 4.0 * key.images**-0.5, 0.0)


def toy(key, share=accuracy):
    random = np.random.default_rng((key.seed, key.images, key.pipeline == "yolo"))
    found = []
    for truth in TRUTH:
        seen = random.random(len(truth)) < share(key)
        found.append(Detections(truth.boxes[seen], random.random(seen.sum()), truth.labels[seen]))
    return {"undertrained": False, "late_gain": None, **figures(TRUTH, found, CLASSES, seed=0)}


def quick(key, share=accuracy):
    """What a toy's figures would be, without the toy."""
    random = np.random.default_rng((key.seed, key.images, key.pipeline == "yolo"))
    figure = share(key)
    resampled = (figure + random.normal(0, 0.01, 100)).tolist()
    return {
        "undertrained": False,
        "late_gain": None,
        "map_50": figure,
        "map_50_95": figure / 2,
        "resampled_map_50": resampled,
    }


def studied(folder, measure=quick, seconds=math.inf, seeds=SEEDS, at_once=1, track=silently):
    cells = Cells(folder, seconds)
    wanted = keys(sizes(160), seeds, 50)
    with ThreadPoolExecutor(at_once) as pool:
        found = measured(wanted, measure, COSTS, cells, track, pool, at_once)
    assert list(found) == [key for key in wanted if key in found]
    return concluded(found), cells


def test_a_toy_s_crossover_is_given_back(tmp_path):
    told, _ = studied(tmp_path, toy)
    assert len(told.cells) == 30
    assert told.crossover.better_below == "classical"
    assert told.crossover.at == pytest.approx(100, rel=0.2)
    low, high = told.crossover.interval_95
    assert 50 < low < 100 < high < 160
    assert "The classical pipeline is better below about" in told.verdict.sentence
    assert told.verdict.favours == "yolo"
    assert told.verdict.sureness.startswith("sure")
    curve = told.curves["yolo"]
    assert curve.low[-1] < curve.fitted[-1] < curve.high[-1]
    assert curve.fitted[-1] == pytest.approx(0.9 - 4 * 160**-0.5, abs=0.03)
    draw(told).canvas.draw()


def test_a_toy_that_is_always_better_has_no_crossover(tmp_path):
    told, _ = studied(tmp_path, lambda key: quick(key, lambda k: 0.9 if k.updates else 0.4))
    assert math.isnan(told.crossover.at)
    assert "No crossover up to 160 images: YOLO is better" in told.verdict.sentence


def test_a_study_cut_off_goes_on_and_repeats_no_training(tmp_path):
    whole, _ = studied(tmp_path / "whole")
    made = []

    def dies(key):
        if len(made) == 11:
            raise KeyboardInterrupt
        made.append(key)
        return quick(key)

    def goes_on(key):
        assert key not in made
        made.append(key)
        return quick(key)

    with pytest.raises(KeyboardInterrupt):
        studied(tmp_path / "cut", dies)
    resumed, _ = studied(tmp_path / "cut", goes_on)
    assert len(made) == 30
    assert resumed == whole


def test_until_the_first_training_ends_it_is_told_how_long_all_may_take(tmp_path):
    wanted = keys(sizes(160), SEEDS, 50)
    told = []

    def watched(items, description, total):
        told.append((description(), total))
        return items

    studied(tmp_path / "all", track=watched)
    minutes = math.ceil(sum(map(COSTS.expected, wanted)) / 60)
    assert told[-1] == (f"data: trainings, up to {minutes} min", 30)
    studied(tmp_path / "all", track=watched)
    assert told[-1] == ("data: trainings, up to 0 min", 0)
    for key in wanted[:4]:
        Cells(tmp_path / "some").keep(key.name, 60.0, quick(key))
    studied(tmp_path / "some", seconds=4 * 60 + 301.0, track=watched)
    assert told[-1] == ("data: trainings, up to 6 min", 26)


def test_side_by_side_they_take_their_part_of_the_time_and_give_the_same(tmp_path):
    one_by_one, _ = studied(tmp_path / "one")
    met = threading.Barrier(2, timeout=20)

    def meets(key):
        met.wait()  # breaks unless two are at it
        time.sleep(0.02)
        return quick(key)

    started = time.monotonic()
    told, cells = studied(tmp_path / "two", meets, at_once=2)
    assert told == one_by_one
    assert 15 * 0.02 < cells.spent < time.monotonic() - started


def test_what_was_kept_counts_as_time_gone_whichever_came_first(tmp_path):
    cells = Cells(tmp_path)
    last = Key("yolo", 160, 2, 50)
    cells.keep(last.name, 100.0, quick(last))
    told, cells = studied(tmp_path, seconds=100.1)
    assert [(row.pipeline, row.images, row.seed) for row in told.cells] == [("yolo", 160, 2)]
    assert len(cells.left_out) == 29


def test_undertrained_ones_are_left_out_and_counted(tmp_path):
    def measure(key):
        late = key.pipeline == "yolo" and key.images >= 80
        return {**quick(key), "undertrained": late}

    told, _ = studied(tmp_path, measure)
    assert told.undertrained == 6
    assert told.curves["yolo"].images[-1] == pytest.approx(40)
    assert told.curves["classical"].images[-1] == pytest.approx(160)
    assert "with 40 images" in told.verdict.question
    assert "6 of 15 YOLO trainings had not levelled off, and are left out" in told.verdict.sentence
    few, _ = studied(tmp_path / "few", lambda key: {**quick(key), "undertrained": key.updates > 0})
    assert few.crossover is None
    assert few.verdict.favours == "neither"
    assert "can't be told: 15 YOLO trainings" in few.verdict.sentence
    draw(few).canvas.draw()


def test_sizes_trained_once_are_told(tmp_path):
    told, _ = studied(tmp_path / "one", seeds=(0,))
    assert "trained once, intervals hold the luck of the test" in told.verdict.sentence
    told, _ = studied(tmp_path / "three")
    assert "trained once" not in told.verdict.sentence


def test_what_does_not_fit_into_the_time_is_left_out_last_seed_first(tmp_path):
    expected = sum(COSTS.expected(key) for key in keys(sizes(160), SEEDS, 50))
    told, cells = studied(tmp_path, seconds=expected / 10)  # toys take no time: all but dear ones
    assert len(told.cells) == 30
    nothing, cells = studied(tmp_path / "none", seconds=-1.0)
    assert len(cells.left_out) == 30
    assert nothing.cells == ()


def test_subsets_of_a_seed_are_nested_and_not_the_first():
    images = list(range(160))
    for seed in SEEDS:
        drawn = [set(subset(images, count, seed)) for count in sizes(160)]
        assert [len(each) for each in drawn] == list(sizes(160))
        assert all(small < large for small, large in itertools.pairwise(drawn))
        assert drawn[0] != set(images[: len(drawn[0])])
    assert subset(images, 10, 0) != subset(images, 10, 1)


@pytest.mark.parametrize(("images", "count"), [(3, 1), (10, 5), (160, 5), (20000, 5)])
def test_sizes_go_up_to_all_images(images, count):
    assert len(sizes(images)) == count
    assert sizes(images)[-1] == images


def planned(seconds, most=1500):
    costs = Costs(160, 30.0, 0.1, {"classical": 5.0, "yolo": 1.0})
    return yolo_updates(seconds, costs, sizes(160), most)


def test_trainings_are_as_long_as_the_main_job_s_unless_one_seed_of_them_does_not_fit():
    assert planned(math.inf) == planned(1200) == 1500
    assert planned(700) == 950
    assert planned(10) == 100
    assert planned(10, most=30) == 30


def test_cells_that_do_not_know_what_was_gained_late_are_read(tmp_path):
    def older(key):
        return {name: value for name, value in quick(key).items() if name != "late_gain"}

    told, _ = studied(tmp_path, older)
    assert all(math.isnan(row.late_gain) for row in told.cells)
    assert told.crossover.better_below == "classical"


def course(*reached):
    return course_of([600, 700, 800, 900, 1000], reached)


def test_a_training_has_levelled_off_when_its_last_fifth_gained_next_to_nothing():
    assert not course(0.5, 0.58, 0.6, 0.61, 0.62)["undertrained"]
    assert not course(0.03, 0.04, 0.042, 0.045, 0.05)["undertrained"]
    assert course(0.0, 0.0, 0.0, 0.001, 0.001)["undertrained"]
    assert course(0.3, 0.4, 0.5, 0.55, 0.6)["undertrained"]
    assert course(0.0, 0.0, 0.0, 0.0, 0.0)["undertrained"]


def test_what_it_gained_late_is_told():
    assert course(0.3, 0.4, 0.5, 0.55, 0.6)["late_gain"] == pytest.approx(0.1)
    assert course(0.3, 0.6, 0.5, 0.5, 0.5)["late_gain"] == 0.0
    assert course_of([30], [0.4]) == {"undertrained": True, "late_gain": 0.4}


def test_trainings_come_seed_by_seed_and_the_longest_first():
    wanted = keys((10, 20), (3, 4), 50)
    assert [key.seed for key in wanted] == [3] * 4 + [4] * 4
    assert [COSTS.expected(key) for key in wanted[:4]] == sorted(
        map(COSTS.expected, wanted[:4]), reverse=True
    )
    assert set(wanted[:4]) == {
        Key("yolo", 10, 3, 50),
        Key("yolo", 20, 3, 50),
        Key("classical", 10, 3),
        Key("classical", 20, 3),
    }


def test_names_of_cells_differ_with_everything_that_decides_them():
    made = {Key("yolo", 10, 0, 50), Key("yolo", 10, 1, 50), Key("yolo", 10, 0, 60)}
    made |= {Key("classical", 10, 0), Key("yolo", 20, 0, 50)}
    assert len({key.name for key in made}) == 5
