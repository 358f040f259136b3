import errno
import os
from dataclasses import replace

import numpy as np
import pytest

from datasets.annotations import Annotations, LabelledImage
from datasets.progress import silently
from models.errors import TrainingError
from models.yolo import batches as batches_module
from models.yolo.augmentation import augmented
from models.yolo.batches import batches, fill_cache, make_batch, pictures_alone
from models.yolo.decoding import grid_points
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


def test_ignored_objects_are_not_asked_for_and_their_cells_are_not_asked(cache):
    settings = YoloSettings(batch=5, augment=False)
    batch = make_batch(cache, 0, INPUT_HW, settings, FLIPS, 0, mosaic=False)
    objects = {
        source: int(real.sum()) for source, real in zip(batch.sources, batch.real, strict=True)
    }
    assert objects == {0: 1, 1: 2, 2: 2, 3: 2, 4: 2}
    points, _ = grid_points(INPUT_HW)
    for source, asked in zip(batch.sources, batch.asked, strict=True):
        assert asked.all() == (source != 0)
        if source == 0:  # its ignored object is in the top left corner, 19 px of the input wide
            assert not asked[(points < 19).all(axis=1)].any()
            assert asked[(points > 32).any(axis=1)].all()


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


CROWD = 36


@pytest.fixture(scope="module")
def crowded(tmp_path_factory):
    """Pictures with 36 objects each, evenly spread."""
    from PIL import Image

    folder = tmp_path_factory.mktemp("crowded")
    corners = np.stack(np.meshgrid(np.arange(12), np.arange(3)), -1).reshape(-1, 2)
    corners = corners * [20, 50] + 2.0
    images = []
    for index in range(4):
        path = folder / f"{index}.png"
        Image.fromarray(np.full((160, 240, 3), 40 * index, np.uint8)).save(path)
        truth = Annotations(np.hstack([corners, corners + np.array([16, 40])]), [0] * CROWD)
        images.append(LabelledImage(path.name, path, 240, 160, truth))
    return fill_cache(images, (160, 240), folder, silently)


def mosaics(cache, monkeypatch, room=None):
    """Draw mosaics: each batch with what was put into it."""
    made = []

    def seen(*arguments):
        made.append(augmented(*arguments))
        return made[-1]

    monkeypatch.setattr(batches_module, "augmented", seen)
    if room is not None:
        monkeypatch.setattr(batches_module, "MOST_ROWS", room)
    settings = YoloSettings(batch=4, mosaic=1.0)
    for update in range(12):
        batch = make_batch(cache, update, (160, 256), settings, set(), 0, mosaic=True)
        yield batch, made[-settings.batch :]


def test_a_mosaic_of_crowded_pictures_has_room_for_all_its_objects(crowded, monkeypatch):
    shown, taught = [], []
    for batch, made in mosaics(crowded, monkeypatch):
        shown += [len(each.boxes) for each in made]
        taught += batch.real.sum(1).tolist()
    assert np.mean(shown) > 1.5 * CROWD
    assert np.mean(np.equal(shown, taught)) > 0.95
    assert sum(taught) > 0.995 * sum(shown)


def test_of_more_objects_than_there_is_room_for_a_random_choice_is_taught(crowded, monkeypatch):
    taught = np.zeros(2)  # in the first and in the last quarter of the objects
    points, _ = grid_points((160, 256))
    for batch, made in mosaics(replace(crowded), monkeypatch, room=48):
        assert batch.boxes.shape[1] == 48
        for row, each in enumerate(made):
            kept = {tuple(box) for box in batch.boxes[row][batch.real[row] > 0].tolist()}
            known = np.array([tuple(b) in kept for b in each.boxes.astype(np.float32).tolist()])
            assert known.sum() == min(48, len(known))
            for box in each.boxes[~known]:  # what is left out is no background
                inside = ((points > box[:2] + 0.01) & (points < box[2:] - 0.01)).all(axis=1)
                assert not batch.asked[row][inside].any()
            quarter = len(known) // 4
            taught += known[:quarter].mean(), known[-quarter:].mean()
    first, last = taught / 48
    assert 0.4 < first < 0.9
    assert abs(first - last) < 0.1


def test_pictures_of_few_objects_keep_their_room(cache):
    assert cache.room == 16


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
