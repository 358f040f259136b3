import io

import numpy as np
import pytest
from PIL import Image

from datasets.images import ImageError
from datasets.progress import silently
from pipelines.report.run_page.photographs import LONGER_SIDES_PX, MOST_BYTES, photographs, shrunk


def opened(webp):
    image = Image.open(io.BytesIO(webp))
    assert image.format == "WEBP"
    return image


def test_large_photographs_become_smaller_and_keep_their_shape():
    ramp = np.broadcast_to(np.linspace(0, 255, 3000), (2000, 3000))
    made = shrunk(np.stack([ramp] * 3, axis=2).astype(np.uint8))
    assert opened(made.full).size == (960, 640)
    assert opened(made.thumb).size == (112, 75)


def test_small_photographs_stay_as_large_as_they_are_and_look_alike():
    pixels = np.full((50, 80, 3), 200, np.uint8)
    pixels[:, 40:] = (20, 120, 60)
    image = opened(shrunk(pixels).full)
    assert image.size == (80, 50)
    assert np.abs(np.asarray(image.convert("RGB")).astype(int) - pixels).mean() < 3


def test_what_does_not_compress_is_made_smaller_until_it_is_small_enough():
    noise = np.random.default_rng(0).integers(0, 256, (1000, 1200, 3), dtype=np.uint8)
    made = shrunk(noise)
    size = max(opened(made.full).size)
    assert size in LONGER_SIDES_PX[1:]
    assert len(made.full) <= MOST_BYTES or size == LONGER_SIDES_PX[-1]


def test_photographs_are_upright_and_in_order(tmp_path):
    paths = [tmp_path / "turned.jpg", tmp_path / "plain.png"]
    turned = Image.new("RGB", (60, 30), "red")
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(paths[0], exif=exif)
    Image.new("RGB", (60, 30), "blue").save(paths[1])
    assert [opened(made.full).size for made in photographs(paths, silently)] == [(30, 60), (60, 30)]
    with pytest.raises(ImageError, match=r"missing\.png"):
        list(photographs([tmp_path / "missing.png"], silently))
