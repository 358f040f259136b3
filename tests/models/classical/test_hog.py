import numpy as np

from datasets.boxes import as_boxes
from models.classical.box_regression import apply_steps, fit_regression, steps_to
from models.classical.channels import channels
from models.classical.hog import (
    CELL_NUMBERS,
    COLOUR_CELLS,
    describe,
    fit_templates,
    length,
    most_alike,
)

SQUARE = ((8, 8),)


def test_contrast_hardly_matters():
    from skimage.data import astronaut

    image = astronaut()
    box = as_boxes([[100, 60, 228, 188]])
    full = describe(channels(image), box, SQUARE, context=0.1, colour=False)
    pale = describe(channels(image // 2 + 64), box, SQUARE, context=0.1, colour=False)
    assert np.corrcoef(full[0], pale[0])[0, 1] > 0.9


def test_signed_orientations_distinguish_dark_on_light_from_light_on_dark():
    dark = np.zeros((64, 64, 3), np.uint8)
    dark[16:48, 16:48] = 200
    box = as_boxes([[8, 8, 56, 56]])
    first, second = (
        describe(channels(image), box, SQUARE, context=0, colour=False).reshape(64, CELL_NUMBERS)
        for image in (dark, 200 - dark)
    )
    np.testing.assert_allclose(first[:, 18:27], second[:, 18:27], atol=0.05)
    assert np.abs(first[:, :18] - second[:, :18]).max() > 0.1


def test_colour_can_be_left_out():
    levels = channels(np.zeros((40, 40, 3), np.uint8))
    box = np.array([[0.0, 0, 40, 40]])
    described = describe(levels, box, SQUARE, context=0.1, colour=True)
    assert described.shape == (1, length(SQUARE, colour=True))
    assert length(SQUARE, colour=True) - length(SQUARE, colour=False) == 3 * COLOUR_CELLS**2


def test_boxes_of_one_shape_share_one_template_and_unlike_ones_have_their_own():
    tall, square, wide = [0, 0, 20.0, 60], [0, 0, 40.0, 40], [0, 0, 60.0, 20]
    assert fit_templates(as_boxes([square] * 9), 0) == SQUARE
    assert fit_templates(as_boxes([square, [0, 0, 44, 40], [0, 0, 40, 44]]), 0) == SQUARE
    fitted = fit_templates(as_boxes([tall, square, wide] * 5), 0)
    assert len(fitted) == 3
    assert [np.sign(columns - rows) for rows, columns in fitted] == [-1, 0, 1]
    assert most_alike(as_boxes([wide, tall, square]), fitted).tolist() == [2, 0, 1]


def test_each_template_has_a_place_of_its_own_in_the_description():
    random = np.random.default_rng(0)
    levels = channels(random.integers(0, 256, (80, 80, 3), dtype=np.uint8))
    boxes = as_boxes([[0, 0, 20.0, 60], [0, 0, 60.0, 20]])
    described = describe(levels, boxes, ((12, 5), (5, 12)), context=0.0, colour=False)
    assert not (described[0] * described[1]).any()
    assert (described != 0).any(axis=1).all()


def test_steps_lead_from_boxes_to_their_targets():
    random = np.random.default_rng(0)
    corners = random.uniform(0, 50, (20, 2))
    boxes = np.hstack([corners, corners + random.uniform(20, 40, (20, 2))])
    targets = boxes + random.uniform(-4, 4, boxes.shape)
    np.testing.assert_allclose(apply_steps(boxes, steps_to(boxes, targets)), targets, atol=1e-9)


def test_regression_learns_a_constant_shift():
    random = np.random.default_rng(0)
    corners = random.uniform(0, 50, (200, 2))
    boxes = np.hstack([corners, corners + 20])
    features = random.normal(0, 1, (200, 8)).astype(np.float32)
    labels = np.zeros(200, np.int64)
    learnt = fit_regression(features, boxes, boxes + 3.0, labels, classes=2)
    np.testing.assert_allclose(learnt.refine(boxes, labels, features), boxes + 3, atol=0.05)
    np.testing.assert_allclose(learnt.refine(boxes, labels + 1, features), boxes)
