import cv2
import numpy as np

from pipelines.inference.result_files import DrawnFiles
from pipelines.inference.sources import Frame, found_sources


def test_a_frame_stands_in_for_those_a_camera_passed_over(tmp_path):
    sources = found_sources(["0"])
    drawn = DrawnFiles(tmp_path / "annotated", sources)
    for number in (3, 4, 8):
        drawn.write_frame(Frame("camera-0", number, 25.0), np.zeros((48, 64, 3), np.uint8))
    drawn.close()
    video = cv2.VideoCapture(str(tmp_path / "annotated" / "camera-0.mp4"))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == 6  # from 3 to 8
