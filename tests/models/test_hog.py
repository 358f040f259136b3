import numpy as np
from skimage.feature import hog as skimage_hog

from models.box_regression import apply_steps, fit_regression, steps_to
from models.hog import COLOUR_CELLS, crop, describe, hog_descriptor, length


def test_descriptor_agrees_with_scikit_image_on_real_texture():
    from skimage.data import astronaut

    from datasets.boxes import as_boxes

    image = astronaut()
    boxes = as_boxes([[100, 60, 228, 188], [180, 80, 308, 208], [0, 300, 128, 428]])
    ours = describe(image, boxes, context=0.0, colour=False)
    theirs = [
        skimage_hog(
            crop(image, box, 0.0, 64),
            orientations=9,
            pixels_per_cell=(8, 8),
            cells_per_block=(2, 2),
            block_norm="L2-Hys",
            channel_axis=-1,
        )
        for box in boxes
    ]
    for row, other in enumerate(theirs):
        # OpenCV orders blocks by column, weights pixels by a Gaussian and shares them between
        # cells, so the two agree in what they see and not in every number.
        blocks = ours[row].reshape(7, 7, 4, 9).transpose(1, 0, 2, 3).sum(axis=2).ravel()
        similar = other.reshape(7, 7, 4, 9).sum(axis=2).ravel()
        assert np.corrcoef(blocks, similar)[0, 1] > 0.8


def test_edges_fall_into_the_bin_of_their_direction():
    upright = np.zeros((64, 64, 3), np.uint8)
    upright[:, 32:] = 255
    bins = np.asarray(hog_descriptor().compute(upright)).reshape(-1, 9).sum(axis=0)
    level = np.asarray(hog_descriptor().compute(upright.transpose(1, 0, 2).copy()))
    assert bins.argmax() in {0, 8}  # the gradient of an upright edge points at 0° or 180°
    assert level.reshape(-1, 9).sum(axis=0).argmax() == 4


def test_a_crop_beyond_the_border_repeats_it():
    image = np.full((20, 20, 3), 9, np.uint8)
    window = crop(image, np.array([-5.0, -5, 25, 25]), 0.5, 64)
    assert window.shape == (64, 64, 3)
    assert (window == 9).all()


def test_colour_can_be_left_out():
    image = np.zeros((40, 40, 3), np.uint8)
    box = np.array([[0.0, 0, 40, 40]])
    assert describe(image, box, context=0.1, colour=True).shape == (1, length(True))
    assert length(True) - length(False) == 3 * COLOUR_CELLS**2


def test_colour_tells_red_from_blue():
    image = np.zeros((40, 80, 3), np.uint8)
    image[:, :40, 0] = image[:, 40:, 2] = 200
    boxes = np.array([[5.0, 5, 35, 35], [45, 5, 75, 35]])
    colours = describe(image, boxes, context=0.0, colour=True)[:, length(False) :]
    assert np.abs(colours[0] - colours[1]).max() > 0.5


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
