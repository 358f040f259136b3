import numpy as np
import pytest

from datasets.sample.drawing import RED, disc, paint, rectangle
from datasets.sample.lens import Pose, bounds, photographed, random_pose, seen


def _square() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.asarray(paint([(RED, rectangle(-1, -1, 1, 1))]) / 255, dtype=np.float32)


def _size(pose: Pose) -> tuple[int, int]:
    left, top, right, bottom = bounds(seen(_square(), pose)[..., 3])
    return right - left, bottom - top


def test_a_face_seen_straight_on_keeps_its_shape_and_colour() -> None:
    patch = seen(_square(), Pose(40))
    assert patch.shape == (40, 40, 4)
    inner = patch[2:-2, 2:-2]
    np.testing.assert_allclose(inner[..., :3] * 255, np.broadcast_to(RED, (36, 36, 3)), atol=1)
    np.testing.assert_allclose(inner[..., 3], 1, atol=1e-5)


@pytest.mark.parametrize("size_px", [18, 26, 51, 100, 134])
def test_the_longer_side_is_the_size_asked_for(size_px: int) -> None:
    random = np.random.default_rng(size_px)
    for _ in range(10):
        assert max(_size(random_pose(size_px, random))) == pytest.approx(size_px, abs=3)


def test_a_face_turned_away_is_narrow() -> None:
    width, height = _size(Pose(100, yaw=np.radians(50)))
    assert width < 0.75 * height


def test_the_near_side_of_a_turned_face_is_higher() -> None:
    alpha = seen(_square(), Pose(100, yaw=np.radians(40)))[..., 3]
    first, last = alpha[:, 3].sum(), alpha[:, -4].sum()
    assert max(first, last) > 1.15 * min(first, last)


def test_bounds_are_tight_and_exclusive() -> None:
    alpha = np.zeros((9, 9), dtype=np.float32)
    alpha[2:5, 3:8] = 0.5
    assert bounds(alpha) == (3, 2, 8, 5)
    assert bounds(np.zeros((4, 4), dtype=np.float32)) == (0, 0, 0, 0)


def test_a_photograph_still_looks_like_the_scene() -> None:
    scene = np.asarray(paint([(RED, disc(0.8))])[..., :3] / 255, dtype=np.float32)
    before = scene.copy()
    for seed in range(8):
        image = photographed(scene, np.random.default_rng(seed))
        assert image.dtype == np.uint8
        assert image.shape == scene.shape
        assert 0 < np.abs(image / 255 - scene).mean() < 0.08
    np.testing.assert_array_equal(scene, before)
