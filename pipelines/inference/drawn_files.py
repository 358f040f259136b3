"""Pictures with detections drawn in, as files: a JPEG for each image, an MP4 for each video."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import PIL.Image

from datasets.errors import UserError
from pipelines.detections import Image
from pipelines.inference.sources import Frame, Source
from pipelines.report.images.write import picture_names

QUALITY = 90  # of the JPEG: lines and letters stay clean
CODEC = "mp4v"  # MPEG-4: of those every OpenCV can write, the one most players show


class DrawnFiles:
    """The folder of drawn pictures; one video is open at a time."""

    def __init__(self, folder: Path, sources: Sequence[Source]) -> None:
        """Make the folder and give each source the name of its file there."""
        folder.mkdir()
        self._paths: dict[str, Path] = {}
        for is_video, suffix in ((False, ".jpg"), (True, ".mp4")):
            names = [source.name for source in sources if source.is_video == is_video]
            files = picture_names(names, suffix)
            self._paths |= {name: folder / file for name, file in zip(names, files, strict=True)}
        self._video = cv2.VideoWriter()
        self._name = ""

    def write_image(self, name: str, drawn: Image) -> None:
        """Write an image, in any thread."""
        PIL.Image.fromarray(drawn).save(self._paths[name], quality=QUALITY)

    def write_frame(self, frame: Frame, drawn: Image) -> None:
        """Write the next frame of a video; they come in order.

        Raises:
            UserError: this OpenCV can't write videos.
        """
        if frame.video != self._name:
            self._name, path = frame.video, self._paths[frame.video]
            size = drawn.shape[1], drawn.shape[0]
            code = cv2.VideoWriter.fourcc(*CODEC)
            if not self._video.open(str(path), code, frame.rate, size):  # ends the one before
                raise UserError(f"no video can be written to {path}; --no-draw does without")
        self._video.write(cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR))

    def close(self) -> None:
        """Finish the video that is open."""
        self._video.release()
