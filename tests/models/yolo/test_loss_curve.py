import numpy as np
import pytest

from models.yolo.loss_curve import MOST_POINTS, LossCurve


@pytest.mark.parametrize("updates", [1, 7, MOST_POINTS, 3 * MOST_POINTS + 1, 5 * MOST_POINTS])
def test_every_point_is_the_mean_of_its_stretch(updates):
    losses = np.random.default_rng(0).random((updates, 2))
    curve = LossCurve()
    for classes, boxes in losses:
        curve.add(classes, boxes)
    length, points = curve.updates_a_point, len(curve.classes)
    assert points < MOST_POINTS
    assert points * length + len(curve.waiting) == updates
    whole = losses[: points * length].reshape(points, length, 2).mean(axis=1)
    np.testing.assert_allclose(np.column_stack([curve.classes, curve.boxes]), whole)


def test_going_on_from_plain_numbers_gives_the_same_curve():
    import json
    from dataclasses import asdict

    losses = np.random.default_rng(1).random((3 * MOST_POINTS, 2)).tolist()
    whole, first = LossCurve(), LossCurve()
    for pair in losses:
        whole.add(*pair)
    for pair in losses[:333]:
        first.add(*pair)
    second = LossCurve(**json.loads(json.dumps(asdict(first))))
    for pair in losses[333:]:
        second.add(*pair)
    assert (second.classes, second.boxes) == (whole.classes, whole.boxes)
    assert second.updates_a_point == whole.updates_a_point
