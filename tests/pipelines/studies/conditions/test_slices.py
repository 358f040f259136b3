from pathlib import Path

import numpy as np
import pytest

from datasets.annotations import Annotations, LabelledImage
from datasets.groups import found_in
from pipelines.detections import Detections
from pipelines.evaluation.report_card import EvaluationImages
from pipelines.studies.conditions.looks import Look, look
from pipelines.studies.conditions.sentences import slice_clauses
from pipelines.studies.conditions.slice_figures import sliced
from pipelines.studies.conditions.slices import Slice, slices, thirds


def labelled(name, sides=(10,), ignored=()):
    boxes = [[0, 0, side, side] for side in (*sides, *ignored)]
    ignore = [False] * len(sides) + [True] * len(ignored)
    objects = Annotations(boxes, [0] * len(boxes), ignore)
    return LabelledImage(name, Path(name), 100, 100, objects)


def by_name(found):
    return {each.name: each.places for each in found}


def test_thirds_go_from_few_to_many_and_equal_values_stay_together():
    found = thirds("crowding", np.array([1.0, 1, 2, 2, 9, 9]))
    assert [(each.part, each.places) for each in found] == [
        ("few objects", (0, 1)),
        ("medium", (2, 3)),
        ("many objects", (4, 5)),
    ]
    assert [each.span for each in found] == ["1 objects", "2 objects", "9 objects"]


def test_an_image_without_a_value_is_in_no_third():
    places = [
        place
        for each in thirds("contrast", np.array([0.1, np.nan, 0.3, 0.2]))
        for place in each.places
    ]
    assert sorted(places) == [0, 2, 3]
    assert thirds("contrast", np.array([np.nan])) == []


def test_images_are_divided_by_objects_looks_and_names():
    images = [
        labelled("day/cam1_0.png", (10,), ignored=(90,)),
        labelled("day/cam2_1.png", (20, 20)),
        labelled("night/cam1_2.png", (30, 30, 30)),
        labelled("night/odd.png", ()),
    ]
    seen = [Look(0.9, 0.1, 0.3), Look(0.5, 0.1, 0.1), Look(0.1, 0.1, 0.2), Look(0.6, 0.1, 0.4)]
    found = by_name(slices(images, seen, r"(cam\d)_"))
    assert found["objects' size: small"] == (0,)
    assert found["objects' size: large"] == (2,)
    assert found["brightness: dark"] == (1, 2)
    assert found["brightness: bright"] == (0,)
    assert found["sharpness: blurred"] == (1, 2)
    assert found["crowding: many objects"] == (2,)
    assert found["folder: night"] == (2, 3)
    assert found["name: cam1"] == (0, 2)
    assert not any(name.startswith("contrast") for name in found)  # all alike: one part of all


def test_without_looks_there_are_still_objects_and_names():
    images = [labelled("a/1.png", (10,)), labelled("b/2.png", (20,)), labelled("b/3.png", (30,))]
    kinds = {each.kind for each in slices(images, None)}
    assert kinds == {"objects' size", "folder"}


@pytest.mark.parametrize(
    ("pattern", "wanted"), [(r"cam\d", "cam2"), (r"(c)am(\d)", "c"), ("(x)?cam", ""), ("dog", "")]
)
def test_a_pattern_finds_its_first_group_or_all_of_it(pattern, wanted):
    assert found_in(pattern, "night/cam2_7.png") == wanted


def test_looks_are_of_grey_values_from_0_to_1():
    flat, edge = np.full((8, 8, 3), 51, np.uint8), np.zeros((8, 8, 3), np.uint8)
    edge[:, 4:] = 255
    assert look(flat).brightness == pytest.approx(0.2)
    assert [look(flat).contrast, look(flat).sharpness] == pytest.approx([0, 0], abs=1e-6)
    assert look(edge).contrast == pytest.approx(0.5)
    assert look(edge).sharpness > 0.1


def half_right(images, right):
    """A detector that finds the object in those images and elsewhere something else."""
    hit, miss = [0, 0, 10, 10], [50, 50, 60, 60]
    return [Detections([hit if place in right else miss], [0.9], [0]) for place in range(images)]


def test_each_slice_has_its_figures_and_too_small_ones_are_withheld():
    truth = [Annotations([[0, 0, 10, 10]], [0]) for _ in range(40)]
    parts = [
        Slice("brightness", "dark", "", tuple(range(20))),
        Slice("brightness", "bright", "", tuple(range(20, 40))),
        Slice("folder", "few", "", (0, 1, 2, 3)),
    ]
    dark, bright = set(range(20)), set(range(20, 40))
    found = {"classical": half_right(40, dark), "yolo": half_right(40, bright)}
    result = sliced(EvaluationImages(truth, ("cat",)), found, parts, "map_50")
    assert result.withheld == ("folder: few",)
    first, second = result.rows
    assert (first.name, first.images, first.objects) == ("brightness: dark", 20, 20)
    assert first.values == {"classical": pytest.approx(1.0), "yolo": 0.0}
    assert second.values == {"classical": 0.0, "yolo": pytest.approx(1.0)}
    assert [each.ahead for each in result.comparisons] == ["classical", "yolo"]
    clauses = slice_clauses(result, {("classical", "yolo"): "yolo"})
    assert clauses == [
        "the classical pipeline is ahead of YOLO on brightness: dark, where YOLO is on all test "
        "images, corrected for 2 comparisons"
    ]


def test_images_of_one_group_count_once_in_a_slice():
    truth = [Annotations([[0, 0, 10, 10]], [0]) for _ in range(12)]
    images = EvaluationImages(truth, ("cat",), groups=["a"] * 6 + ["b"] * 6)
    part = Slice("brightness", "dark", "", tuple(range(10)))
    result = sliced(images, {"yolo": half_right(12, {0})}, [part], "map_50")
    assert result.withheld == ("brightness: dark",)
    assert result.rows == ()
