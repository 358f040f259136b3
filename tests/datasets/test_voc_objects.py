import numpy as np
import pytest
from set_files import everything, write_rotated
from voc_files import found_in, write_image, write_set, write_xml


@pytest.mark.parametrize(
    ("word", "ignored"),
    [("Unspecified", False), ("", False), ("0", False), ("1", True), ("True", True), ("yes", True)],
)
def test_only_what_says_so_is_difficult(tmp_path, word, ignored):
    write_image(tmp_path / "a.png")
    write_xml(tmp_path / "a.xml", [("cat", (1, 1, 9, 9))], difficult=word)
    image = everything(found_in(tmp_path)[0])["a.png"]
    assert image.annotations.ignore.tolist() == [ignored]


def test_a_photograph_is_turned_with_its_boxes_where_its_size_has_decimals(tmp_path):
    write_rotated(tmp_path / "a.png", 6)
    write_xml(tmp_path / "a.xml", [("cat", (1, 1, 10, 40))], size_px=("60.0", "40.0"))
    found, problems = found_in(tmp_path)
    assert everything(found)["a.png"].annotations.boxes.tolist() == [[0, 0, 40, 10]]
    assert "turned upright" in problems[0]


@pytest.mark.parametrize(
    ("shape", "box"),
    [
        ("<polygon><x1>8</x1><y1>5</y1><x2>30</x2><y2>9</y2><x3>9</x3><y3>20</y3></polygon>", 7),
        ("<polygon><pt><x>8</x><y>5</y></pt><pt><x>30</x><y>20</y></pt></polygon>", 7),
        ("<bndbox><x1>8</x1><y1>5</y1><x2>30</x2><y2>5</y2><x3>30</x3><y3>20</y3></bndbox>", 7),
        (
            "<robndbox><cx>18.5</cx><cy>12</cy><w>16</w><h>23</h><angle>1.5707963</angle></robndbox>",
            7,
        ),
    ],
)
def test_the_box_around_a_polygon_or_a_rotated_box_is_taken(tmp_path, shape, box):
    write_image(tmp_path / "a.png")
    text = f"<annotation><object><name>cat</name>{shape}</object></annotation>"
    (tmp_path / "a.xml").write_text(text)
    found, problems = found_in(tmp_path)
    np.testing.assert_allclose(
        everything(found)["a.png"].annotations.boxes, [[box, 4, 30, 20]], atol=1e-5
    )
    assert problems == ["1 objects are outlines or rotated; the box around each is taken"]


@pytest.mark.parametrize("encoding", ["GBK", "GB2312", "Shift_JIS", "windows-1251", "UTF-16"])
def test_names_in_the_encoding_a_file_declares_are_read(tmp_path, encoding):
    name = "Лев" if encoding == "windows-1251" else "日本"
    write_set(tmp_path, 1)
    text = (tmp_path / "im0.xml").read_text().replace("cat", name)
    declared = f'<?xml version="1.0" encoding="{encoding}"?>\n{text}'
    (tmp_path / "im0.xml").write_text(declared, encoding=encoding)
    assert found_in(tmp_path)[0].classes == (name,)


def test_a_stray_xml_file_costs_a_line_and_not_the_set(tmp_path):
    write_set(tmp_path, 2)
    (tmp_path / "icon.xml").write_text('<!DOCTYPE svg PUBLIC "x" "y"><svg/>')
    found, problems = found_in(tmp_path)
    assert len(everything(found)) == 2
    assert problems == ["icon.xml: is not a Pascal VOC annotation; left out"]
