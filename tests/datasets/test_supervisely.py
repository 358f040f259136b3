import base64
import io
import json
import zlib

import pytest
from PIL import Image
from set_files import everything
from voc_files import found_in, write_image

BOX = ("cat", "rectangle", [[10, 20], [39, 29]])
LAST = ("cat", "rectangle", [[0, 0], [8, 8]])


def obj(title, kind, points=None, **more):
    points = {"exterior": points, "interior": []} if points else None
    return {"classTitle": title, "geometryType": kind, "tags": [], "points": points, **more}


def write_project(folder, objects, *, dataset="ds1", tags=(), name="0.png"):
    write_image(folder / dataset / "img" / name, seed=len(dataset))
    path = folder / dataset / "ann" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "description": "",
        "tags": [{"name": tag, "value": None} for tag in tags],
        "size": {"height": 40, "width": 60},
        "objects": objects,
    }
    path.write_text(json.dumps(document))
    return folder


def bitmap(width, height, origin):
    stream = io.BytesIO()
    Image.new("L", (width, height), 255).save(stream, "PNG")
    data = base64.b64encode(zlib.compress(stream.getvalue())).decode()
    return {"data": data, "origin": origin}


def one(folder, objects):
    found, problems = found_in(write_project(folder, [*objects, obj(*LAST)]))
    assert found.format == "supervisely"
    return everything(found)["ds1/img/0.png"].annotations.boxes.tolist()[:-1], problems


def test_whole_pixels_include_the_last_and_finer_ones_do_not(tmp_path):
    rows = [obj(*BOX), obj("cat", "rectangle", [[40.25, 30], [10, 20]])]
    boxes, problems = one(tmp_path, rows)
    assert boxes == [[10, 20, 40, 30], [10, 20, 40.25, 30]]
    assert not problems


@pytest.mark.parametrize(
    ("each", "box"),
    [
        (obj("cat", "polygon", [[5, 5], [20, 8], [12, 30]]), [5, 5, 20, 30]),
        (obj("cat", "bitmap", bitmap=bitmap(12, 7, [4, 6])), [4, 6, 16, 13]),
        (
            obj("cat", "graph", nodes={"a": {"loc": [3, 9]}, "b": {"loc": [8, 4]}}),
            [3, 4, 8, 9],
        ),
    ],
)
def test_outlines_masks_and_skeletons_are_the_box_around_them(tmp_path, each, box):
    boxes, problems = one(tmp_path, [each])
    assert boxes == [box]
    assert problems == ["1 objects are outlines; the box around each is taken"]


def test_objects_that_are_no_boxes_are_left_out_and_named(tmp_path):
    broken = {"data": base64.b64encode(b"no mask").decode(), "origin": [0, 0]}
    rows = [obj("cat", "bitmap", bitmap=broken), obj("", *BOX[1:]), obj("cat", "rectangle")]
    boxes, problems = one(tmp_path, rows)
    assert boxes == []
    assert [problem.split(":")[0] for problem in problems] == [
        f"ds1/ann/0.png.json, object {number}" for number in (1, 2, 3)
    ]


def test_classes_come_from_the_projects_list_and_images_from_their_own_dataset(tmp_path):
    for dataset in ("ds1", "dataset2"):
        write_project(tmp_path, [obj(*BOX)], dataset=dataset)
    meta = {"classes": [{"title": t, "shape": "rectangle"} for t in ("dog", "cat")], "tags": []}
    (tmp_path / "meta.json").write_text(json.dumps(meta))
    found, problems = found_in(tmp_path)
    assert found.classes == ("cat", "dog")
    assert sorted(everything(found)) == ["dataset2/img/0.png", "ds1/img/0.png"]
    assert not problems


def test_splits_are_folders_or_tags_of_the_image(tmp_path):
    write_project(tmp_path / "a", [obj(*BOX)], dataset="train")
    assert list(found_in(tmp_path / "a")[0].splits) == ["train"]
    write_project(tmp_path / "b", [obj(*BOX)], tags=["val", "sunny"])
    assert list(found_in(tmp_path / "b")[0].splits) == ["val"]
