from dataclasses import replace

import pytest
from made_metrics import run
from msgspec import structs

from pipelines.runs.metrics import AxisResult, SplitSize, Trainings
from pipelines.runs.trainings import another_training, seen_by_data_axis
from pipelines.settings import RunSettings, seeds_from

TWO = run(classical=(0.8, 10.0, 60.0), yolo=(0.7, 10.0, 60.0))
THREE = Trainings((0, 1, 2), (1.0,) * 3, {"map_50": (0.7, 0.8, 0.9)})


def repeated(metrics, *names):
    """The run with three trainings of those contenders."""
    known = {
        name: structs.replace(each, trainings=THREE if name in names else None)
        for name, each in metrics.pipelines.items()
    }
    return structs.replace(metrics, pipelines=known, settings=RunSettings(repeats=3))


def with_data_axis(*rows):
    """Rows are contender, images, mAP@.50, and whether the training was too short."""
    columns = ("pipeline", "images", "map_50", "undertrained")
    cells = tuple(dict(zip(columns, row, strict=True)) for row in rows)
    axis = AxisResult(
        question="", answers={}, verdict="", favours="neither", sureness="", cells=cells
    )
    splits = {**TWO.dataset.splits, "train": SplitSize(100, 200)}
    dataset = structs.replace(TWO.dataset, splits=splits)
    return structs.replace(TWO, dataset=dataset, axes={"data": axis})


def test_of_one_training_it_is_said_that_another_is_not_in_the_interval():
    assert another_training(TWO) == "Another training is not in this interval."


def test_of_three_that_the_interval_holds_others():
    assert another_training(repeated(TWO, "classical", "yolo")) == (
        "Figures are means of 3 trainings each, and this interval holds other trainings as well "
        "as other test images."
    )


def test_another_tool_s_detections_are_of_one_training():
    assert another_training(repeated(TWO, "classical")).endswith("but not of YOLO.")


def test_the_axis_of_data_says_how_trainings_on_all_images_differed():
    metrics = with_data_axis(
        ("yolo", 100, 0.7, False),
        ("yolo", 100, 0.8, False),
        ("yolo", 100, 0.1, True),
        ("yolo", 50, 0.3, False),
        ("classical", 100, 0.7, False),
    )
    assert "deviation of 0.071 for YOLO (2 trainings)." in seen_by_data_axis(metrics)


def test_without_two_trainings_on_all_images_the_axis_says_nothing():
    assert seen_by_data_axis(with_data_axis(("yolo", 100, 0.7, False))) == ""
    assert seen_by_data_axis(TWO) == ""
    several = with_data_axis(("yolo", 100, 0.7, False), ("yolo", 100, 0.8, False))
    assert seen_by_data_axis(several)
    settings = replace(RunSettings(), repeats=3)
    assert seen_by_data_axis(structs.replace(several, settings=settings)) == ""


@pytest.mark.parametrize(("first", "seeds"), [(3, (3, 4, 5)), (2**31 - 1, (2**31 - 1, 0, 1))])
def test_seeds_count_on_and_stay_possible(first, seeds):
    assert seeds_from(first, 3) == seeds
    assert RunSettings(seed=first, repeats=3).further_seeds == seeds[1:]
