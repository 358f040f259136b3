import cv2
import numpy as np
import pytest

from datasets.errors import UserError
from pipelines.inference.result_files import DrawnFiles
from pipelines.inference.sources import Frame, Source, found_sources, opened_video


def test_a_frame_stands_in_for_those_a_camera_passed_over(tmp_path):
    sources = found_sources(["0"])
    drawn = DrawnFiles(tmp_path / "annotated", sources)
    for number in (3, 4, 8):
        drawn.write_frame(Frame("camera-0", number, 25.0), np.zeros((48, 64, 3), np.uint8))
    drawn.close()
    video = cv2.VideoCapture(str(tmp_path / "annotated" / "camera-0.mp4"))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == 6  # from 3 to 8


@pytest.fixture
def files(tmp_path):
    sources = [Source(name, tmp_path / name, is_video=True) for name in ("a.mp4", "b.mp4")]
    return DrawnFiles(tmp_path / "drawn", sources)


def write(files, name, frames=3):
    for number in range(1, frames + 1):
        files.write_frame(Frame(name, number, 10.0), np.zeros((48, 64, 3), np.uint8))


def test_each_video_is_whole_once_the_next_begins(files, tmp_path):
    write(files, "a.mp4")
    write(files, "b.mp4")
    assert opened_video(tmp_path / "drawn" / "a.mp4").isOpened()
    files.close()
    assert opened_video(tmp_path / "drawn" / "b.mp4").isOpened()
    files.close()


def test_a_video_that_could_not_be_written_whole_is_said(files, tmp_path):
    """A full disk leaves a file that nobody can open; OpenCV does not tell."""
    write(files, "a.mp4")
    (tmp_path / "drawn" / "a.mp4").unlink()
    with pytest.raises(UserError, match=r"a\.mp4: can't be written whole"):
        files.close()
