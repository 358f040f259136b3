import numpy as np
import pytest

from models.yolo.augmentation import augmented, plain
from models.yolo.settings import YoloSettings
from models.yolo.symmetry import MIRRORINGS, Sample

PICTURE_HW = (192, 256)


def marked_sample(random):
    """A black picture with one white rectangle, and the rectangle's box."""
    picture = np.zeros((150, 220, 3), np.uint8)
    x1, y1 = random.integers(20, 100), random.integers(20, 70)
    x2, y2 = x1 + random.integers(30, 80), y1 + random.integers(30, 60)
    picture[y1:y2, x1:x2] = 255
    box = np.array([[x1, y1, x2, y2]], np.float64)
    return Sample(picture, box, np.array([0]), np.array([False]))


@pytest.mark.parametrize("flips", [set(), {"horizontal"}, set(MIRRORINGS)])
@pytest.mark.parametrize("pictures", [1, 4])
def test_marked_pixels_stay_in_their_boxes_and_fill_them(flips, pictures):
    settings = YoloSettings(jitter=0.0)
    for seed in range(30):
        random = np.random.default_rng(seed)
        samples = [marked_sample(random) for _ in range(pictures)]
        picture, boxes, labels, _ = augmented(samples, PICTURE_HW, settings, flips, random)
        white = picture[:, :, 0] > 200
        covered = np.zeros(PICTURE_HW, bool)
        for x1, y1, x2, y2 in boxes:
            covered[round(y1) : round(y2), round(x1) : round(x2)] = True
            inner = white[round(y1) + 2 : round(y2) - 2, round(x1) + 2 : round(x2) - 2]
            assert inner.all()
        if len(boxes) == pictures:  # none was cut away, so nothing white may be outside
            grown = np.pad(covered, 2)
            near = sum(np.roll(grown, (dy, dx), (0, 1)) for dy in (-2, 0, 2) for dx in (-2, 0, 2))
            assert not (white & (near[2:-2, 2:-2] == 0)).any()
        assert len(labels) == len(boxes)


def test_boxes_lie_inside_the_picture():
    for seed in range(30):
        random = np.random.default_rng(seed)
        samples = [marked_sample(random) for _ in range(4)]
        made = augmented(samples, PICTURE_HW, YoloSettings(), set(MIRRORINGS), random)
        boxes = made.boxes
        assert (boxes >= 0).all()
        assert (boxes[:, [0, 2]] <= PICTURE_HW[1]).all()
        assert (boxes[:, [1, 3]] <= PICTURE_HW[0]).all()


def test_the_sample_itself_is_left_as_it_was():
    sample = marked_sample(np.random.default_rng(0))
    before = [array.copy() for array in sample]
    augmented([sample], PICTURE_HW, YoloSettings(), set(MIRRORINGS), np.random.default_rng(1))
    for array, copy in zip(sample, before, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_plain_pictures_are_only_scaled():
    sample = marked_sample(np.random.default_rng(3))
    made = plain(sample, PICTURE_HW)
    factor = min(192 / 150, 256 / 220)
    np.testing.assert_allclose(made.boxes, sample.boxes * factor)
    assert made.picture.shape == (*PICTURE_HW, 3)
    np.testing.assert_array_equal(made.labels, sample.labels)


def test_an_ignored_object_is_kept_however_little_of_it_is_seen():
    seen_of_found, seen_of_ignored = [], []
    for seed in range(60):
        sample = marked_sample(np.random.default_rng(seed))
        for ignore, seen in (([False], seen_of_found), ([True], seen_of_ignored)):
            samples = [sample._replace(ignore=np.array(ignore))] * 4
            random = np.random.default_rng(seed)
            made = augmented(samples, PICTURE_HW, YoloSettings(), set(), random)
            assert (made.ignore == ignore[0]).all()
            seen.append(len(made.boxes))
    assert all(more >= some for more, some in zip(seen_of_ignored, seen_of_found, strict=True))
    assert sum(seen_of_ignored) > sum(seen_of_found)
