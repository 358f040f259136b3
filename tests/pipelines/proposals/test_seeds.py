import numpy as np

from datasets.boxes import as_boxes, iou
from pipelines.proposals.grabcut import cut, grabcut_boxes, local_boxes, seeded_mask
from pipelines.proposals.saliency import salient_boxes
from pipelines.proposals.superpixels import merged_boxes, superpixel_boxes

OBJECT = as_boxes([[60, 40, 110, 100]])


def picture(size=(160, 240)):
    """One red object of `OBJECT` on a noisy green ground."""
    random = np.random.default_rng(0)
    image = random.normal((60, 140, 70), 4, (*size, 3))
    image[40:100, 60:110] = random.normal((190, 40, 40), 4, (60, 50, 3))
    return image.clip(0, 255).astype(np.uint8)


def test_superpixels_and_saliency_find_what_stands_out():
    image = picture()
    assert iou(OBJECT, superpixel_boxes(image)).max() > 0.8
    assert iou(OBJECT, salient_boxes(image)).max() > 0.5


def test_seeds_are_distinct_inside_the_image_and_the_same_with_any_number_of_threads():
    image = picture()
    for boxes in (superpixel_boxes(image), salient_boxes(image)):
        assert len(np.unique(boxes, axis=0)) == len(boxes)
        assert (boxes[:, :2] >= 0).all()
        assert (boxes[:, 2:] <= [240, 160]).all()
    np.testing.assert_array_equal(superpixel_boxes(image), superpixel_boxes(image, jobs=2))


def test_an_image_of_one_colour_or_one_row_gives_no_error():
    for size in ((50, 80), (1, 40), (40, 1), (1, 1)):
        blank = np.full((*size, 3), 90, np.uint8)
        assert superpixel_boxes(blank).shape[1] == 4
        assert salient_boxes(blank).shape[1] == 4


def test_neighbours_merge_in_the_order_of_their_likeness():
    places = np.array([[0, 0, 1, 1, 2, 2]])
    colours = np.array([[0.0, 0, 0.9, 0.9, 1, 1]], np.float32)[..., None].repeat(3, axis=2)
    assert merged_boxes(places, colours).tolist() == [
        [0, 0, 2, 1],
        [2, 0, 4, 1],
        [4, 0, 6, 1],
        [2, 0, 6, 1],
        [0, 0, 6, 1],
    ]


def test_a_local_cut_moves_a_seed_onto_its_object():
    image, seed = picture(), as_boxes([[52, 46, 100, 108]])
    whole = cut(image, seeded_mask(image.shape, seed), 1)
    found = local_boxes(image, seed[0], whole.models)
    assert len(found) == 1
    assert iou(OBJECT, found).max() > max(0.9, iou(OBJECT, seed).max())


def test_local_cuts_add_boxes_and_take_none():
    image, seeds = picture(), as_boxes([[52, 46, 100, 108]])
    without = grabcut_boxes(image, seeds, (64,), 1)
    with_local = grabcut_boxes(image, seeds, (64,), 1, local_cuts=1)
    np.testing.assert_array_equal(with_local[: len(without)], without)
    assert len(with_local) == len(without) + 1
