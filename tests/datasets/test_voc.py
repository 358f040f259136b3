import hashlib
import tracemalloc

import numpy as np
import pytest
from PIL import Image
from voc_files import found_in, write_image, write_set, write_xml

from datasets.annotations import DatasetError
from datasets.checking import without_broken_images
from datasets.images import load_image
from datasets.reading import read_dataset
from datasets.splits import limited
from datasets.xml_lines import parse_xml


def one(folder, objects, **more):
    """Read a set of one image with those objects."""
    write_image(folder / "a.png")
    write_xml(folder / "a.xml", objects, **more)
    write_image(folder / "b.png", seed=1)
    write_xml(folder / "b.xml", [("cat", (1, 1, 9, 9)), ("dog", (1, 1, 9, 9))])
    found, problems = found_in(folder)
    return found.splits[""][0], problems


def test_inclusive_corners_become_exclusive_ones(tmp_path):
    image, problems = one(tmp_path, [("cat", (1, 1, 60, 40)), ("dog", (11, 21, 11.5, 30))])
    np.testing.assert_array_equal(image.annotations.boxes, [[0, 0, 60, 40], [10, 20, 11.5, 30]])
    assert image.annotations.labels.tolist() == [0, 1]
    assert not problems


@pytest.mark.parametrize(
    ("corners", "boxes", "message"),
    [
        ((10, 10, 10, 30), [], "no area"),
        ((10, 10, 30, 10), [], "no area"),
        ((30, 10, 10, 20), [[9, 9, 30, 20]], "swapped"),
        ((-5, 10, 100, 20), [[0, 9, 60, 20]], "cut to the image"),
        ((70, 10, 90, 20), [], "outside"),
    ],
)
def test_boxes_that_are_wrong_are_repaired_or_left_out_and_named(tmp_path, corners, boxes, message):
    image, problems = one(tmp_path, [("cat", corners)])
    assert image.annotations.boxes.tolist() == boxes
    (problem,) = problems
    assert message in problem
    assert "a.xml" in problem


def test_difficult_objects_are_ignored_ones(tmp_path):
    image, _ = one(tmp_path, [("cat", (1, 1, 9, 9))], difficult=1)
    assert image.annotations.ignore.tolist() == [True]


def test_the_image_is_right_where_the_annotation_gives_another_size(tmp_path):
    image, problems = one(tmp_path, [("cat", (1, 1, 9, 9))], size_px=(600, 400))
    assert (image.width_px, image.height_px) == (60, 40)
    assert "says 600×400" in problems[0]


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE a [<!ENTITY x "y">]><annotation>&x;</annotation>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><annotation></annotation>',
    ],
)
def test_xml_that_may_hide_an_attack_is_refused_by_name(tmp_path, text):
    write_set(tmp_path)
    (tmp_path / "im3.xml").write_text(text)
    with pytest.raises(DatasetError, match=r"im3\.xml.*DTD"):
        found_in(tmp_path)


@pytest.mark.parametrize("number", ["nan", "inf", "1e999"])
def test_numbers_that_are_not_finite_are_refused_by_name(tmp_path, number):
    write_set(tmp_path, objects=[("cat", (number, 1, 2, 3))])
    with pytest.raises(DatasetError, match=r"im0\.xml, line 1.*not finite"):
        found_in(tmp_path)


def test_xml_that_is_not_xml_is_listed_and_the_rest_goes_on(tmp_path):
    write_set(tmp_path)
    (tmp_path / "im3.xml").write_text("<annotation><object>")
    found, problems = found_in(tmp_path)
    assert len(found.splits[""]) == 7
    assert any("im3.xml: is not XML" in problem for problem in problems)


def test_images_and_annotations_without_each_other_are_listed(tmp_path):
    write_set(tmp_path)
    write_image(tmp_path / "lonely.png")
    write_xml(tmp_path / "orphan.xml")
    _, problems = found_in(tmp_path)
    assert any("lonely.png: has no annotation" in problem for problem in problems)
    assert any("orphan.xml: no image" in problem for problem in problems)


def test_split_folders_keep_images_of_one_name_apart(tmp_path):
    for index, split in enumerate(["train", "test"]):
        write_image(tmp_path / split / "a.JPG", seed=index)
        write_xml(tmp_path / split / "a.xml")
    splits = found_in(tmp_path)[0].splits
    assert {split: [i.name for i in found] for split, found in splits.items()} == {
        "train": ["train/a.JPG"],
        "test": ["test/a.JPG"],
    }


def test_listed_splits_are_kept_and_trainval_completes_train(tmp_path):
    for stem in "abcd":
        write_image(tmp_path / "JPEGImages" / f"{stem}.jpg", seed=ord(stem))
        write_xml(tmp_path / "Annotations" / f"{stem}.xml")
    main = tmp_path / "ImageSets" / "Main"
    main.mkdir(parents=True)
    (main / "trainval.txt").write_text("a\nb\nmissing\n")
    (main / "val.txt").write_text("b\n")
    (main / "test.txt").write_text("c\nd\n")
    dataset = read_dataset(tmp_path)
    stems = {split: [i.path.stem for i in found] for split, found in dataset.splits.items()}
    assert stems == {"train": ["a"], "val": ["b"], "test": ["c", "d"]}
    assert any("no annotated image called missing" in str(problem) for problem in dataset.problems)


