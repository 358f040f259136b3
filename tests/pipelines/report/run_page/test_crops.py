import io

import numpy as np
import pytest
from PIL import Image

from datasets.boxes import as_boxes
from datasets.images import ImageError
from datasets.progress import silently
from pipelines.report.run_page.crops import (
    LEAST_PX,
    LONGER_SIDES_PX,
    Wanted,
    around,
    cropped,
    crops,
)


def opened(crop):
    image = Image.open(io.BytesIO(crop.webp))
    assert image.format == "WEBP"
    return image


def boxes(*rows):
    return as_boxes(rows)


def test_the_boxes_are_in_the_middle_with_room_around():
    assert around(boxes((400, 300, 500, 340)), (1000, 800)) == (340, 210, 560, 430)
    both = around(boxes((400, 300, 500, 340), (450, 300, 600, 360)), (1000, 800))
    assert both == (280, 110, 720, 550)


def test_around_a_tiny_object_there_is_something_to_see():
    left, top, right, bottom = around(boxes((500, 400, 504, 404)), (1000, 800))
    assert (right - left, bottom - top) == (LEAST_PX, LEAST_PX)


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((0, 0, 40, 20), (0, 0, 96, 96)),
        ((960, 790, 1000, 800), (904, 704, 1000, 800)),
        ((0, 0, 1000, 800), (0, 0, 1000, 800)),
        ((-300, 10, -200, 30), (0, 0, 220, 220)),
    ],
)
def test_a_crop_never_leaves_its_image(box, expected):
    assert around(boxes(box), (1000, 800)) == expected


def test_an_image_smaller_than_a_crop_is_shown_whole():
    assert around(boxes((3, 3, 5, 5)), (7, 1)) == (0, 0, 7, 1)
    made = cropped(np.zeros((1, 7, 3), np.uint8), boxes((3, 0, 5, 1)), 10_000)
    assert opened(made).size == (7, 1)


def test_a_crop_shows_the_pixels_of_its_place_and_is_not_enlarged():
    pixels = np.full((400, 600, 3), 30, np.uint8)
    pixels[200:240, 300:340] = (220, 40, 40)
    made = cropped(pixels, boxes((300, 200, 340, 240)), 20_000)
    assert (made.left, made.top, made.width, made.height) == (272, 172, 96, 96)
    seen = np.asarray(opened(made).convert("RGB")).astype(int)
    assert seen.shape == (96, 96, 3)
    assert np.abs(seen[38:58, 38:58] - (220, 40, 40)).max() < 12
    assert np.abs(seen[:20] - 30).max() < 12


def test_what_does_not_compress_becomes_smaller_until_it_fits():
    noise = np.random.default_rng(0).integers(0, 256, (900, 900, 3), dtype=np.uint8)
    made = cropped(noise, boxes((100, 100, 500, 500)), 20_000)
    assert made.width == 880
    assert max(opened(made).size) in LONGER_SIDES_PX[1:]
    assert len(made.webp) <= 20_000


def test_crops_come_in_the_order_asked_for_and_every_image_is_read_once(tmp_path, monkeypatch):
    for number in (0, 1):
        image = Image.new("RGB", (200, 200), (200 * number, 0, 0))
        image.save(tmp_path / f"{number}.png")
    read = []

    def load(path):
        read.append(path.name)
        return np.asarray(Image.open(path))

    monkeypatch.setattr("pipelines.report.run_page.crops.load_image", load)
    order = (1, 0, 1, 1)
    wanted = [Wanted(tmp_path / f"{n}.png", boxes((50, 50, 60 + n, 60))) for n in order]
    reds = [
        np.asarray(opened(each).convert("RGB"))[0, 0, 0] for each in crops(wanted, 9000, silently)
    ]
    assert [bool(red > 100) for red in reds] == [True, False, True, True]
    assert sorted(read) == ["0.png", "1.png"]


def test_an_image_that_is_gone_is_named(tmp_path):
    with pytest.raises(ImageError, match="gone"):
        crops([Wanted(tmp_path / "gone.png", boxes((0, 0, 9, 9)))], 9000, silently)
