import pytest
from format_examples import ALL_IMAGES, AN_IMAGE
from set_files import write_csv_set, write_images
from voc_files import found_in, write_image

from datasets.annotations import DatasetError
from datasets.reading import FORMATS

SUFFIXES = {"voc": ".xml", "cvat": ".xml", "yolo": ".txt", "kitti": ".txt", "csv": ".csv"}


def write_example(folder, name, stems):
    """A set of that format, its files beside its images; all are called otherwise than others'."""
    suffix = SUFFIXES.get(name, ".json")
    for number, stem in enumerate(stems):
        write_image(folder / f"{stem}.jpg", (64, 64), seed=number)
        if name in AN_IMAGE:
            (folder / f"{stem}{suffix}").write_text(AN_IMAGE[name](stem))
    if name in ALL_IMAGES:
        (folder / f"{name}{suffix}").write_text(ALL_IMAGES[name](stems))


@pytest.mark.parametrize("name", list(FORMATS))
def test_a_format_that_is_named_and_not_there_is_refused(tmp_path, name):
    write_images(tmp_path, 1)
    with pytest.raises(DatasetError, match=str(tmp_path)):
        found_in(tmp_path, name)


def test_a_format_nobody_knows_is_refused_with_those_that_are_known(tmp_path):
    with pytest.raises(DatasetError, match=r"tiff: unknown format; known are voc, .*kitti"):
        found_in(tmp_path, "tiff")


@pytest.mark.parametrize("name", list(FORMATS))
def test_a_set_of_one_format_is_taken_for_no_other(tmp_path, name):
    write_example(tmp_path, name, ["a", "b"])
    found, problems = found_in(tmp_path)
    assert found.format == name
    assert not any("which was not read" in problem for problem in problems)


def test_of_several_formats_the_first_is_read_and_the_others_are_named(tmp_path):
    write_example(tmp_path, "labelme", ["a", "b"])
    write_example(tmp_path, "voc", ["a", "b"])
    found, problems = found_in(tmp_path)
    assert found.format == "voc"
    assert any("--format labelme reads it" in problem for problem in problems)
    assert found_in(tmp_path, "labelme")[0].format == "labelme"


def test_a_table_that_lacks_a_column_is_told_so_where_its_format_is_named(tmp_path):
    write_csv_set(tmp_path, ["0.png,1,1,9,9"], "image,xmin,ymin,xmax,ymax")
    with pytest.raises(DatasetError, match="no column for the class"):
        found_in(tmp_path, "csv")
