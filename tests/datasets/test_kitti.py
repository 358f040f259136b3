import pytest
from set_files import everything, write_yolo_set
from voc_files import found_in, write_image

from datasets.annotations import DatasetError

REST = "1.89 0.48 1.20 1.84 1.47 8.41 0.01"
CAR = f"Car 0.00 0 -0.20 10.00 20.00 40.50 30.00 {REST}"
UNLABELLED = "DontCare -1 -1 -10 1.0 2.0 9.0 9.0 -1 -1 -1 -1000 -1000 -1000 -10"


def write_label(path, *lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))


def write_devkit(folder, *labels):
    """Images of both colour cameras, calibrations, and a label file for each of the first."""
    for number, lines in enumerate(labels):
        for seed, camera in enumerate(("image_2", "image_3")):
            write_image(folder / "training" / camera / f"{number:06}.png", seed=9 * seed + number)
        write_label(folder / "training" / "calib" / f"{number:06}.txt", "P0: " + "7.0 " * 12)
        write_label(folder / "training" / "label_2" / f"{number:06}.txt", *lines)
    return folder


def test_labels_are_of_the_camera_their_folder_is_numbered_for(tmp_path):
    found, problems = found_in(write_devkit(tmp_path, [], [CAR, CAR.replace("Car", "Van")]))
    assert found.format == "kitti"
    assert [image.name for image in found.splits["train"]] == [
        "training/image_2/000000.png",
        "training/image_2/000001.png",
    ]
    truth = found.splits["train"][1].annotations
    assert truth.boxes.tolist() == [[10, 20, 40.5, 30]] * 2
    assert found.classes == ("Car", "Van")
    assert sum("image_3" in problem for problem in problems) == 2  # which are not annotated
    assert len(problems) == 2


def test_places_nobody_labelled_are_left_out_and_counted(tmp_path):
    found, problems = found_in(write_devkit(tmp_path, [CAR, UNLABELLED, UNLABELLED]))
    assert found.classes == ("Car",)
    assert "2 boxes of DontCare are of no class; left out" in problems


def test_labels_beside_images_with_scores_or_broken_lines_are_read(tmp_path):
    write_image(tmp_path / "images" / "a.png")
    write_label(tmp_path / "labels" / "a.txt", f"{CAR} 0.9", "Car 0.00 0 -0.20 ten", "")
    found, problems = found_in(tmp_path)
    assert len(everything(found)["images/a.png"].annotations) == 1
    assert problems == ["labels/a.txt, line 2: 'Car 0.00 0 -0.20 ten' is no box; left out"]


def test_labels_without_their_image_are_named(tmp_path):
    write_image(tmp_path / "a.png")
    write_label(tmp_path / "a.txt", CAR)
    write_label(tmp_path / "b.txt", CAR)
    assert found_in(tmp_path)[1] == ["b.txt: no image called b; left out"]
    (tmp_path / "a.png").rename(tmp_path / "c.png")
    with pytest.raises(DatasetError, match="KITTI"):
        found_in(tmp_path)


def test_an_outline_of_yolo_with_as_many_numbers_is_not_kitti(tmp_path):
    outline = "0 " + " ".join(["0.1 0.2 0.8 0.2 0.8 0.9"] * 2) + " 0.1 0.9\n"
    assert len(outline.split()) == 15
    assert found_in(write_yolo_set(tmp_path, [outline, outline]))[0].format == "yolo"
