import numpy as np

from datasets.annotations import Annotations

BOXES = np.array([[0.0, 0, 10, 10], [45, 0, 55, 10], [44, 0, 54, 10], [60, 20, 70, 30]])


def test_boxes_that_lie_half_in_an_ignored_object_are_held_by_it():
    truth = Annotations([[50, 0, 100, 50], [0, 0, 20, 20]], [0, 0], [True, False])
    assert truth.holds_ignored(BOXES).tolist() == [False, True, False, True]


def test_without_ignored_objects_no_box_is_held():
    assert not Annotations([[0, 0, 100, 50]], [0]).holds_ignored(BOXES).any()
    assert not Annotations().holds_ignored(BOXES).any()
    hidden = Annotations([[0, 0, 100, 50]], [0], [True])
    assert hidden.holds_ignored(np.zeros((0, 4))).shape == (0,)


def test_ground_truths_of_many_images_are_parts_of_read_only_arrays():
    boxes, labels = BOXES.copy(), np.arange(4)
    first, none, rest = Annotations.in_parts(boxes, labels, np.zeros(4, bool), [0, 1, 1, 4])
    boxes[:] = 0
    assert first.boxes.tolist() == BOXES[:1].tolist()
    assert none.boxes.shape == (0, 4)
    assert rest.labels.tolist() == [1, 2, 3]
    assert not any(array.flags.writeable for array in (rest.boxes, rest.labels, rest.ignore))
