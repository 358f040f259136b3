import math

import numpy as np
import pytest

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.quality import evaluation_set, quality_of, score
from pipelines.evaluation.report_card import EvaluationImages, judge
from pipelines.evaluation.resampling import (
    Units,
    bootstrap_counts,
    headline_figures,
    images_holding,
    resampled,
)

CLASSES = ("a", "b", "c")
BOX = [0.0, 0, 10, 10]


def random_set(seed, images=9):
    random = np.random.default_rng(seed)
    truths, founds = [], []
    for _ in range(images):
        count = int(random.integers(0, 6))
        corners = random.uniform(0, 300, (count, 2))
        boxes = np.hstack([corners, corners + np.exp(random.uniform(2, 5, (count, 2)))])
        labels = random.integers(0, 2, count)
        truths.append(Annotations(boxes, labels, random.random(count) < 0.1))
        near = np.repeat(boxes, 2, axis=0) + random.normal(0, 4, (2 * count, 4))
        near[:, 2:] = np.maximum(near[:, 2:], near[:, :2] + 1)
        found = random.integers(0, 3, 2 * count)
        found[::3] = np.repeat(labels, 2)[::3]
        founds.append(Detections(near, random.random(2 * count), found))
    return truths, founds


@pytest.mark.parametrize("seed", range(8))
def test_an_image_that_counts_twice_is_as_good_as_two(seed):
    truths, founds = random_set(seed)
    weights = bootstrap_counts(len(truths), seed, 4)
    values = resampled(evaluation_set(truths, founds, CLASSES), weights)
    for place, row in enumerate(weights):
        images = np.repeat(np.arange(len(truths)), row)
        wanted = headline_figures(
            score([truths[i] for i in images], [founds[i] for i in images], CLASSES)
        )
        got = {name: float(value[place]) for name, value in values.items()}
        assert got == pytest.approx(wanted, abs=1e-12, nan_ok=True)


def test_counted_once_they_are_the_figures_themselves():
    truths, founds = random_set(1)
    given = evaluation_set(truths, founds, CLASSES)
    wanted = headline_figures(quality_of(given))
    values = resampled(given, np.ones((1, given.images), int))
    got = {name: float(value[0]) for name, value in values.items()}
    assert list(got) == list(wanted)
    assert got == pytest.approx(wanted, abs=1e-12, nan_ok=True)


def test_every_resample_has_as_many_images_and_the_seed_fixes_them():
    weights = bootstrap_counts(50, seed=3)
    assert weights.shape == (1000, 50)
    np.testing.assert_array_equal(weights.sum(axis=1), 50)
    np.testing.assert_array_equal(weights, bootstrap_counts(50, seed=3))
    assert (weights != bootstrap_counts(50, seed=4)).any()


def test_many_resamples_are_computed_in_blocks_all_the_same(monkeypatch):
    truths, founds = random_set(2)
    weights = bootstrap_counts(len(truths), 0, 40)
    whole = resampled(evaluation_set(truths, founds, CLASSES), weights)
    monkeypatch.setattr("pipelines.evaluation.resampling.BLOCK", 7)
    for name, values in resampled(evaluation_set(truths, founds, CLASSES), weights).items():
        np.testing.assert_array_equal(values, whole[name])


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_true_positives_a_few_at_a_time_give_the_same(monkeypatch, rows):
    truths, founds = random_set(7, images=30)
    given, weights = evaluation_set(truths, founds, CLASSES), bootstrap_counts(30, 0, 20)
    whole = resampled(given, weights)
    monkeypatch.setattr("pipelines.evaluation.precision.ROWS", rows)
    for name, values in resampled(given, weights).items():
        np.testing.assert_allclose(values, whole[name], rtol=0, atol=1e-14)


def test_a_resample_without_objects_is_undefined():
    box = [[0.0, 0, 10, 10]]
    given = evaluation_set(
        [Annotations(box, [0]), Annotations()], [Detections(), Detections()], ("a",)
    )
    values = resampled(given, np.array([[0, 2], [1, 1]]))["map_50"]
    assert math.isnan(values[0])
    assert values[1] == 0.0


def test_another_iou_is_called_by_its_name():
    truth, found = [Annotations([[0, 0, 10, 10]], [0])], [Detections([[0, 0, 4, 10]], [1], [0])]
    once = resampled(evaluation_set(truth, found, ("a",)), np.ones((1, 1), int), iou=0.3)
    assert (once["map_30"], once["map_50"]) == (1.0, 0.0)


