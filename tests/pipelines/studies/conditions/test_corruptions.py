import numpy as np
import pytest
from skimage.color import hsv2rgb, rgb2hsv

from pipelines.studies.conditions.corruptions import (
    BLUR,
    CONDITIONS,
    CONTRAST,
    CORRUPTIONS,
    DARKER,
    NOISE,
    SEVERITIES,
    darkened,
    flattened,
    gaussian_noise,
    motion_blur,
    trail,
)


def picture(height=48, width=64, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def level(value, side=120):
    return np.full((side, side, 3), value, np.uint8)


@pytest.fixture
def random():
    return np.random.default_rng(0)


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda each: each.name)
def test_a_worse_image_is_an_image_and_the_same_again(condition):
    image = picture()
    before = image.copy()
    worse = condition.of(image, seed=3, place=7)
    assert worse.shape == image.shape
    assert worse.dtype == np.uint8
    assert (image == before).all()
    assert (worse != image).any()
    assert (worse == condition.of(image, seed=3, place=7)).all()


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda each: each.name)
@pytest.mark.parametrize("shape", [(1, 1), (1, 90), (90, 1)])
def test_images_of_any_size_can_get_worse(condition, shape):
    assert condition.of(picture(*shape), seed=0, place=0).shape == (*shape, 3)


def test_every_image_has_noise_of_its_own_and_every_seed():
    (noise,) = (each for each in CONDITIONS if each.name == "gaussian_noise-3")
    first = noise.of(picture(), seed=0, place=0)
    assert (first != noise.of(picture(), seed=0, place=1)).any()
    assert (first != noise.of(picture(), seed=1, place=0)).any()


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda each: each.name)
def test_a_higher_severity_is_further_from_the_image(corruption):
    image = np.repeat(np.repeat(picture(12, 16), 8, axis=0), 8, axis=1)
    away = [
        np.abs(each(image, np.random.default_rng(1)).astype(float) - image).mean()
        for each in corruption.of
    ]
    assert len(away) == 5
    assert away == sorted(away)


def test_the_three_severities_of_all_are_studied_the_middle_one_first():
    studied = {(each.corruption.name, each.severity) for each in CONDITIONS}
    assert studied == {(each.name, severity) for each in CORRUPTIONS for severity in SEVERITIES}
    assert [each.severity for each in CONDITIONS[:5]] == [3] * 5


def test_noise_has_the_deviation_of_the_paper(random):
    for deviation in NOISE[:3]:
        worse = gaussian_noise(level(128), random, deviation) / 255
        assert worse.std() == pytest.approx(deviation, rel=0.03)


def test_darkness_takes_from_the_value_alone(random):
    image = picture()
    for less in DARKER:
        wanted = rgb2hsv(image)
        wanted[..., 2] = np.maximum(wanted[..., 2] - less, 0)
        off = darkened(image, random, less) - 255 * hsv2rgb(wanted)
        assert np.abs(off).max() <= 0.51


def test_contrast_is_a_share_about_the_mean(random):
    image = picture()
    for share in CONTRAST:
        worse = flattened(image, random, share).astype(float)
        assert worse.mean(axis=(0, 1)) == pytest.approx(image.mean(axis=(0, 1)), abs=0.1)
        assert worse.std() == pytest.approx(share * image.std(), rel=0.1)


@pytest.mark.parametrize(("radius", "sigma"), BLUR)
def test_what_is_blurred_stays_where_it_was(random, radius, sigma):
    point = level(0)
    point[59:62, 59:62] = 255
    for _ in range(5):
        worse = motion_blur(point, random, radius, sigma).astype(float).sum(axis=2)
        rows, columns = np.indices(worse.shape)
        assert (rows * worse).sum() / worse.sum() == pytest.approx(60, abs=0.8)
        assert (columns * worse).sum() / worse.sum() == pytest.approx(60, abs=0.8)


def test_a_trail_has_the_weights_of_half_a_gaussian():
    kernel = trail(10, 3.0, 0.0)
    weights = kernel[kernel > 0]
    assert kernel.sum() == pytest.approx(1)
    assert weights[1] / weights[0] == pytest.approx(np.exp(-1 / 18))
    assert (np.count_nonzero(kernel, axis=1) > 0).sum() == 1  # level: one row
