import numpy as np
import pytest

from datasets.images import load_image
from models.classical.hog import length
from pipelines.classical.detector import describe_boxes
from pipelines.classical.hog_weights import cell_contributions, hog_weights, spread
from pipelines.classical.proposals.propose import search


def test_cells_add_up_to_the_margin():
    templates = ((5, 6), (8, 4))
    random = np.random.default_rng(0)
    for which in (0, 1):
        features = np.zeros(length(templates, colour=True), np.float32)
        begin = length(templates[:which], colour=False)
        end = length(templates[: which + 1], colour=False)
        features[begin:end] = random.random(end - begin)
        features[-48:] = random.random(48)
        weights = random.normal(size=len(features)).astype(np.float32)
        gradients, colours = cell_contributions(features, weights, templates, which)
        assert gradients.shape == templates[which]
        assert gradients.sum() + colours.sum() == pytest.approx(features @ weights, rel=1e-4)


def test_the_numbers_of_one_cell_count_for_that_cell_only():
    templates = ((5, 5),)
    features = np.zeros(length(templates, colour=False), np.float32)
    features[31:62] = 1.0  # the second cell
    gradients, _ = cell_contributions(features, np.ones_like(features), templates, 0)
    assert gradients[0, 1] == gradients.sum() == pytest.approx(31)


def test_values_are_laid_over_their_box_and_keep_their_sum():
    laid = spread(np.ones((4, 4)), np.array([10.0, 20, 30, 40]), (60, 60))
    assert laid.sum() == pytest.approx(16)
    assert laid[20:40, 10:30].sum() == pytest.approx(16)
    half = spread(np.ones((4, 4)), np.array([-10.0, 20, 10, 40]), (60, 60))
    assert half.sum() == pytest.approx(8)


def test_the_map_of_a_detection_is_its_margin_less_the_bias(classical, small_sample):
    image = small_sample.splits["train"][0]
    pixels, truth = load_image(image.path), image.annotations
    inner = [
        row
        for row, (x1, y1, x2, y2) in enumerate(truth.boxes)
        if min(x1, y1) > 20 and x2 < image.width_px - 20 and y2 < image.height_px - 20
    ]
    box, label = truth.boxes[inner[0]], int(truth.labels[inner[0]])
    searched = search(pixels)
    scaled = box[None] / searched.back
    features = describe_boxes(searched.levels, scaled, classical.templates, classical.settings)
    svm = classical.svm
    wanted = float(svm.margins(features)[0, label] - svm.bias[label])
    assert hog_weights(classical, pixels, box, label).sum() == pytest.approx(wanted, abs=0.05)