def test_a_figure_is_told_from_the_images_that_hold_what_it_is_about():
    small, large = [0.0, 0, 10, 10], [0.0, 0, 200, 200]
    truths = [
        Annotations([small, small], [0, 0]),
        Annotations([small, large], [0, 1]),
        Annotations([small], [1], [True]),
        Annotations(),
    ]
    result = images_holding(evaluation_set(truths, [Detections()] * 4, CLASSES))
    assert (result["map_50"], result["small"], result["medium"], result["large"]) == (2, 2, 0, 1)
    assert [result[f"per_class.{name}.ap_50"] for name in CLASSES] == [2, 1, 0]
    assert set(result) == set(headline_figures(score(truths, [Detections()] * 4, CLASSES)))


def test_forty_images_of_three_groups_have_no_narrow_interval():
    """As frames of three videos: what is known of them is known three times, not forty."""
    truth = [Annotations([BOX], [0])] * 40
    found = [Detections([BOX], [0.9], [0]) if n % 3 else Detections() for n in range(40)]
    groups = [f"video {n % 3}" for n in range(40)]
    alone = judge(EvaluationImages(truth, ("cat",)), found).quality
    grouped = judge(EvaluationImages(truth, ("cat",), groups=groups), found).quality
    assert grouped.map_50 == alone.map_50
    low, high = alone.interval_95["map_50"]
    assert high - low < 0.35
    assert np.isnan(grouped.interval_95["map_50"]).all()


def test_images_of_a_group_are_drawn_together():
    units = Units.of(6, ["a", "b", "a", "b", "", "a"])
    counts = units.counts(seed=0, resamples=50)
    assert counts.shape == (50, units.number) == (50, 3)
    assert units.group[0] == units.group[2] == units.group[5]
    assert len({*units.group.tolist()}) == 3
    assert (counts.sum(axis=1) == 3).all()


def test_resamples_of_units_are_those_of_their_images():
    truths, founds = random_set(4)
    given, units = evaluation_set(truths, founds, CLASSES), Units.of(9, [*"abcabcab", ""])
    counts = units.counts(seed=1, resamples=20)
    wanted = resampled(given, counts[:, units.group], 0.3)
    values = resampled(given, counts, 0.3, units.group)
    assert list(values) == list(wanted)
    for name, each in values.items():
        np.testing.assert_array_equal(each, wanted[name])


def test_a_few_classes_at_a_time_give_the_same(monkeypatch):
    truths, founds = random_set(6, images=20)
    given, weights = evaluation_set(truths, founds, CLASSES), bootstrap_counts(20, 0, 10)
    assert len([*given.parts()]) == 1
    whole, once = resampled(given, weights, 0.3), quality_of(given)
    monkeypatch.setattr("pipelines.evaluation.quality.PART", 1)
    assert [part.classes for part in given.parts()] == [("a",), ("b",), ("c",)]
    for name, values in resampled(given, weights, 0.3).items():
        np.testing.assert_array_equal(values, whole[name])
    for before, after in zip(leaves(once), leaves(quality_of(given)), strict=True):
        assert after == pytest.approx(before, abs=1e-15, nan_ok=True)


def leaves(quality):
    """All figures, those of classes and their curves too."""
    for value in vars(quality).values():
        if isinstance(value, dict):
            for one in value.values():
                yield from leaves(one)
        else:
            yield value


def test_very_many_images_are_put_together_and_vary_by_as_much(monkeypatch):
    random = np.random.default_rng(0)
    hits = random.random(4000) < 0.6
    truth = [Annotations([BOX], [0])] * 4000
    found = [Detections([BOX], [random.random()], [0]) if hit else Detections() for hit in hits]
    given = evaluation_set(truth, found, ("a",))
    alone = Units.of(4000)
    monkeypatch.setattr("pipelines.evaluation.resampling.MOST_UNITS", 500)
    together = Units.of(4000)
    assert (np.bincount(together.group) == 8).all()
    np.testing.assert_array_equal(together.group, Units.of(4000).group)
    deviations = [
        resampled(given, units.counts(0), unit=units.group)["map_50"].std()
        for units in (alone, together)
    ]
    assert deviations[1] == pytest.approx(deviations[0], rel=0.15)
    few = Units.of(4000, ["a"] * 2000 + ["b"] * 2000)
    assert few.number == 2


def test_images_without_groups_are_drawn_as_they_always_were():
    np.testing.assert_array_equal(Units.of(12).counts(3, 20), bootstrap_counts(12, 3, 20))
    np.testing.assert_array_equal(
        Units.of(12, [""] * 12).counts(3, 20), bootstrap_counts(12, 3, 20)
    )
