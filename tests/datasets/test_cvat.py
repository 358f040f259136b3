import tracemalloc

import numpy as np
import pytest
from set_files import everything, write_images
from voc_files import found_in, write_image, write_xml

from datasets.annotations import DatasetError

BOX = '<box label="cat" occluded="0" xtl="10" ytl="20" xbr="40.5" ybr="30" z_order="0"></box>'
LABELS = "".join(f"<label><name>{name}</name><type>any</type></label>" for name in ("cat", "dog"))
LABELS += "<label><name>knee</name><type>points</type><parent>dog</parent></label>"
META = f"<meta><task><name>t</name><labels>{LABELS}</labels></task></meta>"


def image(shapes, name="0.png", **more):
    attributes = "".join(f' {key}="{value}"' for key, value in more.items())
    size = 'width="60" height="40"'
    return f'<image id="0" name="{name}" {size}{attributes}>\n{shapes}\n</image>'


def write_cvat(folder, *images, place="annotations.xml", meta=META):
    (folder / place).parent.mkdir(parents=True, exist_ok=True)
    text = '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>'
    (folder / place).write_text(f"{text}{meta}\n{''.join(images)}</annotations>")
    return folder


def one(folder, shapes):
    write_images(folder / "images", 1)
    found, problems = found_in(write_cvat(folder, image(shapes)))
    assert found.format == "cvat"
    return everything(found)["images/0.png"].annotations.boxes, problems


def test_corners_lie_between_pixels_and_all_labels_are_classes(tmp_path):
    boxes, problems = one(tmp_path, BOX)
    assert boxes.tolist() == [[10, 20, 40.5, 30]]
    assert found_in(tmp_path)[0].classes == ("cat", "dog")
    assert not problems


@pytest.mark.parametrize(
    ("shape", "box"),
    [
        ('<polygon label="cat" points="5,5;20.5,8;12,30"/>', [5, 5, 20.5, 30]),
        ('<polyline label="cat" points="5,5;20,8"/>', [5, 5, 20, 8]),
        ('<points label="cat" points="5,9;20,8;7,7"/>', [5, 7, 20, 9]),
        ('<ellipse label="cat" cx="20" cy="20" rx="9" ry="4"/>', [11, 16, 29, 24]),
        ('<mask label="cat" rle="1, 2" left="4" top="6" width="12" height="7"/>', [4, 6, 16, 13]),
        (
            '<box label="cat" xtl="10" ytl="18" xbr="30" ybr="22" rotation="90.0"/>',
            [18, 10, 22, 30],
        ),
        (
            '<skeleton label="cat"><points label="a" points="3,9"/>'
            '<points label="b" points="8,4"/></skeleton>',
            [3, 4, 8, 9],
        ),
        (
            '<cuboid label="cat" xtl1="1" ytl1="2" xbl1="1" ybl1="9" xtr1="7" ytr1="2" xbr1="7" '
            'ybr1="9" xtl2="3" ytl2="1" xbl2="3" ybl2="8" xtr2="9" ytr2="1" xbr2="9" ybr2="8"/>',
            [1, 1, 9, 9],
        ),
    ],
)
def test_other_shapes_are_the_box_around_them(tmp_path, shape, box):
    boxes, problems = one(tmp_path, shape)
    np.testing.assert_allclose(boxes, [box])
    assert problems == ["1 objects are outlines; the box around each is taken"]


def test_tags_are_no_objects_and_broken_shapes_are_named_with_their_line(tmp_path):
    shapes = ['<tag label="sunny"/>', '<box label="cat" xtl="1"/>', BOX.replace("cat", " ")]
    shapes += ['<polygon label="cat" points="1;2"/>', BOX]
    boxes, problems = one(tmp_path, "\n".join(shapes))
    assert len(boxes) == 1
    assert [problem.split(":")[0] for problem in problems] == [
        f"annotations.xml, line {number}" for number in (6, 7, 8)
    ]


@pytest.mark.parametrize("width", ["inf", "nan", "wide", "-1", ""])
def test_a_size_that_is_none_is_not_looked_at(tmp_path, width):
    write_images(tmp_path, 1)
    write_cvat(tmp_path, image(BOX).replace('width="60"', f'width="{width}"'))
    assert len(everything(found_in(tmp_path)[0])["0.png"].annotations) == 1


def test_subsets_of_a_project_are_splits(tmp_path):
    write_images(tmp_path / "images", 2)
    images = [image(BOX, f"{n}.png", subset=subset) for n, subset in enumerate(("Train", "Test"))]
    found, _ = found_in(write_cvat(tmp_path, *images))
    assert {split: len(images) for split, images in found.splits.items()} == {"train": 1, "test": 1}


def test_what_comes_before_a_break_in_the_file_is_read(tmp_path):
    write_images(tmp_path, 2)
    write_cvat(tmp_path, image(BOX))
    path = tmp_path / "annotations.xml"
    path.write_text(path.read_text().replace("</annotations>", "<image name='1.png'><box"))
    found, problems = found_in(tmp_path)
    assert list(everything(found)) == ["0.png"]
    assert any("annotations.xml: is not XML" in problem for problem in problems)


def test_a_video_is_refused_with_the_export_to_choose(tmp_path):
    write_images(tmp_path, 1)
    write_cvat(tmp_path, '<track id="0" label="cat"><box frame="0" xtl="1" ytl="2"/></track>')
    with pytest.raises(DatasetError, match="CVAT for images"):
        found_in(tmp_path)


def test_entities_are_refused(tmp_path):
    write_images(tmp_path, 1)
    write_cvat(tmp_path, image(BOX))
    path = tmp_path / "annotations.xml"
    text = path.read_text().replace("<annotations>", '<!DOCTYPE a [<!ENTITY b "c">]><annotations>')
    path.write_text(text)
    with pytest.raises(DatasetError, match="entities"):
        found_in(tmp_path, "cvat")


def test_it_is_not_taken_for_pascal_voc_and_gives_way_to_it(tmp_path):
    write_images(tmp_path, 1)
    write_cvat(tmp_path, image(BOX))
    assert found_in(tmp_path)[0].format == "cvat"
    write_image(tmp_path / "1.png", seed=1)
    write_xml(tmp_path / "1.xml")
    found, problems = found_in(tmp_path)
    assert found.format == "voc"
    assert any("--format cvat" in problem for problem in problems)


def test_a_bomb_of_elements_is_refused(tmp_path):
    write_images(tmp_path / "images", 1)
    (tmp_path / "annotations.xml").write_text(f"<annotations>{'<a/>' * 300_000}</annotations>")
    with pytest.raises(DatasetError, match="elements"):
        found_in(tmp_path)


def test_what_stands_between_images_is_not_kept(tmp_path):
    peaks = []
    for count in (1, 4):
        between = "<a/>" * 50_000
        write_images(tmp_path / str(count) / "images", 1)
        parts = [f"{between}{image(BOX, f'images/{n}.png')}" for n in range(count)]
        write_cvat(tmp_path / str(count), *parts)
        tracemalloc.start()
        found_in(tmp_path / str(count))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]
