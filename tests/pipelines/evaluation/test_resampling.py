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
    counts = Units.of(6, ["a", "b", "a", "b", "", "a"]).counts(seed=0, resamples=50)
    assert counts.shape == (50, 6)
    np.testing.assert_array_equal(counts[:, 0], counts[:, 2])
    np.testing.assert_array_equal(counts[:, 0], counts[:, 5])
    assert (counts[:, 0] + counts[:, 1] + counts[:, 4] == 3).all()


def test_images_without_groups_are_drawn_as_they_always_were():
    np.testing.assert_array_equal(Units.of(12).counts(3, 20), bootstrap_counts(12, 3, 20))
    np.testing.assert_array_equal(
        Units.of(12, [""] * 12).counts(3, 20), bootstrap_counts(12, 3, 20)
    )
