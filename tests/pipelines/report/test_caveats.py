from dataclasses import replace
from math import nan

import pytest
from made_metrics import detector, run
from msgspec import structs

from pipelines.report.caveats import caveats, few_tested, withheld


def pretrained(classes_seen):
    """A run with a contender that had seen other images, and those classes, None for unknown."""
    seen = detector(0.9, pretrained_on="mine.h5")
    seen = structs.replace(seen, model=structs.replace(seen.model, classes_seen=classes_seen))
    return structs.replace(run(yolo=(0.8,)), pipelines={"transfer": seen})


def test_classes_that_a_contender_had_learnt_before_are_named():
    lines = " ".join(caveats(pretrained(("cat",))))
    assert "had learnt cat there" in lines
    assert "not known whether" not in lines


def test_where_it_is_not_known_what_it_had_learnt_that_is_said_with_the_way_out():
    lines = " ".join(caveats(pretrained(None)))
    assert "not known whether transfer" in lines
    assert "--set transfer.backbone_classes=NAMES" in lines
    assert "not known whether" not in " ".join(caveats(pretrained(())))


@pytest.mark.parametrize(("boxes", "is_said"), [(0, False), (29, True), (30, False)])
def test_few_test_objects_a_class_are_said_to_flatter(boxes, is_said):
    metrics = run(yolo=(0.8,))
    test = structs.replace(metrics.dataset.splits["test"], boxes=boxes)
    dataset = structs.replace(metrics.dataset, classes=("a", "b", "c"), splits={"test": test})
    text = few_tested(structs.replace(metrics, dataset=dataset))
    assert text.startswith("about 10 test objects a class" if is_said else "")
    assert bool(text) == is_said


def test_of_too_few_test_images_it_is_said_how_many_more_give_intervals():
    three = run(yolo=(0.8,), images=3)
    assert "no intervals: 3 test images" in withheld(three)
    assert "; 2 more would" in withheld(three)
    test = structs.replace(three.dataset.splits["test"], images=40, groups=2)
    grouped = structs.replace(three, dataset=structs.replace(three.dataset, splits={"test": test}))
    assert "no intervals: 2 groups of test images" in withheld(grouped)


def test_classes_that_too_few_images_hold_are_named():
    metrics = run(yolo=(0.8,))
    dataset = structs.replace(metrics.dataset, classes=("cat", "dog"))
    one = metrics.pipelines["yolo"]
    spans = {"per_class.cat.ap_50": (nan, nan), "per_class.dog.ap_50": (0.1, 0.9)}
    one = structs.replace(one, quality=replace(one.quality, interval_95=spans))
    text = withheld(structs.replace(metrics, dataset=dataset, pipelines={"yolo": one}))
    assert text.startswith("no intervals of 1 of 2 classes (cat): each wants 5 test images")
