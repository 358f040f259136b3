import os
import sys

import cv2
import numpy as np
import pytest
from PIL import Image

from datasets.errors import UserError
from datasets.images import ImageError
from pipelines.inference.sources import found_sources, picture_count, pictures

MANY = 10**9


def photograph(path, shade=100, size=(40, 30), **how):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (shade, shade, shade)).save(path, **how)
    return path


def clip(path, frames=5, size=(64, 48)):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 10.0, size)
    for number in range(frames):
        writer.write(np.full((size[1], size[0], 3), 40 * number, np.uint8))
    writer.release()
    return path


@pytest.fixture
def folder(tmp_path):
    photograph(tmp_path / "photos" / "b.png")
    photograph(tmp_path / "photos" / "a" / "b.jpg")
    (tmp_path / "photos" / "notes.txt").write_text("not a picture")
    photograph(tmp_path / "photos" / ".hidden" / "c.png")
    return tmp_path


def names(*given):
    return [source.name for source in found_sources([str(each) for each in given])]


def test_a_folder_gives_its_images_by_their_path_in_it(folder):
    assert names(folder / "photos") == ["a/b.jpg", "b.png"]


def test_names_are_unique_below_the_folder_all_share(folder):
    photograph(folder / "others" / "b.png")
    assert names(folder / "photos" / "b.png") == ["b.png"]
    assert names(folder / "photos", folder / "others" / "b.png") == [
        "photos/a/b.jpg",
        "photos/b.png",
        "others/b.png",
    ]


def test_a_file_named_twice_is_taken_once(folder):
    assert names(folder / "photos", folder / "photos" / "." / "b.png") == ["a/b.jpg", "b.png"]


def test_patterns_reach_below_folders_and_take_only_pictures(folder):
    assert names(folder / "photos" / "*") == ["a/b.jpg", "b.png"]
    assert names(f"{folder}/**/*.jpg") == ["b.jpg"]


def test_brackets_in_a_name_that_is_there_are_no_pattern(folder):
    photograph(folder / "shot [1].png")
    assert names(folder / "shot [1].png") == ["shot [1].png"]


@pytest.mark.skipif(sys.platform != "linux", reason="names are text elsewhere")
def test_a_name_that_is_no_text_is_written_in_codes(tmp_path):
    photograph(tmp_path / os.fsdecode(b"a\xff.png"))
    (source,) = found_sources([str(tmp_path)])
    assert source.name == r"a\udcff.png"
    assert source.path.is_file()


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ("nowhere.jpg", "not there"),
        ("none*.jpg", "fits no file"),
        ("photos/*.txt", "fits no image"),
        ("empty", "has no image"),
    ],
)
def test_what_has_no_picture_in_it_is_refused(folder, monkeypatch, given, word):
    (folder / "empty").mkdir()
    monkeypatch.chdir(folder)
    with pytest.raises(UserError, match=word):
        found_sources([given])


def test_images_are_read_only_when_asked_and_turned_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    photograph(tmp_path / "a.jpg", size=(40, 30), exif=exif)
    (tmp_path / "b.jpg").write_bytes(b"nothing")
    turned, broken = pictures(found_sources([str(tmp_path)]), MANY)
    assert turned.read().shape == (40, 30, 3)
    with pytest.raises(ImageError, match=r"b\.jpg"):
        broken.read()
    (small,) = pictures(found_sources([str(tmp_path / "a.jpg")]), 100)
    with pytest.raises(ImageError, match="more than 100"):
        small.read()


def test_a_video_gives_its_frames_in_order(tmp_path):
    photograph(tmp_path / "a.png")
    clip(tmp_path / "clip.mp4")
    sources = found_sources([str(tmp_path)])
    assert picture_count(sources) == 6
    found = list(pictures(sources, MANY))
    assert [each.name for each in found[1:4]] == [f"clip.mp4#00000{n}" for n in (1, 2, 3)]
    shades = [each.read().mean() for each in found[1:]]
    np.testing.assert_allclose(shades, [0, 40, 80, 120, 160], atol=6)
    assert (found[1].frame.video, found[1].frame.rate) == ("clip.mp4", 10.0)
    assert found[0].frame is None


def test_a_broken_video_is_one_picture_that_can_not_be_read(tmp_path):
    (tmp_path / "clip.mp4").write_bytes(b"nothing at all")
    (broken,) = pictures(found_sources([str(tmp_path)]), MANY)
    with pytest.raises(ImageError, match=r"clip\.mp4: is not a video"):
        broken.read()


def test_linked_files_keep_the_name_they_have_here(folder):
    (folder / "photos" / "z.png").symlink_to(folder / "photos" / "b.png")
    assert names(folder / "photos") == ["a/b.jpg", "b.png", "z.png"]


def test_a_video_that_is_cut_off_gives_what_it_has_and_says_what_is_missing(tmp_path):
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (64, 48))
    random = np.random.default_rng(0)
    for _ in range(12):
        writer.write(random.integers(0, 256, (48, 64, 3), np.uint8))
    writer.release()
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    found = list(pictures(found_sources([str(path)]), MANY))
    assert 0 < len(found) - 1 < 12
    assert all(picture.frame for picture in found[:-1])
    with pytest.raises(ImageError, match=rf"only {len(found) - 1} of 12 frames"):
        found[-1].read()


def test_a_picture_in_a_format_that_is_not_read_is_listed_and_not_passed_over(folder):
    (folder / "photos" / "IMG_1.HEIC").write_bytes(b"ftypheic")
    sources = found_sources([str(folder / "photos")])
    found = {picture.name: picture for picture in pictures(sources, MANY)}
    with pytest.raises(ImageError, match="is HEIC, which can't be read; save it as JPEG"):
        found["IMG_1.HEIC"].read()


@pytest.mark.parametrize("suffix", [".mp4", ".avi"])
def test_a_list_of_files_that_bears_a_videos_name_opens_none_of_them(tmp_path, suffix):
    clip(tmp_path / "mine.mp4")
    path = tmp_path / f"list{suffix}"
    path.write_text("ffconcat version 1.0\nfile mine.mp4\n")
    assert cv2.VideoCapture(str(path)).isOpened()
    (picture,) = pictures(found_sources([str(path)]), MANY)
    with pytest.raises(ImageError, match="not a video"):
        picture.read()


def test_a_pipe_that_bears_a_videos_name_is_not_waited_for(tmp_path, capfd):
    os.mkfifo(tmp_path / "a.mp4")
    sources = found_sources([str(tmp_path)])
    assert picture_count(sources) == 1
    (picture,) = pictures(sources, MANY)
    with pytest.raises(ImageError, match="not a video"):
        picture.read()
    assert capfd.readouterr().err == ""


def test_a_video_of_huge_frames_is_refused_before_any_is_decoded(tmp_path):
    clip(tmp_path / "a.mp4", size=(64, 48))
    sources = found_sources([str(tmp_path / "a.mp4")])
    assert len(list(pictures(sources, 64 * 48))) == 5
    (picture,) = pictures(sources, 64 * 48 - 1)
    with pytest.raises(ImageError, match="64×48 pixels, more than"):
        picture.read()
