import numpy as np
import pytest
from set_files import everything, write_csv_set
from voc_files import found_in, write_image

from datasets.annotations import DatasetError

WHEAT = "image_id,width,height,bbox,class"


def one(folder, rows, header, count=2):
    """The boxes and problems of image 0; a header of None is left out."""
    if header is None:
        header, *rows = rows
    found, problems = found_in(write_csv_set(folder, rows, header, count=count))
    assert found.format == "csv"
    return everything(found)["0.png"].annotations.boxes, problems


def test_keras_retinanet_has_no_header_and_corners_between_pixels(tmp_path):
    rows = ["0.png,10,20,40,30,cat", "0.png,1,2,9,8,cat", "1.png,,,,,"]
    boxes, problems = one(tmp_path, rows, None)
    assert boxes.tolist() == [[10, 20, 40, 30], [1, 2, 9, 8]]
    assert len(everything(found_in(tmp_path)[0])["1.png"].annotations) == 0
    assert not problems


def test_an_image_without_objects_may_be_its_first_row(tmp_path):
    boxes, _ = one(tmp_path, ["1.png,,,,,", "0.png,10,20,40,30,cat"], None)
    assert boxes.tolist() == [[10, 20, 40, 30]]


def test_other_numbers_without_a_header_are_not_taken_for_corners(tmp_path):
    with pytest.raises(DatasetError, match=r"labels\.csv: has no header.*left,top"):
        one(tmp_path, ["0.png,30,20,10,10,cat", "1.png,1,2,9,8,cat"], None)
    (tmp_path / "labels.csv").write_text("0.png,cat,10,20,40,30\n")
    with pytest.raises(DatasetError, match=r"labels\.csv has no header"):
        found_in(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        "TRAIN,gs://bucket/up/0.png,cat,0.25,0.5,,,0.75,0.75,,",
        "TRAIN,gs://bucket/up/0.png,cat,0.25,0.5,0.75,0.5,0.75,0.75,0.25,0.75",
        "UNASSIGNED,0.png,cat,0.25,0.5,,,0.75,0.75,,",
        ",0.png,cat,0.25,0.5,,,0.75,0.75,,",
        "0.png,cat,0.25,0.5,,,0.75,0.75,,",
    ],
)
def test_automl_has_no_header_and_two_or_four_corners_in_fractions(tmp_path, row):
    boxes, _ = one(tmp_path, [row], None, count=1)
    assert boxes.tolist() == [[15, 20, 45, 30]]


def test_folders_of_a_server_tell_images_of_one_name_apart(tmp_path):
    for seed, folder in enumerate("ab"):
        write_image(tmp_path / "images" / folder / "0.png", seed=seed)
    rows = [f"TEST,gs://bucket/up/{f}/0.png,{f},0.25,0.5,,,0.75,0.75,," for f in "ab"]
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    found, _ = found_in(tmp_path)
    labels = {i.name: found.classes[i.annotations.labels[0]] for i in found.splits["test"]}
    assert labels == {"images/a/0.png": "a", "images/b/0.png": "b"}


def test_automl_names_its_splits(tmp_path):
    box = "0.25,0.5,,,0.75,0.75,,"
    names = ("TRAIN", "VALIDATE", "TEST")
    rows = [f"{split},{number}.png,cat,{box}" for number, split in enumerate(names)]
    write_csv_set(tmp_path, rows[1:], rows[0])
    found, _ = found_in(tmp_path)
    assert {split: images[0].name for split, images in found.splits.items()} == {
        "train": "0.png",
        "val": "1.png",
        "test": "2.png",
    }


def test_a_broken_row_of_a_table_without_header_is_named_by_its_line(tmp_path):
    boxes, problems = one(tmp_path, ["0.png,10,20,40,30,cat", "0.png,1,2,x,8,cat"], None, count=1)
    assert len(boxes) == 1
    assert problems == ["labels.csv, line 2: a row without four numbers and a class"]


@pytest.mark.parametrize(
    "cell", ['"[10.0, 20.0, 5.0, 10.0]"', "[10 20 5 10]", "10 20 5 10", '"(10, 20, 5, 10)"']
)
def test_a_box_in_one_cell_is_a_corner_and_a_size_where_it_can_be_no_corners(tmp_path, cell):
    boxes, problems = one(tmp_path, [f"0,60,40,{cell},cat", "1,60,40,,"], WHEAT)
    assert boxes.tolist() == [[10, 20, 15, 30]]
    assert not problems


def test_images_without_objects_may_come_before_the_first_box_in_a_cell(tmp_path):
    boxes, problems = one(tmp_path, ["1,60,40,,", '0,60,40,"[10, 20, 5, 10]",cat'], WHEAT)
    assert boxes.tolist() == [[10, 20, 15, 30]]
    assert not problems


def test_tables_that_are_no_csv_are_not_taken_for_boxes(tmp_path):
    long = "a" * 200_000
    (tmp_path / "notes.csv").write_text(f"{long}\na\rb,c\n")
    (tmp_path / "empty.csv").write_text("\n\n")
    boxes, _ = one(tmp_path, ["0.png,10,20,40,30,cat"], None)
    assert boxes.tolist() == [[10, 20, 40, 30]]


def test_a_box_in_one_cell_is_two_corners_where_it_can_be_no_size(tmp_path):
    boxes, _ = one(tmp_path, ['0,60,40,"[10, 20, 55, 38]",cat'], WHEAT)
    assert boxes.tolist() == [[10, 20, 55, 38]]


def test_a_box_in_one_cell_that_may_be_either_is_refused_with_both(tmp_path):
    with pytest.raises(DatasetError, match=r"labels\.csv.*corner or a size.*xmin.*left"):
        one(tmp_path, ['0,60,40,"[10, 15, 20, 20]",cat'], WHEAT)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("filename,class,x_center,y_center,width,height", "0.png,cat,0.5,0.625,0.5,0.25"),
        ("filename,class,center_x,center_y,w,h", "0.png,cat,30,25,30,10"),
        (
            "image_name,image_width,image_height,center_x,center_y,width,height,label",
            "0.png,60,40,30,25,30,10,cat",
        ),
        ("filename,width,height,class,cx,cy,w,h", "0.png,60,40,cat,30,25,30,10"),
        ("filename;class;xc;yc;w;h", "0.png;cat;30,0;25,0;30;10"),
    ],
)
def test_centres_are_centres_and_sizes_the_boxs_own(tmp_path, header, row):
    boxes, problems = one(tmp_path, [row], header, count=1)
    np.testing.assert_allclose(boxes, [[15, 20, 45, 30]])
    assert not problems


def test_gtsrb_has_its_box_as_a_region_and_classes_by_number(tmp_path):
    header = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId"
    boxes, problems = one(tmp_path, ["0.png;60;40;10;20;40;30;7"], header, count=1)
    assert boxes.tolist() == [[10, 20, 40, 30]]
    assert found_in(tmp_path)[0].classes == ("7",)
    assert problems == ["classes are called by number; a classes.txt beside it names them"]
