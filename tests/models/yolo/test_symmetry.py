import cv2
import numpy as np
import pytest

from models.yolo.symmetry import MIRRORINGS, Sample, chosen_flips, recognised_shares

SIDE = 40


def picture_of(draw, random, objects=4):
    """A noisy picture with some objects in it, drawn by ``draw`` on squares of their own."""
    picture = random.integers(90, 130, (SIDE, SIDE * objects, 3)).astype(np.uint8)
    boxes = []
    for place in range(objects):
        x = SIDE * place + int(random.integers(0, 8))
        draw(picture[4:35, x : x + 31])
        boxes.append([x, 4, x + 31, 35])
    return Sample(
        picture, np.array(boxes, float), np.zeros(objects, np.int64), np.zeros(objects, bool)
    )


def disc(square):
    cv2.circle(square, (15, 15), 12, (230, 230, 230), -1)


def arrow(square):
    square[:] = cv2.arrowedLine(square.copy(), (27, 15), (3, 15), (230, 230, 230), 3, tipLength=0.5)


def tee(square):
    square[3:9, 3:28] = 230
    square[3:28, 13:18] = 230


def samples(draw, images=12):
    random = np.random.default_rng(0)
    return [picture_of(draw, random) for _ in range(images)]


@pytest.mark.parametrize(
    ("draw", "allowed"),
    [(disc, set(MIRRORINGS)), (arrow, {"vertical"}), (tee, {"horizontal"})],
)
def test_only_mirrorings_that_are_not_recognised_are_used(draw, allowed):
    assert chosen_flips("auto", samples(draw), 0) == allowed


def test_two_classes_that_mirror_each_other_are_not_taken_for_one_symmetric():
    both = samples(arrow)
    for picture, boxes, labels, ignore in samples(arrow):
        mirrored = picture[:, ::-1].copy()
        turned = boxes.copy()
        turned[:, [0, 2]] = picture.shape[1] - boxes[:, [2, 0]]
        both.append(Sample(mirrored, turned, labels + 1, ignore))
    assert "horizontal" not in chosen_flips("auto", both, 0)


def test_too_few_objects_to_find_out_leave_left_and_right_alike():
    assert recognised_shares(samples(arrow, images=2), "horizontal", 0) == []
    assert chosen_flips("auto", samples(arrow, images=2), 0) == {"horizontal"}


def test_ignored_objects_do_not_decide():
    hidden = [each._replace(ignore=np.ones(len(each.labels), bool)) for each in samples(arrow)]
    assert chosen_flips("auto", hidden + samples(disc), 0) == set(MIRRORINGS)


@pytest.mark.parametrize(
    ("choice", "flips"),
    [("none", set()), ("horizontal", {"horizontal"}), ("all", set(MIRRORINGS))],
)
def test_a_fixed_choice_is_taken_whatever_the_objects(choice, flips):
    assert chosen_flips(choice, samples(arrow), 0) == flips
