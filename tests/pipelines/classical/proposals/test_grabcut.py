import numpy as np

from datasets.boxes import as_boxes, iou
from pipelines.classical.proposals.grabcut import cut, grabcut_boxes, seeded_mask

OBJECT = as_boxes([[60, 40, 110, 100]])
SEED = as_boxes([[52, 46, 100, 108]])


def picture(size=(160, 240)):
    """One red object of `OBJECT` on a noisy green ground."""
    random = np.random.default_rng(0)
    image = random.normal((60, 140, 70), 4, (*size, 3))
    image[40:100, 60:110] = random.normal((190, 40, 40), 4, (60, 50, 3))
    return image.clip(0, 255).astype(np.uint8)


def test_a_cut_finds_the_object_that_its_seed_half_shows():
    found = grabcut_boxes(picture(), SEED, (120,), 1)
    assert iou(OBJECT, found).max() > max(0.9, iou(OBJECT, SEED).max())


def test_the_number_of_threads_changes_no_box():
    one, two = (grabcut_boxes(picture(), SEED, (64, 120), 1, threads) for threads in (1, 2))
    np.testing.assert_array_equal(one, two)


def test_an_image_with_too_few_pixels_to_learn_colours_from_keeps_its_start_mask():
    blank = np.full((5, 8, 3), 90, np.uint8)
    start = seeded_mask(blank.shape, as_boxes([[2, 1, 6, 4]]))
    np.testing.assert_array_equal(cut(blank, start, 1), np.isin(start, (1, 3)))
    for size in ((1, 40), (40, 1), (1, 1)):
        assert grabcut_boxes(np.full((*size, 3), 90, np.uint8), SEED[:0], (64,), 1).shape[1] == 4
