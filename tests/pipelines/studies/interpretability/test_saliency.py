"""Explanations of toy detectors of which it is known which pixels they use."""

import numpy as np
import pytest

from pipelines.detections import Detections
from pipelines.studies.interpretability.faithfulness import (
    AREAS,
    agreement,
    deletion,
    faithfulness,
    first_pixels,
    random_saliency,
    within,
)
from pipelines.studies.interpretability.saliency import (
    DetectedBox,
    drise,
    hidden,
    mask,
    target_score,
)

SIDE = 96
BOX = np.array([24.0, 24, 72, 72])
EYE = (slice(30, 46), slice(50, 66))  # rows and columns that the toy uses
TARGET = DetectedBox(BOX, 0)
RANDOM = np.random.default_rng(0)
IMAGE = RANDOM.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)


def detect_many(images):
    """Find the target, at the share of the eye's pixels that are as they were."""
    found = []
    for image in images:
        apart = np.abs(image[EYE].astype(int) - IMAGE[EYE].astype(int)).max(axis=2)
        found.append(Detections([BOX], [max(float((apart < 40).mean()), 1e-6)], [0]))
    return found


@pytest.fixture(scope="module")
def saliency():
    return drise(detect_many, IMAGE, [TARGET], range(128), seed=1)[0]


def test_drise_points_to_what_the_detector_uses(saliency):
    y, x = np.unravel_index(int(saliency.argmax()), saliency.shape)
    assert 24 <= y <= 52
    assert 44 <= x <= 72
    assert saliency[EYE].mean() > saliency.mean() + 3 * saliency.std() / 2


def test_what_drise_marks_is_more_faithful_than_chance(saliency):
    result = faithfulness(detect_many, IMAGE, TARGET, saliency, BOX)
    assert result.points
    level = [random_saliency((SIDE, SIDE), seed) for seed in range(6)]
    anywhere = [deletion(detect_many, IMAGE, TARGET, each) for each in level]
    inside = [deletion(detect_many, IMAGE, TARGET, within(each, TARGET)) for each in level]
    assert result.deletion < np.mean(inside) < np.mean(anywhere)
    assert result.insertion > 1 - np.mean(inside)


def test_a_perfect_map_deletes_all_and_inserts_all_at_once():
    exact = np.zeros((SIDE, SIDE))
    exact[EYE] = 1.0
    result = faithfulness(detect_many, IMAGE, TARGET, exact, BOX)
    assert result.insertion > 0.9
    assert result.deletion < 0.15
    wrong = faithfulness(detect_many, IMAGE, TARGET, -exact, BOX)
    assert wrong.deletion > 0.6
    assert not faithfulness(
        detect_many, IMAGE, TARGET, np.pad([[1.0]], ((0, 95), (0, 95))), BOX
    ).points


def test_two_runs_agree_where_there_is_something_to_see(saliency):
    again = drise(detect_many, IMAGE, [TARGET], range(128, 256), seed=1)[0]
    assert agreement(saliency, again) > 0.3
    assert agreement(saliency, saliency) == pytest.approx(1.0)
    assert np.isnan(agreement(saliency, np.zeros_like(saliency)))


def test_the_same_masks_come_again_and_half_is_shown():
    np.testing.assert_array_equal(mask((50, 70), 3, 5), mask((50, 70), 3, 5))
    shown = [mask((50, 70), 0, number).mean() for number in range(40)]
    assert np.mean(shown) == pytest.approx(0.5, abs=0.03)
    assert mask((50, 70), 0, 0).shape == (50, 70)
    assert (mask((50, 70), 0, 0) != mask((50, 70), 0, 1)).any()
    assert mask((1, 70), 0, 0).shape == (1, 70)


def test_what_is_hidden_has_the_mean_colour_and_what_is_shown_is_as_it_was():
    flags = np.zeros((SIDE, SIDE), bool)
    flags[:10] = True
    made = hidden(IMAGE, flags)
    np.testing.assert_array_equal(made[:10], IMAGE[:10])
    np.testing.assert_allclose(made[50, 50], IMAGE.reshape(-1, 3).mean(axis=0), atol=0.51)


def test_as_many_pixels_are_taken_as_the_box_has_area():
    counts = [flags.sum() for flags in first_pixels(np.zeros((SIDE, SIDE)), TARGET)]
    assert counts == [round(share * 48 * 48) for share in AREAS]


def test_a_detection_is_there_by_iou_and_class():
    half = [24, 24, 72, 48]
    found = Detections([half, BOX, BOX], [0.8, 0.3, 0.9], [0, 0, 1])
    assert target_score(found, TARGET) == pytest.approx(0.4)
    assert target_score(Detections(), TARGET) == 0
