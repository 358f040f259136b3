from hashlib import sha256

import pytest
from set_files import everything, write_coco_set, write_images
from voc_files import write_image

from datasets import processes
from datasets.annotations import SPLITS
from datasets.reading import read_dataset

GOOD = [("cat", (0, 0, 9, 9))]


@pytest.mark.parametrize("jobs", [1, 2])
def test_several_processes_read_the_same_set_and_say_the_same(tmp_path, monkeypatch, jobs):
    monkeypatch.setattr(processes, "LEAST_ITEMS", 2)
    names = [f"{number}.png" for number in range(9)]
    for number in range(9):
        write_image(tmp_path / names[number], (60 + number, 40), seed=number)
    (tmp_path / names[4]).write_text("no image")
    dataset = read_dataset(write_coco_set(tmp_path, [GOOD] * 9, file_names=names), jobs=jobs)
    sizes = {image.name: image.width_px for split in SPLITS for image in dataset.splits[split]}
    assert sizes == {names[number]: 60 + number for number in range(9) if number != 4}
    assert [str(problem) for problem in dataset.problems][:1] == [
        "4.png: is not an image that can be decoded; left out"
    ]
    assert {split: len(dataset.splits[split]) for split in SPLITS} == {
        "train": 6,
        "val": 1,
        "test": 1,
    }


def test_files_are_read_whole_only_where_what_is_in_them_decides(tmp_path):
    for place, split in enumerate(SPLITS):
        names = write_images(tmp_path / "own" / split, 4, (60 + place, 40))
        write_coco_set(tmp_path / "own" / split, [GOOD] * 4, file_names=names)
    own = read_dataset(tmp_path / "own")
    assert not any(image.sha256 for image in everything(own).values())
    loose = read_dataset(write_coco_set(tmp_path / "loose", [GOOD] * 4))
    assert all(
        image.sha256 == sha256(image.path.read_bytes()).hexdigest()
        for image in everything(loose).values()
    )
