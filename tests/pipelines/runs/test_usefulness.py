from dataclasses import replace

import pytest
from made_metrics import run
from msgspec import structs

from pipelines.report.caveats import caveats
from pipelines.runs.metrics import AxisResult
from pipelines.runs.usefulness import few_examples, what_is_missing
from pipelines.settings import RunSettings


def useless(high=0.01, objects=None, axes=None, **pipelines):
    """A run whose best mAP@.50 lies below ``high``."""
    metrics = run(**pipelines or {"classical": (0.003,), "yolo": (0.004,)})
    known = {
        name: structs.replace(
            each, quality=replace(each.quality, interval_95={"map_50": (0, high)})
        )
        for name, each in metrics.pipelines.items()
    }
    dataset = structs.replace(metrics.dataset, training_objects=objects or {})
    return structs.replace(metrics, pipelines=known, dataset=dataset, axes=axes or {})


def with_curve(ceiling, loss=1.0, rate=0.5):
    curve = {"ceiling": ceiling, "loss": loss, "rate": rate}
    axis = AxisResult(
        question="",
        answers={},
        verdict="",
        favours="neither",
        sureness="",
        cells=(),
        figures={"curves": {"yolo": curve}},
    )
    return {"data": axis}


def test_detectors_that_find_next_to_nothing_are_not_ranked():
    lack = what_is_missing(useless())
    assert lack.none_usable.startswith("None of these can be used yet: the best, YOLO, reaches")
    assert "0.004 (95 % 0.000 to 0.010, 72 test images), and below 0.2" in lack.none_usable


def test_too_few_test_images_for_an_interval_make_nobody_usable():
    lack = what_is_missing(useless(high=float("nan")))
    assert "reaches an mAP@.50 of 0.004 (72 test images), and below 0.2" in lack.none_usable


@pytest.mark.parametrize("high", [0.2, 0.9])
def test_one_that_may_be_good_enough_is_no_lack(high):
    assert what_is_missing(useless(high)) is None


def test_what_is_good_enough_is_a_setting():
    metrics = useless(high=0.19)
    assert what_is_missing(metrics) is not None
    settings = RunSettings()
    lenient = replace(settings, evaluation=replace(settings.evaluation, useful_map_50=0.1))
    assert what_is_missing(structs.replace(metrics, settings=lenient)) is None


def test_the_learning_curve_says_how_many_images_are_missing():
    lack = what_is_missing(useless(axes=with_curve(0.7)))  # 1 / √n is .5 at four images
    assert "YOLO would reach 0.2 with about 4 training images" in lack.advice
    lack = what_is_missing(useless(axes=with_curve(0.15)))
    assert "levels off at 0.15: more such images alone would not do" in lack.advice


def test_without_a_curve_classes_of_few_objects_are_named():
    lack = what_is_missing(useless(objects={"cat": 9, "dog": 10, "hen": 1}))
    assert "2 of 3 classes have fewer than 10 training objects" in lack.advice
    assert "--axes data" in what_is_missing(useless(objects={"cat": 10})).advice


def test_classes_of_few_training_objects_are_named_the_rarest_first():
    objects = {name: count for count, name in enumerate("abcdefghijkl")}
    assert few_examples(objects) == (
        "10 of 12 classes have fewer than 10 training objects (a 0, b 1, c 2, d 3, e 4, …)"
    )
    assert few_examples({"cat": 10}) == ""


def test_few_training_objects_are_said_beside_the_figures():
    assert any("(hen 1)" in line for line in caveats(useless(objects={"cat": 10, "hen": 1})))


def test_a_contender_that_was_not_tried_is_tried_before_a_longer_training():
    every = useless()
    one = every.pipelines["yolo"]
    untried = structs.replace(every, pipelines={"yolo": one, "transfer": one})
    said = "Try the classical pipeline next (--pipelines classical)"
    assert said in what_is_missing(untried).advice
    tried = structs.replace(every, pipelines=dict.fromkeys(["classical", "yolo", "transfer"], one))
    assert "A longer training" in what_is_missing(tried).advice


def test_where_all_were_tried_the_curve_that_rises_most_says_which_gets_more_images():
    axes = with_curve(0.7)
    data = axes["data"]
    flat = {**data.figures["curves"]["yolo"], "loss": 0.01}
    curves = {"yolo": data.figures["curves"]["yolo"], "classical": flat}
    axes = {**axes, "data": structs.replace(data, figures={**data.figures, "curves": curves})}
    every = useless(axes=axes)
    splits = {**every.dataset.splits, "train": every.dataset.splits["test"]}
    every = structs.replace(every, dataset=structs.replace(every.dataset, splits=splits))
    one = every.pipelines["yolo"]
    tried = structs.replace(every, pipelines=dict.fromkeys(["classical", "yolo", "transfer"], one))
    said = "Give YOLO more images first: its learning curve rises most"
    assert said in what_is_missing(tried).advice


def test_a_pre_trained_contender_that_was_not_tried_is_the_one_to_try():
    assert "Try transfer (pre-trained on ImageNet) next" in what_is_missing(useless()).advice
    tried = useless(classical=(0.003,), transfer=(0.004,))
    assert "Try transfer" not in what_is_missing(tried).advice
