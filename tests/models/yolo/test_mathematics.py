"""Assigner, losses and distances against slow references; TensorFlow is needed."""

import numpy as np
import pytest
import reference

from models.yolo.asked_cells import asked_cells
from models.yolo.decoding import decode, grid_points

pytestmark = pytest.mark.tensorflow
INPUT_HW = (64, 96)
POINTS, STRIDES = grid_points(INPUT_HW)


def random_boxes(random, count, least_px=1.0):
    x1, y1 = random.uniform(0, 60, count), random.uniform(0, 40, count)
    sides = random.uniform(least_px, 30, (count, 2))
    return np.stack([x1, y1, x1 + sides[:, 0], y1 + sides[:, 1]], axis=1)


def padded(boxes, labels, room):
    count = len(boxes)
    rows = np.zeros((1, room, 4), np.float32)
    rows[0, :count] = boxes
    kinds = np.zeros((1, room), np.int32)
    kinds[0, :count] = labels
    real = np.zeros((1, room), np.float32)
    real[0, :count] = 1
    return rows, kinds, real


@pytest.mark.parametrize("seed", range(8))
def test_assigner_agrees_with_the_slow_reference(seed):
    from models.yolo.assigner import ALPHA, BETA, TOP, assign

    random = np.random.default_rng(seed)
    cells, classes = len(POINTS), 3
    scores = random.uniform(0.01, 0.9, (cells, classes)).astype(np.float32)
    reach = np.exp(random.normal(0.5, 0.5, (cells, 4))) * STRIDES[:, None]
    boxes = np.concatenate([POINTS - reach[:, :2], POINTS + reach[:, 2:]], 1).astype(np.float32)
    count = seed % 5
    true_boxes = random_boxes(random, count).astype(np.float32)
    true_labels = random.integers(0, classes, count)
    rows, kinds, real = padded(true_boxes, true_labels, 8)
    targets = assign(scores[None], boxes[None], POINTS, STRIDES, rows, kinds, real)
    wanted, places = reference.assign(
        scores, boxes, POINTS, STRIDES, true_boxes, true_labels, ALPHA, BETA, TOP
    )
    np.testing.assert_allclose(np.asarray(targets.scores)[0], wanted, atol=1e-4)
    given = np.asarray(targets.weights)[0] > 0
    np.testing.assert_array_equal(given, wanted.sum(1) > 0)
    np.testing.assert_allclose(np.asarray(targets.boxes)[0][given], places[given], atol=1e-4)


def test_complete_iou_agrees_with_the_slow_reference():
    from models.yolo.losses import complete_iou

    random = np.random.default_rng(0)
    first, second = random_boxes(random, 50), random_boxes(random, 50)
    wanted = [reference.ciou(a, b) for a, b in zip(first, second, strict=True)]
    got = complete_iou(first.astype(np.float32), second.astype(np.float32))
    np.testing.assert_allclose(np.asarray(got), wanted, atol=1e-4)


def test_raw_distances_are_decoded_to_the_boxes_they_were_made_of():
    from models.yolo.update import decode_boxes

    random = np.random.default_rng(1)
    reach = np.exp(random.normal(0, 1, (len(POINTS), 4))) * STRIDES[:, None]
    boxes = np.concatenate([POINTS - reach[:, :2], POINTS + reach[:, 2:]], 1)
    raw = reference.raw_distances(boxes, POINTS, STRIDES)
    got = np.asarray(decode_boxes(raw[None], POINTS, STRIDES))
    np.testing.assert_allclose(got, boxes[None], rtol=1e-4)


def test_detection_decodes_what_training_encodes():
    random = np.random.default_rng(2)
    box = np.array([10.0, 12, 50, 44])
    raw = reference.raw_distances(np.tile(box, (len(POINTS), 1)), POINTS, STRIDES)
    outputs = np.full((len(POINTS), 4 + 3), -9.0, np.float32)
    outputs[:, :4] = raw
    cell = int(np.argmin(np.abs(POINTS - [30, 28]).sum(1)))
    outputs[cell, 4 + 2] = 3.0 + random.random()
    boxes, scores, labels = decode(outputs, INPUT_HW, score_threshold=0.5)
    np.testing.assert_allclose(boxes, [box], atol=1e-3)
    assert labels.tolist() == [2]
    assert scores[0] == pytest.approx(1 / (1 + np.exp(-outputs[cell, 6])))


def test_class_loss_is_the_mean_cross_entropy_of_soft_scores():
    from models.yolo.assigner import Targets
    from models.yolo.losses import detection_losses

    random = np.random.default_rng(3)
    logits = random.normal(-2, 4, (2, 50, 3)).astype(np.float32)
    scores = random.uniform(0, 1, (2, 50, 3)).astype(np.float32)
    boxes = random_boxes(random, 100).reshape(2, 50, 4).astype(np.float32)
    targets = Targets(scores, boxes, scores.sum(-1))
    probability = 1 / (1 + np.exp(-logits.astype(np.float64)))
    entropy = -(scores * np.log(probability) + (1 - scores) * np.log(1 - probability))
    got = float(detection_losses(logits, boxes, targets, np.ones((2, 50), np.float32)).classes)
    assert got == pytest.approx(entropy.sum() / scores.sum(), rel=1e-6)


