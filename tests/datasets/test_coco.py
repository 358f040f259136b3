import json

import pytest
from set_files import everything, write_coco_set, write_images
from voc_files import found_in, write_image

from datasets.annotations import DatasetError

GOOD = [("cat", (10, 20, 30, 10))]


def test_ids_are_sparse_classes_are_sorted_and_boxes_become_corners(tmp_path):
    write_coco_set(tmp_path, [[("zebra", (0, 0, 5, 5)), ("cat", (10, 20, 30, 10))]])
    found, problems = found_in(tmp_path)
    truth = everything(found)["0.png"].annotations
    assert found.classes == ("cat", "zebra")
    assert truth.boxes.tolist() == [[0, 0, 5, 5], [10, 20, 40, 30]]
    assert truth.labels.tolist() == [1, 0]
    assert not problems


def test_crowds_are_ignored_and_outlines_not_needed(tmp_path):
    crowd = {"iscrowd": 1, "segmentation": {"counts": [1, 2], "size": [4, 4]}}
    plain = {"iscrowd": 0, "segmentation": [[1, 2, 3, 4, 5, 6]], "area": None}
    write_coco_set(tmp_path, [[("cat", (0, 0, 5, 5), crowd), ("cat", (9, 9, 5, 5), plain)]])
    found, _ = found_in(tmp_path)
    assert everything(found)["0.png"].annotations.ignore.tolist() == [True, False]


def test_classes_without_boxes_are_kept_but_not_the_group_of_all_others(tmp_path):
    categories = [
        {"id": 0, "name": "pets", "supercategory": "none"},
        {"id": 3, "name": "cat", "supercategory": "pets"},
        {"id": 90, "name": "unicorn", "supercategory": "pets"},
    ]
    write_coco_set(tmp_path, [GOOD], categories=categories)
    found, _ = found_in(tmp_path)
    assert found.classes == ("cat", "unicorn")


@pytest.mark.parametrize(
    "layout",
    [
        {
            "train": ("annotations/instances_train2017.json", "train2017/"),
            "val": ("annotations/instances_val2017.json", "val2017/"),
        },
        {
            "train": ("train/_annotations.coco.json", "train/"),
            "val": ("valid/_annotations.coco.json", "valid/"),
        },
        {"train": ("train.json", "images/"), "val": ("val.json", "images/")},
    ],
)
def test_every_layout_has_its_splits_though_images_count_from_one_in_each(tmp_path, layout):
    for seed, (split, (place, images)) in enumerate(layout.items()):
        name = "1.png" if len({i for _, i in layout.values()}) == 2 else f"{split}.png"
        write_image(tmp_path / images / name, seed=seed)
        write_coco_set(tmp_path, [[(split, (0, 0, 9, 9))]], file_names=[name], place=place)
    found, problems = found_in(tmp_path)
    assert not problems
    assert {split: len(images) for split, images in found.splits.items()} == {"train": 1, "val": 1}
    for split, (image,) in found.splits.items():
        assert image.name.startswith(layout[split][1])
        assert found.classes[image.annotations.labels[0]] == split


def test_an_image_of_another_split_does_not_stand_in_for_a_missing_one(tmp_path):
    for split in ("train2017", "val2017"):
        write_image(tmp_path / split / f"{split}.png")
        names = [f"{split}.png", "1.png"]
        place = f"annotations/instances_{split}.json"
        write_coco_set(tmp_path, [GOOD, GOOD], file_names=names, place=place)
    write_image(tmp_path / "val2017" / "1.png", seed=9)
    found, problems = found_in(tmp_path)
    assert [image.name for image in found.splits["train"]] == ["train2017/train2017.png"]
    assert sum("no image called 1.png" in problem for problem in problems) == 1


@pytest.mark.parametrize("message", ["sub/0.PNG", "sub\\0.png", "./sub/0.png", "data/sub/0.png"])
def test_file_names_are_found_whatever_their_slashes_case_and_first_folders(tmp_path, message):
    write_image(tmp_path / "sub" / "0.png")
    found, _ = found_in(write_coco_set(tmp_path, [GOOD], file_names=[message]))
    assert list(everything(found)) == ["sub/0.png"]


def test_a_byte_order_mark_and_numbers_as_text_are_read(tmp_path):
    write_coco_set(tmp_path, [GOOD])
    path = tmp_path / "annotations.json"
    text = path.read_text().replace('"image_id": 0', '"image_id": "0"')
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert len(everything(found_in(tmp_path)[0])["0.png"].annotations) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"images": 3, "annotations": [], "categories": []}', r"Expected `array`, got `int`"),
        ('{"images": [], "annotations": []}', "categories"),
        ('{"images": [{"id": 1}], "categories": []}', "file_name"),
        ('{"images": [', "is not JSON"),
        ('{"images": [], "x": ' + "[" * 100_000, "is not JSON"),
    ],
)
def test_json_of_another_shape_is_refused_with_file_and_reason(tmp_path, text, message):
    write_images(tmp_path, 1)
    (tmp_path / "labels.json").write_text(text)
    with pytest.raises(DatasetError, match=rf"labels\.json: .*{message}"):
        found_in(tmp_path)


