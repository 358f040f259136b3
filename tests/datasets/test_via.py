import json
import math

import numpy as np
import pytest
from set_files import everything, write_images
from voc_files import found_in

from datasets.annotations import DatasetError

RECT = {"name": "rect", "x": 10, "y": 20, "width": 30, "height": 10}
HEADER = (
    "filename,file_size,file_attributes,region_count,region_id,"
    "region_shape_attributes,region_attributes"
)


def region(shape=RECT, **attributes):
    return {"shape_attributes": shape, "region_attributes": attributes}


def export(*images):
    """VIA's annotations: for each image its regions."""
    return {
        f"{number}.png123": {
            "filename": f"{number}.png",
            "size": 123,
            "regions": regions,
            "file_attributes": {},
        }
        for number, regions in enumerate(images)
    }


def read(folder, document, name="via.json"):
    write_images(folder, 2)
    (folder / name).write_text(json.dumps(document))
    found, problems = found_in(folder)
    assert found.format == "via"
    return found, problems


def test_annotations_and_project_are_read_alike(tmp_path):
    annotations = export([region(label="cat")], [])
    project = {"_via_settings": {}, "_via_img_metadata": annotations, "_via_attributes": {}}
    first = export({"0": region(label="cat")}, {})  # as version 1 numbers regions
    for number, document in enumerate((annotations, project, first)):
        found, problems = read(tmp_path / str(number), document)
        images = everything(found)
        assert images["0.png"].annotations.boxes.tolist() == [[10, 20, 40, 30]]
        assert len(images["1.png"].annotations) == 0
        assert found.classes == ("cat",)
        assert not problems


@pytest.mark.parametrize(
    ("shape", "box"),
    [
        ({"name": "circle", "cx": 20, "cy": 20, "r": 5}, [15, 15, 25, 25]),
        ({"name": "ellipse", "cx": 20, "cy": 20, "rx": 9, "ry": 4}, [11, 16, 29, 24]),
        (
            {"name": "ellipse", "cx": 20, "cy": 20, "rx": 9, "ry": 4, "theta": math.pi / 2},
            [16, 11, 24, 29],
        ),
        ({"name": "polygon", "all_points_x": [3, 9, 6], "all_points_y": [2, 4, 8]}, [3, 2, 9, 8]),
        ({"name": "polyline", "all_points_x": [3, 9], "all_points_y": [8, 4]}, [3, 4, 9, 8]),
    ],
)
def test_other_shapes_are_the_box_around_them(tmp_path, shape, box):
    found, problems = read(tmp_path, export([region(shape, label="cat")]))
    np.testing.assert_allclose(everything(found)["0.png"].annotations.boxes, [box])
    assert "1 objects are outlines; the box around each is taken" in problems


@pytest.mark.parametrize(
    ("attributes", "classes"),
    [
        ({"colour": "red", "Class": "cat"}, ("cat",)),
        ({"species": "cat"}, ("cat",)),
        ({"type": {"cat": True, "dog": False}}, ("cat",)),
        ({"id": 3}, ("3",)),
    ],
)
def test_the_class_is_the_attribute_called_so_or_the_only_one(tmp_path, attributes, classes):
    assert read(tmp_path, export([region(**attributes)]))[0].classes == classes


@pytest.mark.parametrize(
    ("attributes", "word"), [({"colour": "red", "size": "big"}, "colour, size"), ({}, "none")]
)
def test_regions_of_which_no_attribute_is_the_class_are_refused(tmp_path, attributes, word):
    with pytest.raises(DatasetError, match=f"{word}.*name the attribute class"):
        read(tmp_path, export([region(**attributes)]))


def test_regions_without_class_or_shape_are_left_out_and_named(tmp_path):
    regions = [region(), region({"name": "polygon"}, label="cat"), region(label="cat")]
    found, problems = read(tmp_path, export(regions))
    assert len(everything(found)["0.png"].annotations) == 1
    assert [problem.split(":")[0] for problem in problems[:2]] == [
        "via.json, region 1",
        "via.json, region 2",
    ]


@pytest.mark.parametrize("first", ["", "#"])
def test_its_csv_is_read_with_images_that_have_no_region(tmp_path, first):
    write_images(tmp_path, 2)
    cells = [json.dumps(part).replace('"', '""') for part in (RECT, {"label": "cat"})]
    rows = [
        f'0.png,1,"{{}}",1,0,"{cells[0]}","{cells[1]}"',
        '1.png,1,"{}",0,0,"{}","{}"',
        '1.png,1,"{}",1,0,"{""name""","{}"',
        "2.png,1",
    ]
    (tmp_path / "via.csv").write_text("\n".join([first + HEADER, *rows]))
    found, problems = found_in(tmp_path)
    assert found.format == "via"
    boxes = {name: image.annotations.boxes.tolist() for name, image in everything(found).items()}
    assert boxes == {"0.png": [[10, 20, 40, 30]], "1.png": []}
    assert [problem.split(":")[0] for problem in problems] == [
        "via.csv, region 3",
        "via.csv, region 4",
    ]


def project_3(*regions):
    """A project of version 3 with two images, each in its view, and a view of both."""
    options = {"0": "cat", "1": "dog"}
    return {
        "project": {"pid": "a", "pname": "pets", "vid_list": ["1", "2", "3"]},
        "config": {},
        "attribute": {"1": {"aname": "class", "type": 4, "options": options}},
        "file": {n: {"fid": n, "fname": f"{int(n) - 1}.png", "type": 2} for n in ("1", "2")},
        "metadata": {f"m{n}": {"flg": 0, "z": [], **each} for n, each in enumerate(regions)},
        "view": {"1": {"fid_list": ["1"]}, "2": {"fid_list": [2]}, "3": {"fid_list": ["1", "2"]}},
    }


@pytest.mark.parametrize(
    ("numbers", "box"),
    [
        ([2, 10, 20, 30, 10], [10, 20, 40, 30]),
        ([3, 20, 20, 5], [15, 15, 25, 25]),
        ([4, 20, 20, 9, 4], [11, 16, 29, 24]),
        ([7, 3, 2, 9, 4, 6, 8], [3, 2, 9, 8]),
    ],
)
def test_a_project_of_version_3_is_read(tmp_path, numbers, box):
    project = project_3({"vid": "1", "xy": numbers, "av": {"1": "1"}})
    found, _ = read(tmp_path, project)
    images = everything(found)
    assert found.classes == ("dog",)
    assert images["0.png"].annotations.boxes.tolist() == [box]
    assert len(images["1.png"].annotations) == 0


def test_regions_of_version_3_that_are_of_no_image_are_left_out_and_named(tmp_path):
    rect = {"xy": [2, 10, 20, 30, 10], "av": {"1": "0"}}
    shapeless = {"vid": "2", "xy": [1, 5, 5], "av": {"1": "0"}}
    project = project_3(
        {"vid": "1", **rect}, {"vid": "3", **rect}, {"vid": "1", **rect, "z": [1.5]}, shapeless
    )
    found, problems = read(tmp_path, project)
    assert sum(len(image.annotations) for image in everything(found).values()) == 1
    assert problems == [
        "via.json, region 2: is of no single image; left out",
        "via.json, region 3: is of a video; left out",
        "via.json, region 4: has no points; left out",
    ]