def losses_and_gradients(raw, logits, truth, asked):
    """Both losses of one image, the assigned cells, and gradients of its answers."""
    import tensorflow as tf

    from models.yolo.assigner import assign
    from models.yolo.losses import detection_losses
    from models.yolo.update import decode_boxes

    raw, logits = tf.Variable(raw[None]), tf.Variable(logits[None])
    with tf.GradientTape() as tape:
        boxes = decode_boxes(raw, POINTS, STRIDES)
        answers = tf.stop_gradient(tf.sigmoid(logits)), tf.stop_gradient(boxes)
        targets = assign(*answers, POINTS, STRIDES, *truth)
        losses = detection_losses(logits, boxes, targets, asked[None])
        total = losses.classes + losses.boxes
    pulls = tape.gradient(total, [raw, logits])
    return losses, targets.weights[0].numpy() > 0, [pull.numpy()[0] for pull in pulls]


def test_ignored_objects_pull_at_no_answer_and_their_neighbours_at_theirs():
    random = np.random.default_rng(5)
    raw = random.normal(0, 1, (len(POINTS), 4)).astype(np.float32)
    logits = random.normal(-2, 1, (len(POINTS), 2)).astype(np.float32)
    found, ignored = np.array([[4.0, 4, 40, 40]]), np.array([[20.0, 20, 90, 60]])
    truth = padded(found, [1], 4)
    asked = asked_cells(ignored, INPUT_HW)
    everywhere = np.ones_like(asked)
    before, own, (places, scores) = losses_and_gradients(raw, logits, truth, everywhere)
    losses, still_own, (pulled, pulled_scores) = losses_and_gradients(raw, logits, truth, asked)
    shared = own & (asked == 0)
    silent = ~own & (asked == 0)
    assert shared.any()  # cells of both
    assert silent.sum() > 20  # cells of the ignored one alone
    np.testing.assert_array_equal(still_own, own)
    assert not pulled_scores[silent].any()
    assert not pulled[silent].any()
    assert (scores[silent] != 0).all()  # as background they would be pulled at
    np.testing.assert_array_equal(pulled_scores[~silent], scores[~silent])
    np.testing.assert_array_equal(pulled, places)
    assert float(losses.classes) < float(before.classes)
    assert float(losses.boxes) == float(before.boxes)


def test_without_an_ignored_object_every_cell_is_asked():
    assert asked_cells(np.zeros((0, 4)), INPUT_HW).tolist() == [1.0] * len(POINTS)


@pytest.mark.parametrize("seed", range(4))
def test_the_cells_of_an_ignored_object_are_those_an_object_could_have(seed):
    from models.yolo.assigner import cells_inside

    ignored = random_boxes(np.random.default_rng(seed), 1 + 3 * seed)
    own = np.asarray(cells_inside(ignored[None].astype(np.float32), POINTS, STRIDES))[0]
    np.testing.assert_array_equal(asked_cells(ignored, INPUT_HW), 1 - own.max(axis=0))


@pytest.mark.parametrize(("count", "size_px"), [(0, 5.0), (1, 20.0), (500, 10.0), (30, 1.0)])
def test_gradients_are_finite(count, size_px):
    import tensorflow as tf

    from models.yolo.assigner import assign
    from models.yolo.losses import detection_losses
    from models.yolo.update import decode_boxes

    random = np.random.default_rng(count)
    corners = random.uniform(0, 60, (count, 2))
    rows, kinds, real = padded(np.hstack([corners, corners + size_px]), np.zeros(count), 512)
    asked = random.integers(0, 2, (1, len(POINTS))).astype(np.float32)
    raw = tf.Variable(random.normal(0, 1, (1, len(POINTS), 4)).astype(np.float32))
    logits = tf.Variable(random.normal(-4, 1, (1, len(POINTS), 2)).astype(np.float32))
    with tf.GradientTape() as tape:
        boxes = decode_boxes(raw, POINTS, STRIDES)
        targets = assign(tf.sigmoid(logits), boxes, POINTS, STRIDES, rows, kinds, real)
        losses = detection_losses(logits, boxes, targets, asked)
        total = losses.classes + losses.boxes
    gradients = tape.gradient(total, [raw, logits])
    assert np.isfinite(float(total))
    for gradient in gradients:
        assert np.isfinite(gradient.numpy()).all()
    if count:
        assert float(tf.reduce_sum(targets.weights)) > 0


def test_one_pixel_object_between_cell_centres_is_still_asked_for():
    from models.yolo.assigner import assign

    rows, kinds, real = padded(np.array([[7.6, 7.6, 8.4, 8.4]]), np.array([0]), 4)
    boxes = np.concatenate([POINTS - STRIDES[:, None], POINTS + STRIDES[:, None]], 1)[None]
    scores = np.full((1, len(POINTS), 1), 0.1, np.float32)
    targets = assign(scores, boxes.astype(np.float32), POINTS, STRIDES, rows, kinds, real)
    assert float(np.asarray(targets.weights).sum()) > 0
