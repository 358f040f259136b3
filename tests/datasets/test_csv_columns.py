import pytest
from set_files import everything, write_csv_set
from voc_files import found_in, write_image, write_set

from datasets.annotations import DatasetError

# A box of 20 × 10 pixels at (15, 20) in an image of 60 × 40, and what its columns may be called.
TABLES = [
    ("image_name,image_width,image_height,label,x,y,width,height", "0.png,60,40,cat,15,20,20,10"),
    ("label,x,y,width,height,image_name,image_width,image_height", "cat,15,20,20,10,0.png,60,40"),
    ("image_id,width,height,class,x,y,w,h,source", "0.png,60,40,cat,15,20,20,10,me"),
    ("image_id,class,x,y,w,h,width,height", "0.png,cat,15,20,20,10,60,40"),
    ("filename,class,x0,y0,x1,y1", "0.png,cat,15,20,35,30"),
    ("filename,class,x1,y1,x2,y2,width,height", "0.png,cat,16,21,35,30,20,10"),
    ("filename,class,x1,y1,x2,y2,width,height", "0.png,cat,16,21,35,30,60,40"),
    ("filename,class,bbox_x,bbox_y,bbox_width,bbox_height,width,height", "0,cat,15,20,20,10,60,40"),
    ("filename,class,xmin,ymin,xmax,ymax,x,y,w,h", "0.png,cat,16,21,35,30,15,20,20,10"),
    ("image_id,file_name,class,x,y,w,h", "100,0.png,cat,15,20,20,10"),
    ("path,image_id,class,x,y,w,h", "/a/b/missing.png,0,cat,15,20,20,10"),
]


@pytest.mark.parametrize(("header", "row"), TABLES)
def test_columns_are_taken_by_what_they_mean_together(tmp_path, header, row):
    found, problems = found_in(write_csv_set(tmp_path, [row], header, count=1))
    assert everything(found)["0.png"].annotations.boxes.tolist() == [[15, 20, 35, 30]]
    assert problems == []


def test_the_images_real_sizes_decide_whose_width_it_is(tmp_path):
    header = "filename,class,x,y,width,height,w,h"
    rows = [f"{n}.png,cat,{n},{n},60,40,{9 + n},9" for n in range(3)]
    found, _ = found_in(write_csv_set(tmp_path / "image", rows, header))
    assert everything(found)["2.png"].annotations.boxes.tolist() == [[2, 2, 13, 11]]


def test_a_table_that_can_be_read_in_two_ways_is_refused_with_both(tmp_path):
    header = "filename,class,x,y,width,height,w,h"
    with pytest.raises(DatasetError, match=r"x, y, w, h or x, y, width, height"):
        found_in(write_csv_set(tmp_path, ["0.png,cat,1,1,30,20,9,9"], header))


def test_the_size_of_the_image_is_never_taken_for_that_of_the_box(tmp_path):
    header, rows = "filename,class,x,y,width,height", ["0.png,cat,5,7,60,40", "1.png,cat,9,8,60,40"]
    with pytest.raises(DatasetError, match="width and height are the image's"):
        found_in(write_csv_set(tmp_path, rows, header))


def test_boxes_that_are_the_whole_image_are_boxes(tmp_path):
    header = "filename,class,x,y,width,height"
    found, _ = found_in(write_csv_set(tmp_path, ["0.png,cat,0,0,60,40"], header))
    assert everything(found)["0.png"].annotations.boxes.tolist() == [[0, 0, 60, 40]]


@pytest.mark.parametrize("nothing", ["", "NaN", "nan", "None", "NULL", "N/A"])
def test_rows_without_a_box_are_images_without_objects(tmp_path, nothing):
    header = "filename,class,xmin,ymin,xmax,ymax"
    empty = ",".join([nothing] * 5)
    found, problems = found_in(
        write_csv_set(tmp_path, ["0.png,cat,1,1,9,9", f"1.png,{empty}"], header, count=2)
    )
    assert {n: len(i.annotations) for n, i in everything(found).items()} == {"0.png": 1, "1.png": 0}
    assert not problems


def test_a_class_that_never_has_a_box_says_that_there_is_no_object(tmp_path):
    header = "filename,class,xmin,ymin,xmax,ymax"
    rows = ["0.png,cat,1,1,9,9", "1.png,No finding,,,,", "2.png,cat,,,,"]
    found, problems = found_in(write_csv_set(tmp_path, rows, header))
    assert found.classes == ("cat",)
    assert problems == [
        "labels.csv, line 4: a row without four numbers and a class",
        "labels.csv: 1 rows say 'No finding' and have no box; no object is made of them",
    ]


def test_one_number_that_is_none_costs_its_row(tmp_path):
    header = "filename,class,xmin,ymin,xmax,ymax"
    rows = ["0.png,cat,1,1,9,9", "1.png,cat,1,1,nan,9"]
    found, problems = found_in(write_csv_set(tmp_path, rows, header, count=2))
    assert len(everything(found)["0.png"].annotations) == 1
    assert "line 3: a box of cat has a number that is not finite" in problems[0]


@pytest.mark.parametrize("name", ["notes.csv", "labels.csv"])
def test_a_stray_table_in_an_old_encoding_costs_nothing(tmp_path, name):
    write_set(tmp_path, 2)
    (tmp_path / name).write_bytes("date,café\n1,thé\n".encode("latin-1"))
    found, problems = found_in(tmp_path)
    assert len(everything(found)) == 2
    assert not problems


def test_one_table_that_is_no_text_costs_itself(tmp_path):
    header = "filename,class,xmin,ymin,xmax,ymax"
    write_csv_set(tmp_path, ["0.png,cat,1,1,9,9"], header, count=1)
    write_image(tmp_path / "1.png", seed=9)
    (tmp_path / "more.csv").write_bytes(f"{header}\n1.png,L\xf6we,1,1,9,9\n".encode("latin-1"))
    found, problems = found_in(tmp_path)
    assert list(everything(found)) == ["0.png"]
    assert problems[0] == "more.csv: is not UTF-8 text; save it as UTF-8; left out"
