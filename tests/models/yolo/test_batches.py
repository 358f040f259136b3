import errno
import os

import numpy as np
import pytest

from datasets.annotations import Annotations, LabelledImage
from datasets.progress import silently
from models.errors import TrainingError
from models.yolo.batches import batches, fill_cache, make_batch, pictures_alone
from models.yolo.settings import YoloSettings

INPUT_HW = (64, 96)
FLIPS = {"horizontal"}


@pytest.fixture
def cache(tmp_path):
    from PIL import Image

    images = []
    for index in range(5):
        path = tmp_path / f"{index}.png"
        Image.fromarray(np.full((100 + index, 150, 3), 40 * index, np.uint8)).save(path)
        truth = Annotations([[10, 20, 60, 80], [0, 0, 30, 30]], [1, 0], [False, index == 0])
        images.append(LabelledImage(path.name, path, 150, 100 + index, truth))
    return fill_cache(images, INPUT_HW, tmp_path, silently)


def test_ignored_objects_are_not_asked_for(cache):
    assert [len(boxes) for boxes in cache.boxes] == [1, 2, 2, 2, 2]


def test_a_batch_depends_on_seed_and_number_alone(cache):
    settings = YoloSettings(batch=4)
    made = batches(cache, INPUT_HW, settings, FLIPS, 7, lambda update: update < 3, pictures_alone)
    ahead = [next(made) for _ in range(5)]
    made.close()
    for update, batch in enumerate(ahead):
        again = make_batch(cache, update, INPUT_HW, settings, FLIPS, 7, mosaic=update < 3)
        for first, second in zip(batch, again, strict=True):
            np.testing.assert_array_equal(first, second)
    other = make_batch(cache, 0, INPUT_HW, settings, FLIPS, 8, mosaic=True)
    assert not np.array_equal(other.inputs[0], ahead[0].inputs[0])


def test_every_picture_is_seen_once_a_round(cache):
    settings = YoloSettings(batch=5, augment=False)
    seen = make_batch(cache, 3, INPUT_HW, settings, FLIPS, 0, mosaic=False).inputs[0][:, 0, 0, 0]
    assert sorted(seen.tolist()) == [0, 40, 80, 120, 160]


def test_padding_is_marked_as_such(cache):
    batch = make_batch(cache, 0, INPUT_HW, YoloSettings(augment=False), FLIPS, 0, mosaic=False)
    assert set(batch.real.sum(1).astype(int)) <= {1, 2}
    assert (batch.boxes[batch.real == 0] == 0).all()


def test_a_disk_without_room_for_the_pictures_is_said_before_any_is_decoded(tmp_path, monkeypatch):
    def full(*given):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    image = LabelledImage("a.png", tmp_path / "missing.png", 9, 9, Annotations())
    with pytest.raises(TrainingError, match=r"no room for .*TMPDIR"):
        fill_cache([image], (64, 64), tmp_path, silently)