def test_annotations_that_are_no_boxes_are_left_out_and_named(tmp_path):
    broken = [
        {"id": 1, "image_id": 0, "category_id": 3, "bbox": []},
        {"id": 2, "image_id": 0, "category_id": 3},
        {"id": 3, "image_id": 7, "category_id": 3, "bbox": [1, 1, 2, 2]},
        {"id": 4, "image_id": 0, "category_id": 99, "bbox": [1, 1, 2, 2]},
        {"id": 5, "image_id": 0, "category_id": 3, "bbox": [1, 1, 2, 2]},
    ]
    write_coco_set(tmp_path, [GOOD], annotations=broken)
    found, problems = found_in(tmp_path)
    assert everything(found)["0.png"].annotations.boxes.tolist() == [[1, 1, 3, 3]]
    assert [problem.split(":")[0] for problem in problems] == [
        f"annotations.json, annotation {number}" for number in (1, 2, 3, 4)
    ]


def test_other_tasks_of_the_coco_project_are_not_boxes(tmp_path):
    write_images(tmp_path / "val2017", 1)
    names = ["0.png"]
    place = "annotations/instances_val2017.json"
    write_coco_set(tmp_path, [GOOD], file_names=names, place=place)
    captions = {"images": [], "annotations": [{"image_id": 0, "caption": "a cat"}]}
    path = tmp_path / "annotations" / "captions_val2017.json"
    path.write_text(json.dumps(captions))
    assert len(everything(found_in(tmp_path)[0])) == 1


def test_two_images_with_one_id_are_left_out_for_nobody_knows_whose_the_boxes_are(tmp_path):
    write_coco_set(tmp_path, [GOOD, GOOD, GOOD])
    path = tmp_path / "annotations.json"
    path.write_text(path.read_text().replace('"id": 2, "file_name"', '"id": "1", "file_name"'))
    found, problems = found_in(tmp_path)
    assert list(everything(found)) == ["0.png"]
    assert "1.png and 2.png have one id 1" in problems[0]


def test_an_image_listed_twice_under_its_id_keeps_its_boxes(tmp_path):
    images = [{"id": 0, "file_name": "0.png"}] * 2
    found, problems = found_in(write_coco_set(tmp_path, [GOOD], images=images))
    assert len(everything(found)["0.png"].annotations) == 1
    assert not problems


@pytest.mark.parametrize("step", [-1, 1])
def test_categories_counted_from_another_number_are_never_shifted(tmp_path, step):
    boxes = [[("cat", (0, 0, 5, 5)), ("dog", (9, 9, 5, 5)), ("owl", (20, 9, 5, 5))]]
    names = [{"id": 1 + n, "name": name} for n, name in enumerate(["cat", "dog", "owl", "x"])]
    write_coco_set(tmp_path, boxes, categories=names)
    path = tmp_path / "annotations.json"
    text = path.read_text()
    for number, ident in enumerate((3, 13, 23)):
        moved = number if step < 0 else number + 3
        text = text.replace(f'"category_id": {ident}', f'"category_id": {moved}')
    path.write_text(text)
    with pytest.raises(DatasetError, match="counted from different numbers"):
        found_in(tmp_path)


@pytest.mark.parametrize(
    ("categories", "word"),
    [([(3, "cat"), (3, "horse")], "'cat' and 'horse'"), ([], "no annotation has an object")],
)
def test_categories_that_name_no_class_for_sure_are_refused(tmp_path, categories, word):
    listed = [{"id": key, "name": name} for key, name in categories]
    write_coco_set(tmp_path, [GOOD], categories=listed)
    with pytest.raises(DatasetError, match=word):
        found_in(tmp_path)


def test_one_annotation_without_a_known_category_costs_that_annotation(tmp_path):
    write_coco_set(tmp_path, [GOOD * 30])
    path = tmp_path / "annotations.json"
    text = path.read_text().replace('"category_id": 3', '"category_id": null', 1)
    path.write_text(text.replace('"category_id": 3', '"category_id": 2', 1))
    _, problems = found_in(tmp_path)
    assert "annotation 0: category null is not in the file" in problems[0]
    assert "annotation 1: category 2 is not in the file" in problems[1]


