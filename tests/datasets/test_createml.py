import json

import pytest
from set_files import everything, write_images
from voc_files import found_in, write_image

from datasets.annotations import DatasetError

CAT = {"label": "cat", "coordinates": {"x": 25, "y": 25, "width": 30, "height": 10}}


def write_createml(folder, images, place="annotations.json"):
    (folder / place).parent.mkdir(parents=True, exist_ok=True)
    (folder / place).write_text(json.dumps(images))
    return folder


@pytest.mark.parametrize(
    ("image", "annotations"), [("image", "annotations"), ("imagefilename", "annotation")]
)
def test_boxes_are_a_centre_and_a_size_under_either_name(tmp_path, image, annotations):
    write_images(tmp_path, 2)
    rows = [{image: "0.png", annotations: [CAT]}, {image: "1.png", annotations: []}]
    found, problems = found_in(write_createml(tmp_path, rows))
    assert found.format == "createml"
    boxes = {name: item.annotations.boxes.tolist() for name, item in everything(found).items()}
    assert boxes == {"0.png": [[10, 20, 40, 30]], "1.png": []}
    assert not problems


def test_each_folder_of_a_roboflow_export_is_a_split(tmp_path):
    for seed, split in enumerate(("train", "valid", "test")):
        write_image(tmp_path / split / "0.png", seed=seed)
        rows = [{"image": "0.png", "annotations": [CAT]}]
        write_createml(tmp_path, rows, f"{split}/_annotations.createml.json")
    found, _ = found_in(tmp_path)
    names = {split: [i.name for i in images] for split, images in found.splits.items()}
    assert names == {"train": ["train/0.png"], "val": ["valid/0.png"], "test": ["test/0.png"]}


def test_objects_without_label_or_place_are_left_out_and_named(tmp_path):
    write_images(tmp_path, 1)
    rows = [{"image": "0.png", "annotations": [{"label": "cat"}, {**CAT, "label": ""}, CAT]}]
    found, problems = found_in(write_createml(tmp_path, rows))
    assert len(everything(found)["0.png"].annotations) == 1
    assert [problem.split(":")[0] for problem in problems] == [
        "annotations.json, object 1",
        "annotations.json, object 2",
    ]


def test_numbers_that_are_words_refuse_the_file_with_its_reason(tmp_path):
    write_images(tmp_path, 1)
    rows = [{"image": "0.png", "annotations": [{"label": "cat", "coordinates": {"x": "left"}}]}]
    with pytest.raises(DatasetError, match=r"annotations\.json: has another shape"):
        found_in(write_createml(tmp_path, rows))
