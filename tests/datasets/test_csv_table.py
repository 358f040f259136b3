import numpy as np
import pytest
from set_files import ROW, everything, write_csv_set, write_images
from voc_files import found_in, write_image, write_xml

from datasets.annotations import DatasetError

FRACTIONS = "filename,class,left,top,width,height"


def test_pixels_follow_the_rule_of_pascal_voc(tmp_path):
    rows = ["0.png,60,40,dog,11,21,40,30", "0.png,60,40,cat,1,1,60,40", "1.png,60,40,cat,2,2,9,9"]
    found, _ = found_in(write_csv_set(tmp_path, rows, count=2))
    truth = everything(found)["0.png"].annotations
    assert truth.boxes.tolist() == [[10, 20, 40, 30], [0, 0, 60, 40]]
    assert truth.labels.tolist() == [1, 0]


def test_fractions_become_pixels_and_sizes_become_corners(tmp_path):
    found, _ = found_in(write_csv_set(tmp_path / "f", ["0.png,fork,0.25,0.5,0.5,0.25"], FRACTIONS))
    np.testing.assert_array_equal(everything(found)["0.png"].annotations.boxes, [[15, 20, 45, 30]])
    found, _ = found_in(write_csv_set(tmp_path / "p", ["0.png,fork,15,20,30,10"], FRACTIONS))
    np.testing.assert_array_equal(everything(found)["0.png"].annotations.boxes, [[15, 20, 45, 30]])
    header = "ImageID,LabelName,XMin,XMax,YMin,YMax,IsGroupOf"
    found, _ = found_in(write_csv_set(tmp_path / "o", ["0,fork,0.25,0.75,0.5,0.75,1"], header))
    truth = everything(found)["0.png"].annotations
    np.testing.assert_array_equal(truth.boxes, [[15, 20, 45, 30]])
    assert truth.ignore.tolist() == [True]


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (ROW.replace(",", ";"), "0.png;60;40;cat;11;11;30,0;30"),
        (ROW.replace(",", "\t"), "0.png\t60\t40\tcat\t11\t11\t30\t30"),
        ("﻿" + ROW, "0.png,60,40,cat,11,11,30,30"),
        (ROW.upper() + "\r", "0.PNG,60,40,cat,11,11,30,30\r"),
        (ROW.replace(",", ", "), "0.png, 60, 40, cat, 11, 11, 30, 30"),
        ("xmin,ymin,xmax,ymax,label,image_path", 'x,,,,,\n11,11,30,30,"cat","./sub\\0.png"'),
        ('"filename","class","xmin","ymin","xmax","ymax"', '"0.png","cat","11","11","30","30"'),
    ],
)
def test_tables_of_spreadsheets_and_tools_are_read_alike(tmp_path, header, row):
    write_image(tmp_path / "sub" / "0.png")
    (tmp_path / "labels.csv").write_text(f"{header}\n{row}\n", encoding="utf-8", newline="")
    found, _ = found_in(tmp_path)
    assert found.format == "csv"
    assert found.classes == ("cat",)
    assert everything(found)["sub/0.png"].annotations.boxes.tolist() == [[10, 10, 30, 30]]


def test_utf_16_as_spreadsheets_save_it_is_read(tmp_path):
    write_images(tmp_path, 1)
    text = f"{ROW}\n0.png,60,40,Löwe,11,11,30,30\n"
    (tmp_path / "labels.csv").write_text(text, encoding="utf-16")
    assert found_in(tmp_path)[0].classes == ("Löwe",)


def test_text_in_an_old_encoding_is_refused_by_name(tmp_path):
    write_images(tmp_path, 1)
    text = f"{ROW}\n0.png,60,40,Löwe,11,11,30,30\n"
    (tmp_path / "labels.csv").write_text(text, encoding="latin-1")
    with pytest.raises(DatasetError, match=r"labels\.csv: is not UTF-8"):
        found_in(tmp_path)


def test_splits_come_from_a_column_or_the_name_of_the_table(tmp_path):
    write_csv_set(
        tmp_path / "column",
        ["TRAIN,0.png,cat,1,1,9,9", "TEST,1.png,cat,1,1,9,9"],
        "set,filename,class,xmin,ymin,xmax,ymax",
        count=2,
    )
    found, _ = found_in(tmp_path / "column")
    assert {s: [i.name for i in images] for s, images in found.splits.items()} == {
        "train": ["0.png"],
        "test": ["1.png"],
    }
    for seed, split in enumerate(["train", "test"]):
        write_image(tmp_path / "named" / split / "0.png", seed=seed)
        path = tmp_path / "named" / f"{split}_labels.csv"
        path.write_text(f"{ROW}\n0.png,60,40,{split},1,1,9,9\n")
    found, problems = found_in(tmp_path / "named")
    assert not problems
    for split in ("train", "test"):
        (image,) = found.splits[split]
        assert image.name == f"{split}/0.png"
        assert found.classes[image.annotations.labels[0]] == split


