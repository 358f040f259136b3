"""Pictures with detections drawn in, as files: a JPEG for each image, an MP4 for each video."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import PIL.Image

from pipelines.detections import Image
from pipelines.inference.sources import Picture, Source
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
            written = picture_names(names, suffix)
            self._paths |= {name: folder / file for name, file in zip(names, written, strict=True)}
        self._video: cv2.VideoWriter | None = None
        self._name = ""
        self._size = (0, 0)

    def kept(self, picture: Picture, drawn: Image) -> Image | None:
        """Write the picture if it is an image, or return it if it is a frame; in any thread."""
        if picture.frame is not None:
            return drawn
        PIL.Image.fromarray(drawn).save(self._paths[picture.name], quality=QUALITY)
        return None

    def add_frame(self, picture: Picture, drawn: Image) -> None:
        """Write the next frame of a video; they come in order.

        Raises:
            OSError: this OpenCV can't write videos.
        """
        frame = picture.frame
        assert frame is not None  # noqa: S101 - `kept` gives back frames only
        if frame.video != self._name:
            self.close()
            self._name, self._size = frame.video, (drawn.shape[1], drawn.shape[0])
            path = self._paths[frame.video]
            code = cv2.VideoWriter.fourcc(*CODEC)
            self._video = cv2.VideoWriter(str(path), code, frame.rate, self._size)
            if not self._video.isOpened():
                raise OSError(f"no video can be written to {path}; --no-draw does without")
        assert self._video is not None  # noqa: S101 - opened above
        self._video.write(cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR))

    def close(self) -> None:
        """Finish the video that is open."""
        if self._video is not None:
            self._video.release()
        self._video, self._name = None, ""
