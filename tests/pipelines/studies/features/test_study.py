import numpy as np
import pytest

from datasets.annotations import Annotations
from pipelines.evaluation.quality import score
from pipelines.studies.features.box_svm import Boxed, Scale, learnt_and_tested
from pipelines.studies.features.descriptors import (
    BACKBONE,
    HOG,
    HOG_COLOUR,
    PIXELS,
    hog_descriptor,
    pixels_descriptor,
    sampled,
)
from pipelines.studies.features.study import concluded, draw
from pipelines.studies.features.trials import PROPOSALS, YOLO_BOXES

CLASSES = ("blue", "red")
COLOURS = np.array([[30, 30, 220], [220, 30, 30]], np.uint8)


def coloured(number):
    """An image with a red and a blue square, proposals on them and beside."""
    random = np.random.default_rng(number)
    image = random.integers(90, 120, (64, 96, 3), dtype=np.uint8)
    truth = []
    for label in (0, 1):
        x, y = 4 + 48 * label + random.integers(0, 20), random.integers(2, 38)
        image[y : y + 24, x : x + 24] = COLOURS[label]
        truth.append([x, y, x + 24, y + 24])
    boxes = np.array(truth, float)
    near = np.clip(boxes + random.uniform(-2, 2, boxes.shape), 0, [96, 64, 96, 64])
    corners = random.uniform(0, 30, (12, 2))
    beside = np.concatenate([corners, corners + random.uniform(16, 30, (12, 2))], axis=1)
    return Boxed(image, np.concatenate([near, beside]), Annotations(boxes, [0, 1]))


SPLITS = {
    "train": [coloured(n) for n in range(10)],
    "val": [coloured(n) for n in range(100, 104)],
    "test": [coloured(n) for n in range(200, 206)],
}


def map_with(describe):
    found, dimensions = learnt_and_tested(SPLITS, describe, CLASSES, 0.01, 0.4, seed=0)
    return score([each.truth for each in SPLITS["test"]], found, CLASSES).map_50, dimensions


def test_pixels_tell_colours_and_numbers_without_sense_do_not():
    told, dimensions = map_with(pixels_descriptor)
    assert dimensions == 768
    assert told > 0.9
    random = np.random.default_rng(0)
    blind, _ = map_with(
        lambda image, boxes: random.normal(size=(len(boxes), 40)).astype(np.float32)
    )
    assert blind < 0.5


def test_colour_adds_to_hog_what_hog_does_not_see(classical):
    without, short = map_with(hog_descriptor(classical, "hog"))
    both, long = map_with(hog_descriptor(classical, "hog+colour"))
    assert long == short + 48
    assert both > without + 0.1


def test_samples_lie_in_the_middles_of_a_box_s_parts():
    level = np.arange(12, dtype=np.float32)[None, :, None] + np.zeros((8, 1, 2), np.float32)
    found = sampled(level, np.array([[2.0, 1, 8, 7], [-4, -4, 2, 2]]))
    assert found.shape == (2, 3, 3, 2)
    # Columns' centres are at halves: the middles 3, 5 and 7 of the first box are 2.5, 4.5, 6.5.
    np.testing.assert_allclose(found[0, 0, :, 0], [2.5, 4.5, 6.5])
    np.testing.assert_allclose(found[1, 0, :, 0], [0, 0, 0.5])  # beyond the border its last


def test_scaled_features_are_of_one_length_whatever_their_kind():
    random = np.random.default_rng(0)
    for size, wide in ((20, 0.01), (300, 90.0)):
        features = random.normal(3.0, wide, (200, size)).astype(np.float32)
        scaled = Scale.of(features).apply(features)
        np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-3)
        assert (scaled**2).sum(axis=1).mean() == pytest.approx(50, rel=1e-3)


def result(figure):
    random = np.random.default_rng(int(1000 * figure))
    return {
        "dimensions": 10,
        "map_50": figure,
        "map_50_95": figure / 2,
        "interval_95": [figure - 0.05, figure + 0.05],
        "resampled_map_50": (figure + random.normal(0, 0.02, 200)).tolist(),
    }


def test_learnt_features_that_do_better_favour_yolo():
    found = {
        (HOG, PROPOSALS): result(0.5),
        (HOG_COLOUR, PROPOSALS): result(0.6),
        (BACKBONE, PROPOSALS): result(0.8),
        (PIXELS, PROPOSALS): result(0.3),
        (HOG, YOLO_BOXES): result(0.55),
    }
    told = concluded(found, {"train": 10})
    assert told.verdict.favours == "yolo"
    assert "give +0.200 mAP@.50 against HOG and colour" in told.verdict.sentence
    assert "raw pixels on classical proposals 0.300" in told.verdict.sentence
    draw(told).canvas.draw()


def test_what_was_left_out_favours_nobody():
    told = concluded({(HOG, PROPOSALS): result(0.5)}, {})
    assert told.verdict.favours == "neither"
    assert told.verdict.yolo == "not measured"
    draw(told).canvas.draw()