def test_a_row_without_a_box_is_an_image_without_objects(tmp_path):
    rows = ["0.png,60,40,cat,1,1,9,9", "1.png,60,40,,,,,", "2.png,60,40,cat,1,x,9,9"]
    found, problems = found_in(write_csv_set(tmp_path, rows))
    assert [len(image.annotations) for image in everything(found).values()] == [1, 0, 0]
    assert problems == ["labels.csv, line 4: a row without four numbers and a class"]


def test_xml_wins_over_a_table_of_the_same_images_and_that_is_reported(tmp_path):
    rows = [f"{index}.png,60,40,cat,1,1,9,9" for index in range(3)]
    write_csv_set(tmp_path, rows)
    for index in range(3):
        write_xml(tmp_path / f"{index}.xml", [("dog", (1, 1, 9, 9))])
    found, problems = found_in(tmp_path)
    assert found.format == "voc"
    assert found.classes == ("dog",)
    assert any("there is CSV too, which was not read" in problem for problem in problems)
    assert found_in(tmp_path, "csv")[0].classes == ("cat",)


def test_a_name_that_fits_two_images_alike_is_reported(tmp_path):
    for seed, folder in enumerate(["fork", "knife"]):
        write_image(tmp_path / folder / "1.png", seed=seed)
    (tmp_path / "labels.csv").write_text(f"{ROW}\n1.png,60,40,fork,1,1,9,9\n")
    _, problems = found_in(tmp_path)
    assert "labels.csv: 1.png may be fork/1.png or knife/1.png; the first is taken" in problems


PLAIN = "filename;class;xmin;ymin;xmax;ymax"


@pytest.mark.parametrize(
    "text",
    [
        f"sep=;\r\n{PLAIN}\r\n0.png;cat;11;11;30;30\r\n",
        f"{PLAIN}\r0.png;cat;11;11;30;30\r",  # as on Macs of old
        f"\nMy boxes\n\n{PLAIN}\n0.png;cat;11;11;30;30\n",
        f"{PLAIN};;\n0.png;cat;11;11;30;30;;\n;;;;;;;\n",
    ],
)
def test_what_spreadsheets_put_around_a_table_does_not_matter(tmp_path, text):
    write_images(tmp_path, 1)
    (tmp_path / "labels.csv").write_bytes(text.encode())
    found, problems = found_in(tmp_path)
    assert everything(found)["0.png"].annotations.boxes.tolist() == [[10, 10, 30, 30]]
    assert not problems


def test_lines_are_counted_from_the_top_of_the_file(tmp_path):
    write_csv_set(tmp_path, ["0.png;cat;11;11;30;30", "9.png;cat;1;1;9;9"], f"sep=;\n{PLAIN}", 1)
    assert found_in(tmp_path)[1] == ["labels.csv, line 4: no image called 9.png; left out"]


def test_parted_thousands_are_read_as_such_and_said(tmp_path):
    write_image(tmp_path / "0.png", (1300, 1200))
    row = "0.png;cat;1.024;11;1.100,5;1.150"
    (tmp_path / "labels.csv").write_text(f"{PLAIN}\n{row}\n")
    found, problems = found_in(tmp_path)
    boxes = everything(found)["0.png"].annotations.boxes
    assert boxes.tolist() == [[1023, 10, 1100.5, 1150]]
    assert any("1.024 is read as 1024" in problem for problem in problems)


def test_rows_longer_than_the_header_are_never_read_under_other_names(tmp_path):
    rows = ["0.png,cat,11,11,30,30", "1.png,cat,1,1,9,9", "2.png,cat,1,5,1,5,9,5,9,5"]
    _, problems = found_in(write_csv_set(tmp_path / "one", rows, PLAIN.replace(";", ",")))
    assert problems[0].startswith("labels.csv, line 4: has 10 cells")
    with pytest.raises(DatasetError, match=r"10 cells.*decimal comma"):
        found_in(write_csv_set(tmp_path / "all", rows[2:], PLAIN.replace(";", ",")))
