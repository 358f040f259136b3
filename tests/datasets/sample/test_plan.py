from collections import Counter

import pytest

from datasets.annotations import SPLITS
from datasets.sample.faces import CLASSES
from datasets.sample.photographs import photographs_of
from datasets.sample.plan import plan


def test_there_are_240_images_in_three_splits() -> None:
    assert Counter(image.split for image in plan(0)) == {"train": 160, "val": 40, "test": 40}
    assert len({image.stem for image in plan(0)}) == 240


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("split", SPLITS)
def test_each_split_has_all_classes_equally_often(seed: int, split: str) -> None:
    images = [image for image in plan(seed) if image.split == split]
    boxes = Counter(name for image in images for name in image.class_names)
    assert set(boxes) == set(CLASSES)
    assert max(boxes.values()) - min(boxes.values()) <= 1


@pytest.mark.parametrize("split", SPLITS)
def test_each_background_of_a_split_is_behind_as_many_images(split: str) -> None:
    images = [image for image in plan(0) if image.split == split]
    before = Counter(image.photograph for image in images)
    assert set(before) == set(photographs_of(split))
    assert max(before.values()) - min(before.values()) <= 1
    assert all(image.stem.endswith(image.photograph.name) for image in images)


def test_images_have_none_to_six_signs() -> None:
    assert {len(image.class_names) for image in plan(0)} == set(range(7))


def test_every_image_draws_its_own_random_numbers() -> None:
    numbers = {image.random(seed).random() for seed in (0, 1) for image in plan(seed)}
    assert len(numbers) == 2 * 240