def test_a_photograph_is_read_upright_with_its_boxes_in_the_upright_picture(tmp_path):
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:, :10] = 255  # left edge as stored; at the top once turned a quarter clockwise
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
    write_xml(tmp_path / "a.xml", [("cat", (1, 1, 40, 10))], size_px=(40, 60))
    found, problems = found_in(tmp_path)
    (image,) = found.splits[""]
    assert not problems
    upright = load_image(image.path)
    assert upright.shape == (60, 40, 3)
    x1, y1, x2, y2 = image.annotations.boxes[0].astype(int)
    assert (upright[y1:y2, x1:x2] == 255).all()
    assert upright.sum() == 255 * 3 * (x2 - x1) * (y2 - y1)


def test_images_that_do_not_decode_are_left_out_and_named(tmp_path):
    write_set(tmp_path, count=12)
    broken = tmp_path / "im5.png"
    broken.write_bytes(broken.read_bytes()[:-200])
    dataset = without_broken_images(read_dataset(tmp_path), jobs=2)
    assert sum(map(len, dataset.splits.values())) == 11
    assert any("im5.png: does not decode" in str(problem) for problem in dataset.problems)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: None, "is empty"),
        (lambda folder: write_image(folder / "a.png"), "no annotations found"),
        (lambda folder: write_xml(folder / "a.xml"), "none of its 1 XML files matches"),
        (lambda folder: write_set(folder, count=2), "at least 3"),
        (lambda folder: write_set(folder, objects=()), "no annotation has an object"),
    ],
)
def test_a_folder_that_is_no_set_is_refused_in_one_sentence(tmp_path, make, message):
    make(tmp_path)
    with pytest.raises(DatasetError, match=message) as error:
        read_dataset(tmp_path)
    assert "\n" not in str(error.value)


def test_a_missing_folder_is_refused_by_name(tmp_path):
    with pytest.raises(DatasetError, match="nowhere"):
        read_dataset(tmp_path / "nowhere")


def test_a_class_only_in_test_is_reported(tmp_path):
    for split, name in [("train", "cat"), ("val", "cat"), ("test", "dog")]:
        write_image(tmp_path / split / f"{split}.png", seed=len(name) + len(split))
        write_xml(tmp_path / split / f"{split}.xml", [(name, (1, 1, 9, 9))])
    problems = [str(problem) for problem in read_dataset(tmp_path).problems]
    assert any("class dog: 1 boxes in test but none in train" in problem for problem in problems)


def test_reading_changes_no_file(tmp_path):
    write_set(tmp_path)

    def state():
        return {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in tmp_path.rglob("*")}

    before = state()
    without_broken_images(read_dataset(tmp_path))
    assert state() == before


def test_a_limit_draws_the_same_images_each_time(tmp_path):
    dataset = read_dataset(write_set(tmp_path, count=40))
    first, again = limited(dataset, 3, seed=1), limited(dataset, 3, seed=1)
    names = [[i.name for i in d.splits["train"]] for d in (first, again, limited(dataset, 3, 2))]
    assert len(names[0]) == 3
    assert names[0] == names[1] != names[2]


def test_a_folder_of_several_years_has_the_lists_of_all(tmp_path):
    for seed, (year, split) in enumerate({"VOC2007": "test", "VOC2012": "trainval"}.items()):
        write_image(tmp_path / year / "JPEGImages" / f"{year}_1.jpg", seed=seed)
        write_xml(tmp_path / year / "Annotations" / f"{year}_1.xml")
        (tmp_path / year / "ImageSets" / "Main").mkdir(parents=True)
        (tmp_path / year / "ImageSets" / "Main" / f"{split}.txt").write_text(f"{year}_1  1\n")
        (tmp_path / year / "ImageSets" / "Main" / f"cat_{split}.txt").write_text(f"{year}_1 -1\n")
    found, problems = found_in(tmp_path)
    assert not problems
    assert {s: [i.path.stem for i in images] for s, images in found.splits.items()} == {
        "test": ["VOC2007_1"],
        "train": ["VOC2012_1"],
    }


def test_how_grey_levels_were_scaled_is_said_once(tmp_path):
    write_set(tmp_path)
    for index in range(8):
        levels = np.random.default_rng(index).integers(0, 4096, (40, 60), np.uint16)
        Image.fromarray(levels).save(tmp_path / f"im{index}.png")
    problems = without_broken_images(read_dataset(tmp_path)).problems
    assert sum("use 12 bits of 16" in str(problem) for problem in problems) == 1


def test_a_file_of_more_elements_than_an_image_has_is_refused_before_it_is_held(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("datasets.xml_lines.MOST_ELEMENTS", 1000)
    path = tmp_path / "a.xml"
    path.write_text("<annotation>" + "<a/>" * 1_000_000 + "</annotation>")
    tracemalloc.start()
    with pytest.raises(DatasetError, match="elements"):
        parse_xml(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * 2**20
