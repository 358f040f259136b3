from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from datasets.annotations import SPLITS, Dataset
from datasets.images import load_image
from datasets.sample.faces import CLASSES
from datasets.sample.placement import LARGEST_PX, SMALLEST_PX
from datasets.sample.plan import Planned, plan
from datasets.sample.scene import SIDE_PX
from datasets.sample.voc_folder import write_image


def _written(image: Planned, seed: int, folder: Path) -> tuple[bytes, bytes]:
    for part in ("JPEGImages", "Annotations"):
        (folder / part).mkdir(parents=True)
    write_image(folder, image, seed)
    return (
        (folder / f"JPEGImages/{image.stem}.jpg").read_bytes(),
        (folder / f"Annotations/{image.stem}.xml").read_bytes(),
    )


def test_the_reader_takes_it_like_anybodys_set(whole_set: Dataset) -> None:
    assert whole_set.name == "sample"
    assert whole_set.format == "voc"
    assert whole_set.problems == ()
    assert whole_set.classes == tuple(sorted(CLASSES))
    counts = {split: len(images) for split, images in whole_set.splits.items()}
    assert counts == {"train": 160, "val": 40, "test": 40}


@pytest.mark.parametrize("split", SPLITS)
def test_all_classes_are_in_every_split(whole_set: Dataset, split: str) -> None:
    images = whole_set.splits[split]
    boxes = Counter(int(label) for image in images for label in image.annotations.labels)
    assert sorted(boxes) == list(range(6))
    assert max(boxes.values()) <= 1.3 * min(boxes.values())


def test_boxes_read_back_are_in_the_image_and_of_all_sizes(whole_set: Dataset) -> None:
    images = [image for split in SPLITS for image in whole_set.splits[split]]
    assert {(image.width_px, image.height_px) for image in images} == {(SIDE_PX, SIDE_PX)}
    boxes = np.concatenate([image.annotations.boxes for image in images])
    assert boxes.min() >= 0
    assert boxes.max() <= SIDE_PX
    longer = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    assert longer.min() >= SMALLEST_PX
    assert longer.max() <= LARGEST_PX
    assert (longer < 32).mean() > 0.1
    assert (longer > 80).mean() > 0.1


def test_an_image_alone_is_the_one_of_the_whole_set(whole_folder: Path, tmp_path: Path) -> None:
    for image in plan(0)[::60]:
        jpeg, xml = _written(image, 0, tmp_path / image.stem)
        assert jpeg == (whole_folder / f"JPEGImages/{image.stem}.jpg").read_bytes()
        assert xml == (whole_folder / f"Annotations/{image.stem}.xml").read_bytes()


def test_another_seed_is_another_picture(tmp_path: Path) -> None:
    image = plan(0)[3]
    first = _written(image, 0, tmp_path / "first")
    other = _written(image, 1, tmp_path / "other")
    assert first[0] != other[0]
    assert first[1] != other[1]


def test_images_decode_and_differ(whole_set: Dataset) -> None:
    some = whole_set.splits["test"][:5]
    pixels = {load_image(image.path).tobytes() for image in some}
    assert len(pixels) == len(some)


def test_the_licences_are_beside_the_images(whole_folder: Path) -> None:
    assert "CC BY 2.0" in (whole_folder / "LICENSES.txt").read_text(encoding="utf-8")
