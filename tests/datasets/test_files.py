import pytest
from set_files import everything, write_coco_set, write_csv_set, write_yolo_set
from voc_files import found_in, write_image, write_xml

from datasets.annotations import DatasetError
from datasets.files import Files

GOOD = [("cat", (10, 20, 30, 10))]
ELSEWHERE = [
    "/home/somebody/set/images/0.png",
    "C:\\data\\images\\0.png",
    "..\\..\\upload\\4\\0.png",
    "../../media/0.png",
    "file:///D:/set/images/0.PNG",
    "gs://bucket/images/0.png",
    "/data/local-files/?d=images/0.png",
]


@pytest.mark.parametrize("name", ELSEWHERE)
def test_the_last_parts_of_a_name_of_another_place_are_looked_up_inside(tmp_path, name):
    write_image(tmp_path / "images" / "0.png")
    write_image(tmp_path / "images" / "00.png")
    write_coco_set(tmp_path, [GOOD], file_names=[name])
    found, problems = found_in(tmp_path)
    assert list(everything(found)) == ["images/0.png"]
    assert "which leads out of the set's folder; images/0.png in it is taken" in problems[-1]


def test_that_names_were_looked_up_inside_is_reported_once(tmp_path):
    rows = [f"/kaggle/input/{index}.png,60,40,cat,1,1,9,9" for index in range(3)]
    _, problems = found_in(write_csv_set(tmp_path, rows))
    assert len(problems) == 1
    assert problems[0].endswith("and so for 2 others")


def test_a_name_of_another_place_that_fits_two_images_is_refused(tmp_path):
    for seed, folder in enumerate(["fork", "knife"]):
        write_image(tmp_path / folder / "1.png", seed=seed)
    write_coco_set(tmp_path, [GOOD], file_names=["/home/somebody/1.png"])
    with pytest.raises(DatasetError, match=r"fork/1\.png or knife/1\.png"):
        found_in(tmp_path)
    write_coco_set(tmp_path, [GOOD], file_names=["/home/somebody/knife/1.png"])
    assert list(everything(found_in(tmp_path)[0])) == ["knife/1.png"]


def test_two_names_of_another_place_never_mean_one_image(tmp_path):
    write_image(tmp_path / "cat" / "1.png")
    rows = [f"/data/{folder}/1.png,60,40,{folder},1,1,9,9" for folder in ("cat", "dog")]
    with pytest.raises(DatasetError, match=r"in it is cat/1\.png alone"):
        found_in(write_csv_set(tmp_path, rows, count=0))


def test_the_image_of_another_split_never_stands_in_for_a_missing_one(tmp_path):
    for seed, name in enumerate(["train/2.png", "test/1.png"]):
        write_image(tmp_path / name, seed=seed)
    names = ["/content/train/1.png", "/content/train/2.png"]
    write_coco_set(tmp_path, [GOOD, GOOD], file_names=names)
    found, problems = found_in(tmp_path)
    assert list(everything(found)) == ["train/2.png"]
    assert "no image called /content/train/1.png" in problems[0]


@pytest.mark.parametrize("written", ["my%20photo%201.png", "my%2520photo%25201.png"])
def test_names_with_blanks_written_as_in_addresses_are_found(tmp_path, written):
    write_image(tmp_path / "my photo 1.png")
    write_csv_set(tmp_path, [f"{written},60,40,cat,1,1,9,9"], count=0)
    found, problems = found_in(tmp_path)
    assert list(everything(found)) == ["my photo 1.png"]
    assert not problems


def test_a_percent_sign_that_belongs_to_a_name_is_left_in_it(tmp_path):
    write_image(tmp_path / "100%20.png")
    write_image(tmp_path / "100 .png", seed=1)
    assert Files(tmp_path).image("100%20.png", "labels.csv") == "100%20.png"


def test_an_image_is_found_however_an_accent_in_its_name_is_stored(tmp_path):
    write_image(tmp_path / "cafe\u0301.png")
    files = Files(tmp_path)
    assert files.image("caf\u00e9.png", "a.json") == files.image("CAFE\u0301", "a.json")
    assert files.image("caf\u00e9.png", "a.json") == "cafe\u0301.png"


def test_dots_in_an_id_are_no_suffix(tmp_path):
    for seed, name in enumerate(["scan.jpg", "scan.001.jpg", "1.2.840.10.png"]):
        write_image(tmp_path / name, seed=seed)
    files = Files(tmp_path)
    names = ["scan.001", "scan.002", "scan", "1.2.840.10", "1.2.840.11", "scan.png"]
    found = [files.image(name, "labels.csv") for name in names]
    assert found == ["scan.001.jpg", None, "scan.jpg", "1.2.840.10.png", None, "scan.jpg"]


def test_images_whose_names_differ_in_case_alone_keep_their_own_annotation(tmp_path):
    for seed, stem in enumerate(["IMG_1", "img_1"]):
        write_image(tmp_path / f"{stem}.png", seed=seed)
        write_xml(tmp_path / f"{stem}.xml", [(stem, (1, 1, 9, 9))], image="photo.png")
    found, problems = found_in(tmp_path)
    assert {n: found.classes[i.annotations.labels[0]] for n, i in everything(found).items()} == {
        "IMG_1.png": "IMG_1",
        "img_1.png": "img_1",
    }
    assert not any("share" in problem for problem in problems)


@pytest.mark.parametrize(
    ("suffix", "folder"), [("jpg", "annotations/other"), ("png", "annotations/trimaps")]
)
def test_masks_nearer_to_an_annotation_never_stand_in_for_the_image(tmp_path, suffix, folder):
    write_image(tmp_path / "images" / f"0.{suffix}")
    write_image(tmp_path / folder / "0.png", seed=1)
    write_xml(tmp_path / "annotations" / "xmls" / "0.xml", image=f"0.{suffix}")
    assert list(everything(found_in(tmp_path)[0])) == [f"images/0.{suffix}"]


def test_pictures_that_can_not_be_read_are_named_with_the_way_out(tmp_path):
    write_yolo_set(tmp_path, ["0 .5 .5 .5 .5\n"])
    (tmp_path / "images" / "9.HEIC").write_bytes(b"ftypheic")
    assert found_in(tmp_path)[1] == [
        "images/9.HEIC: is HEIC, which can't be read; save it as JPEG or PNG; left out"
    ]


def test_the_places_of_a_notebook_are_looked_up_inside(tmp_path):
    yaml = "names: [cat]\ntrain: /content/data/images\n"
    found, problems = found_in(write_yolo_set(tmp_path, ["0 .5 .5 .5 .5\n"], yaml))
    assert len(found.splits["train"]) == 1
    assert "images in it is taken" in problems[0]


def test_of_many_images_of_one_name_each_folder_keeps_its_own(tmp_path, monkeypatch):
    folders = ["a", "b", "b/c", "d"]
    for seed, folder in enumerate(folders):
        write_image(tmp_path / folder / "1.PNG", seed=seed)
    wanted = [f"{folder}/1.PNG" for folder in folders]
    for many in (100, 1):
        monkeypatch.setattr("datasets.files._MANY", many)
        files = Files(tmp_path)
        assert [files.image_beside(f"{folder}/1.xml", "1.png") for folder in folders] == wanted
        assert files.image_beside("b/1.png.xml", "") == "b/1.PNG"
        assert files.image_beside("e/1.xml", "d/1.PNG") in wanted
