from typing import Any

import numpy as np
import pytest

from datasets.boxes import as_boxes, intersection
from datasets.sample import scene
from datasets.sample.faces import CLASSES
from datasets.sample.lens import bounds
from datasets.sample.photographs import photographs_of, picture_of
from datasets.sample.placement import LARGEST_PX, SMALLEST_PX
from datasets.sample.scene import SIDE_PX, render


def photograph(number: int) -> Any:
    choice = photographs_of("train")
    return picture_of(choice[number % len(choice)])


def _without(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave nothing but signs before black."""

    def black(_photograph: Any, side_px: int, _random: Any) -> Any:
        return np.zeros((side_px, side_px, 3), dtype=np.float32)

    monkeypatch.setattr(scene, "background", black)
    monkeypatch.setattr(scene, "photographed", lambda canvas, _random: canvas)
    monkeypatch.setattr(scene, "_POLES", 0.0)
    monkeypatch.setattr(scene, "_COVERED", 0.0)
    monkeypatch.setattr(scene, "_LOOKALIKES", (1.0,))


@pytest.mark.parametrize("class_name", CLASSES)
def test_boxes_are_tight_around_the_drawn_pixels(
    class_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _without(monkeypatch)
    for seed in range(12):
        picture = render([class_name], photograph(0), np.random.default_rng(seed))
        drawn = np.asarray(picture.image.max(axis=-1) > 0.02, dtype=np.float32)
        # The outermost pixels of a smooth edge are less than half covered.
        np.testing.assert_allclose(picture.boxes[0], bounds(drawn), atol=1)


@pytest.mark.parametrize("seed", range(6))
def test_boxes_are_inside_the_image_and_clear_of_each_other(seed: int) -> None:
    picture = render(CLASSES, photograph(seed), np.random.default_rng(seed))
    boxes = as_boxes(picture.boxes)
    assert boxes.min() >= 0
    assert boxes.max() <= SIDE_PX
    longer = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    assert longer.min() >= SMALLEST_PX
    assert longer.max() <= LARGEST_PX
    assert np.count_nonzero(intersection(boxes, boxes)) == len(boxes)


def test_covers_leave_a_sign_to_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scene, "_COVERED", 1.0)
    for seed in range(8):
        picture = render(["stop"], photograph(seed), np.random.default_rng(seed))
        x1, y1, x2, y2 = picture.boxes[0]
        assert max(x2 - x1, y2 - y1) >= SMALLEST_PX


def test_a_box_ends_where_a_cover_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    _without(monkeypatch)
    whole = render(["stop"], photograph(0), np.random.default_rng(1)).boxes[0]

    def right_third(box: Any, side_px: int, _random: Any) -> Any:
        alpha = np.zeros((side_px, side_px), dtype=np.float32)
        alpha[:, box[2] - (box[2] - box[0]) // 3 :] = 1
        return alpha

    monkeypatch.setattr(scene, "_COVERED", 1.0)
    monkeypatch.setattr(scene, "cover", right_third)
    x1, y1, x2, y2 = render(["stop"], photograph(0), np.random.default_rng(1)).boxes[0]
    assert (x1, y1, y2) == (whole[0], whole[1], whole[3])
    assert x2 == whole[2] - (whole[2] - whole[0]) // 3


def test_an_image_may_have_no_sign() -> None:
    picture = render([], photograph(0), np.random.default_rng(0))
    assert picture.image.shape == (SIDE_PX, SIDE_PX, 3)
    assert picture.image.dtype == np.uint8
    assert picture.boxes == picture.class_names == ()


def test_the_same_generator_gives_the_same_picture() -> None:
    first, second, other = (
        render(CLASSES[:3], photograph(0), np.random.default_rng(seed)) for seed in (7, 7, 8)
    )
    np.testing.assert_array_equal(first.image, second.image)
    assert first.boxes == second.boxes
    assert not np.array_equal(first.image, other.image)