@pytest.mark.parametrize("key", ["id", "file_name"])
def test_an_image_without_id_or_name_costs_itself(tmp_path, key):
    write_coco_set(tmp_path, [GOOD, GOOD])
    path = tmp_path / "annotations.json"
    document = json.loads(path.read_text())
    del document["images"][1][key]
    del document["annotations"][1]["image_id"]
    path.write_text(json.dumps(document))
    found, problems = found_in(tmp_path)
    assert len(everything(found)["0.png"].annotations) == 1
    assert f"has no {key}; left out" in problems[0]
    assert "annotation 100: is of image null" in problems[1]


def test_names_of_classes_may_be_numbers(tmp_path):
    write_coco_set(tmp_path, [GOOD], categories=[{"id": 3, "name": 7, "supercategory": 1}])
    assert found_in(tmp_path)[0].classes == ("7",)


def test_outlines_and_masks_without_a_box_are_read_as_the_box_around_them(tmp_path):
    outline = [[10, 20, 40, 20, 40, 30], [12, 25, 13, 31, 12, 31]]
    mask = {"size": [40, 60], "counts": [10 * 40 + 5, 3, 37, 4, 40 * 60 - 10 * 40 - 5 - 44]}
    objects = [("cat", (), {"segmentation": outline}), ("cat", (), {"segmentation": mask})]
    found, problems = found_in(write_coco_set(tmp_path, [objects]))
    truth = everything(found)["0.png"].annotations
    assert truth.boxes.tolist() == [[10, 20, 40, 31], [10, 5, 12, 9]]
    assert "2 objects are outlines without a bbox" in problems[0]


def test_a_file_of_keypoints_is_read_where_it_is_the_only_one_with_boxes(tmp_path):
    place = "annotations/person_keypoints_train2017.json"
    write_coco_set(tmp_path, [GOOD], place=place)
    assert len(everything(found_in(tmp_path)[0])["0.png"].annotations) == 1
    write_coco_set(tmp_path, [GOOD], place="annotations/instances_train2017.json")
    found, problems = found_in(tmp_path)
    assert found.summary == "COCO JSON: annotations/instances_train2017.json"
    assert problems[0].endswith(place)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_files_as_windows_saves_them_are_read_however_late_their_keys_come(tmp_path, encoding):
    write_coco_set(tmp_path, [GOOD], file_names=["0.png"])
    write_images(tmp_path, 1)
    path = tmp_path / "annotations.json"
    late = f'{{"info": "x{"😀" * 600_000}", ' + path.read_text()[1:]
    path.write_text(late, encoding=encoding)
    assert found_in(tmp_path)[0].format == "coco"


def test_a_stray_file_of_another_shape_costs_a_line_and_not_the_set(tmp_path):
    write_coco_set(tmp_path, [GOOD])
    (tmp_path / "gallery.json").write_text('{"images": ["a", "b"]}')
    found, problems = found_in(tmp_path)
    assert len(everything(found)) == 1
    assert problems[0].startswith("gallery.json: is not COCO JSON")


def test_a_number_that_is_not_finite_costs_its_box(tmp_path):
    write_coco_set(tmp_path, [[*GOOD, ("cat", (1, 1, 9, 9))]])
    path = tmp_path / "annotations.json"
    path.write_text(path.read_text().replace("[1, 1, 9, 9]", "[1, 1, NaN, 9]"))
    found, problems = found_in(tmp_path)
    assert len(everything(found)["0.png"].annotations) == 1
    assert "annotation 1: a box of cat has a number that is not finite" in problems[0]


@pytest.mark.parametrize(
    ("key", "value"),
    [("width", '"nan"'), ("height", '"inf"'), ("id", f'"{"1" * 5000}"')],
)
def test_a_number_that_is_none_costs_at_most_its_image(tmp_path, key, value):
    write_coco_set(tmp_path, [GOOD, [("cat", (1, 1, 5, 5))]])
    path = tmp_path / "annotations.json"
    document = json.loads(path.read_text())
    document["images"][1][key] = "here"
    path.write_text(json.dumps(document).replace('"here"', value))
    found, _ = found_in(tmp_path)
    assert len(everything(found)["0.png"].annotations) == 1


@pytest.mark.parametrize("bbox", ["here", {"x": 1}, [1, 1, None, 9], ["a", 1, 9, 9], 7, [[1, 1]]])
def test_a_box_that_is_no_four_numbers_costs_its_annotation(tmp_path, bbox):
    write_coco_set(tmp_path, [[*GOOD, ("cat", (1, 1, 9, 9)), ("cat", (5, 5, 9, 9))]])
    path = tmp_path / "annotations.json"
    document = json.loads(path.read_text())
    document["annotations"][1]["bbox"] = bbox
    path.write_text(json.dumps(document))
    found, problems = found_in(tmp_path)
    truth = everything(found)["0.png"].annotations
    assert truth.boxes.tolist() == [[10, 20, 40, 30], [5, 5, 14, 14]]
    assert problems == [
        "annotations.json, annotation 1: has no bbox of four numbers; left out",
    ]
