import numpy as np
import pytest
from PIL import Image
from set_files import everything, write_coco_set
from voc_files import found_in, write_image, write_xml

from datasets.annotations import SPLITS, DatasetError
from datasets.checking import perceptual_hash, without_broken_images
from datasets.images import load_image
from datasets.reading import read_dataset
from datasets.sample.photographs import photographs_of, picture_of
from datasets.settings import DatasetSettings


def write_splits(folder, seeds):
    """Split folders with an image for each seed; equal seeds are equal files."""
    for split, numbers in seeds.items():
        for place, seed in enumerate(numbers):
            write_image(folder / split / f"{place}.png", seed=seed)
            write_xml(folder / split / f"{place}.xml", [("cat", (1, 1, 9, 9))])
    return folder


def names(dataset):
    return {split: [image.name for image in dataset.splits[split]] for split in SPLITS}


def test_a_test_image_that_train_has_too_is_left_out_and_said(tmp_path):
    write_splits(tmp_path, {"train": [1, 2, 3], "val": [4, 1], "test": [5, 2, 4, 5]})
    dataset = read_dataset(tmp_path)
    assert names(dataset)["test"] == ["test/0.png", "test/3.png"]
    assert len(names(dataset)["val"]) == 2
    problems = [str(problem) for problem in dataset.problems]
    assert "test/1.png: in test is the same file as train/1.png in train; left out of test" in (
        problems
    )
    assert "val/1.png: in val is the same file as train/0.png in train; kept" in problems
    assert "test/3.png: is the same file as test/0.png" in problems
    assert sum(found.left_out for found in dataset.duplicates) == 2


def test_duplicates_stay_where_that_is_wished_and_are_still_said(tmp_path):
    write_splits(tmp_path, {"train": [1, 2, 3], "val": [4], "test": [5, 2]})
    dataset = read_dataset(tmp_path, settings=DatasetSettings(keep_duplicates=True))
    assert len(names(dataset)["test"]) == 2
    assert any("test/1.png" in str(p) and "; kept" in str(p) for p in dataset.problems)


def test_a_test_split_of_nothing_but_copies_is_refused_with_the_way_out(tmp_path):
    write_splits(tmp_path, {"train": [1, 2, 3], "val": [4], "test": [1, 2]})
    with pytest.raises(DatasetError, match=r"all 2 test images.*keep_duplicates=true"):
        read_dataset(tmp_path)


def test_files_of_one_size_and_other_content_are_no_duplicates(tmp_path):
    write_splits(tmp_path, {"train": [1, 2], "val": [3], "test": [4]})
    path = tmp_path / "test" / "0.png"
    path.write_bytes(path.read_bytes() + b"tail")
    other = tmp_path / "train" / "0.png"
    data = other.read_bytes()
    other.write_bytes(data + bytes(max(0, path.stat().st_size - len(data))))
    assert not read_dataset(tmp_path).duplicates


def test_copies_are_drawn_into_one_split(tmp_path):
    for number in range(40):
        write_image(tmp_path / f"{number:02}.png", seed=number // 2)
        write_xml(tmp_path / f"{number:02}.xml", [("cat", (1, 1, 9, 9))])
    dataset = read_dataset(tmp_path)
    split_of = {name: split for split, found in names(dataset).items() for name in found}
    assert len(split_of) == 40
    for number in range(0, 40, 2):
        assert split_of[f"{number:02}.png"] == split_of[f"{number + 1:02}.png"]


def test_an_image_resized_and_saved_again_is_listed_as_nearly_the_same(tmp_path):
    photographs = [
        (255 * picture_of(each)).astype(np.uint8) for each in photographs_of("train")[:4]
    ]
    for place, photograph in enumerate(photographs):
        split = ["train", "train", "val", "test"][place]
        path = tmp_path / split / f"{place}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(photograph).save(path)
        write_xml(path.with_suffix(".xml"), [("cat", (1, 1, 99, 99))])
    copy = Image.fromarray(photographs[0])
    copy = copy.resize((copy.width * 3 // 4, copy.height * 3 // 4))
    copy.save(tmp_path / "test" / "again.jpg", quality=60)
    write_xml(tmp_path / "test" / "again.xml", [("cat", (1, 1, 99, 99))])
    dataset = without_broken_images(read_dataset(tmp_path), jobs=2)
    (found,) = dataset.duplicates
    assert (found.first, found.second, found.left_out) == ("train/0.png", "test/again.jpg", False)
    assert "test/again.jpg" in names(dataset)["test"]
    assert "looks nearly like train/0.png" in str(dataset.problems[-1])


def test_the_perceptual_hash_is_that_of_the_library(tmp_path):
    import imagehash

    write_image(tmp_path / "a.png", (80, 60), seed=3)
    expected = int(str(imagehash.phash(Image.open(tmp_path / "a.png"))), 16)
    assert perceptual_hash(load_image(tmp_path / "a.png")) == expected


def test_an_image_described_twice_counts_once_in_the_split_further_from_the_test(tmp_path):
    boxes = [[("cat", (0, 0, 9, 9))]] * 3
    write_coco_set(tmp_path, boxes, place="train.json")
    write_coco_set(tmp_path, boxes[:1], file_names=["1.png"], place="test.json")
    found, problems = found_in(tmp_path)
    assert {split: len(images) for split, images in found.splits.items()} == {"train": 3}
    assert len(everything(found)["1.png"].annotations) == 1
    assert any("describes 1.png in train.json already for train" in text for text in problems)


def test_look_alikes_of_one_split_are_nobody_s_business(tmp_path):
    write_splits(tmp_path, {"train": [1, 2], "val": [3], "test": [4]})
    pixels = load_image(tmp_path / "train" / "0.png")
    Image.fromarray(np.maximum(pixels, 1)).save(tmp_path / "train" / "1.png")
    assert not without_broken_images(read_dataset(tmp_path)).duplicates
    Image.fromarray(np.maximum(pixels, 2)).save(tmp_path / "test" / "0.png")
    assert len(without_broken_images(read_dataset(tmp_path)).duplicates) == 1
