import errno
import os
import re
import socket
from pathlib import Path

import pytest
from set_files import write_coco_set

from datasets.annotations import DatasetError
from datasets.coco import coco_files
from datasets.files import Files
from datasets.images import ImageError, load_image, read_header
from datasets.reading import read_dataset
from datasets.regular_files import check_regular, content, opened
from datasets.xml_lines import parse_xml


@pytest.fixture(params=["pipe", "device", "folder", "link to a device", "socket"])
def strange(request, tmp_path):
    """Something that is no file, by a file's name."""
    path = tmp_path / "strange"
    if request.param == "pipe":
        os.mkfifo(path)
    elif request.param == "device":
        return type(path)("/dev/zero")
    elif request.param == "folder":
        path.mkdir()
    elif request.param == "link to a device":
        path.symlink_to("/dev/zero")
    else:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(str(path))
    return path


@pytest.mark.parametrize("use", [opened, content, check_regular])
def test_only_a_regular_file_is_opened_and_nothing_is_waited_for(strange, use):
    with pytest.raises(OSError, match="no regular file"):
        use(strange)


@pytest.mark.parametrize("use", [load_image, read_header])
def test_an_image_that_is_no_file_can_not_be_opened(strange, use):
    with pytest.raises(ImageError, match=f"{strange.name}: can't be opened"):
        use(strange)


def test_a_file_is_read_whole_up_to_a_size(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert content(path, 5) == b"12345"
    with pytest.raises(OSError, match="over 4 bytes"):
        content(path, 4)
    (tmp_path / "link").symlink_to(path)
    assert content(tmp_path / "link") == b"12345"


def test_an_annotation_that_is_no_file_is_said_to_be_none(tmp_path):
    os.mkfifo(tmp_path / "a.xml")
    with pytest.raises(ValueError, match="regular"):
        parse_xml(tmp_path / "a.xml")
    os.mkfifo(tmp_path / "a.json")
    with pytest.raises(OSError, match="regular"):
        coco_files(Files(tmp_path))


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_a_table_that_is_no_file_costs_itself_and_is_said(tmp_path, make):
    write_coco_set(tmp_path, [[("cat", (1, 1, 9, 9))]] * 8)
    make(tmp_path / "a.csv")
    dataset = read_dataset(tmp_path)
    said = [str(each) for each in dataset.problems if "a.csv" in str(each)]
    assert len(said) == 1
    assert "no regular file" in said[0]


def test_a_folder_that_can_not_be_listed_is_not_taken_for_an_empty_one(tmp_path, monkeypatch):
    write_coco_set(tmp_path, [[("cat", (1, 1, 9, 9))]] * 8)
    (tmp_path / "locked").mkdir()
    listed = os.scandir

    def scandir(path):
        if str(path).endswith("locked"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(DatasetError, match=r"locked: can't be read .*Permission"):
        read_dataset(tmp_path)


# What these read is the project's own, a package's or the system's.
OWN = ("datasets/sample/", "pipelines/system/", "pipelines/report/one_file.py")


def test_no_other_place_reads_files():
    root = Path(__file__).resolve().parents[2]
    reading = re.compile(r"\.read_(bytes|text)\(|open\(\"rb?\"\)|imread\(")
    modules = (
        each
        for part in ("datasets", "models", "pipelines")
        for each in root.glob(f"{part}/**/*.py")
    )
    places = {
        each.relative_to(root).as_posix() for each in modules if reading.search(each.read_text())
    }
    assert {place for place in places if not place.startswith(OWN)} == set()
