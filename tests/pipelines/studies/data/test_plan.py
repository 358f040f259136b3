import itertools
import math
from types import SimpleNamespace

import pytest

from pipelines.runs.finished import Subject
from pipelines.settings import RunSettings
from pipelines.studies.data.plan import (
    SLOWER,
    PlannedTraining,
    TrainingCosts,
    costs_of,
    planned_trainings,
    sizes,
    subset,
    updates_that_fit,
)

COSTS = TrainingCosts(
    160, {"classical": 30.0, "yolo": 150.0}, {"classical": 5.0, "yolo": 1.0}, {"yolo": 1500}
)


def test_subsets_of_a_seed_are_nested_and_not_the_first():
    images = list(range(160))
    for seed in range(3):
        drawn = [set(subset(images, count, seed)) for count in sizes(160)]
        assert [len(each) for each in drawn] == list(sizes(160))
        assert all(small < large for small, large in itertools.pairwise(drawn))
        assert drawn[0] != set(images[: len(drawn[0])])
    assert subset(images, 10, 0) != subset(images, 10, 1)


@pytest.mark.parametrize(("images", "count"), [(3, 1), (10, 5), (160, 5), (20000, 5)])
def test_sizes_go_up_to_all_images(images, count):
    assert len(sizes(images)) == count
    assert sizes(images)[-1] == images


@pytest.mark.parametrize(
    ("seconds", "updates"), [(math.inf, 1500), (1200, 1500), (700, 950), (10, 100)]
)
def test_trainings_are_as_long_as_the_main_job_s_unless_one_seed_of_them_does_not_fit(
    seconds, updates
):
    planned = updates_that_fit(seconds, COSTS, sizes(160))
    assert planned == {"classical": 0, "yolo": updates}


def test_a_short_main_training_is_not_made_longer():
    costs = TrainingCosts(160, COSTS.training, COSTS.testing, {"yolo": 30})
    assert updates_that_fit(10, costs, sizes(160))["yolo"] == 30


def test_two_networks_share_the_time_and_without_one_nothing_is_counted():
    one = TrainingCosts(160, {"yolo": 150.0}, {"yolo": 1.0}, {"yolo": 1500})
    two = TrainingCosts(
        160,
        {"yolo": 150.0, "toy": 150.0},
        {"yolo": 1.0, "toy": 1.0},
        {"yolo": 1500, "toy": 1500},
    )
    fitting = updates_that_fit(350, one, sizes(160))["yolo"]
    assert 100 < fitting < 1500
    assert updates_that_fit(700, two, sizes(160)) == {"yolo": fitting, "toy": fitting}
    none = TrainingCosts(160, {"classical": 30.0}, {"classical": 5.0}, {})
    assert updates_that_fit(700, none, sizes(160)) == {"classical": 0}


def test_what_is_counted_in_updates_follows_from_the_main_training(tmp_path, small_sample):
    def figures(seconds, updates):
        return SimpleNamespace(
            training=SimpleNamespace(seconds=seconds, updates=updates),
            throughput=SimpleNamespace(best=4.0),
        )

    trained = {"classical": figures(30.0, None), "yolo": figures(150.0, 300)}
    settings = RunSettings(pipelines=tuple(trained))
    costs = costs_of(Subject(tmp_path, small_sample, settings, trained))
    assert costs == TrainingCosts(
        8, {"classical": 30.0, "yolo": 150.0}, costs.testing, {"yolo": 300}
    )
    assert costs.testing == {"classical": 2.0, "yolo": 2.0 * SLOWER}
    untimed = {**trained, "yolo": figures(150.0, None)}
    assert costs_of(Subject(tmp_path, small_sample, settings, untimed)).updates == {}


def test_trainings_come_seed_by_seed_and_the_longest_first():
    wanted = planned_trainings((10, 20), (3, 4), {"classical": 0, "yolo": 500})
    assert [planned.seed for planned in wanted] == [3] * 4 + [4] * 4
    expected = [COSTS.expected(planned) for planned in wanted[:4]]
    assert expected == sorted(expected, reverse=True)
    assert set(wanted[:4]) == {
        PlannedTraining("yolo", 10, 3, 500),
        PlannedTraining("yolo", 20, 3, 500),
        PlannedTraining("classical", 10, 3),
        PlannedTraining("classical", 20, 3),
    }


def test_names_of_cells_differ_with_everything_that_decides_them():
    made = [PlannedTraining("yolo", 10, seed, updates) for seed in (0, 1) for updates in (50, 60)]
    made += [PlannedTraining("classical", 10, 0), PlannedTraining("yolo", 20, 0, 50)]
    assert len({planned.name for planned in made}) == len(made)
