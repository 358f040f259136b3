"""What detecting leaves, written as it comes: a million pictures take no more memory than one.

Results are a COCO file or a table; drawn pictures a JPEG for each image, an MP4 for each video.
"""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import PIL.Image

from datasets.boxes import xyxy_to_xywh
from datasets.errors import UserError
from pipelines.detections import Detections, Image
from pipelines.inference.sources import Frame, Picture, Source, opened_video
from pipelines.report.images.write import picture_names

QUALITY = 90  # of the JPEG: lines and letters stay clean
CODEC = "mp4v"  # MPEG-4: of those every OpenCV can write, the one most players show
COLUMNS = ("filename", "class", "score", "left", "top", "width", "height")


@dataclass(frozen=True, eq=False)
class PictureResult:
    """One picture with what was detected in it.

    Attributes:
        size: width and height in pixels.
        drawn: a frame with its detections drawn in, if it is to be written to a video.
        problem: why the picture can't be read, empty if it can.
    """

    picture: Picture
    size: tuple[int, int] = (0, 0)
    detections: Detections = Detections()  # noqa: RUF009 - frozen, with read-only arrays
    drawn: Image | None = None
    problem: str = ""

    def rows(self) -> Iterator[tuple[list[float], float, int]]:
        """Yield box (left, top, width, height in pixels), score and label of each detection."""
        found = self.detections
        boxes = xyxy_to_xywh(found.boxes).tolist()
        return zip(boxes, found.scores.tolist(), found.labels.tolist(), strict=True)


Write = Callable[[PictureResult], None]


@contextmanager
def coco_file(path: Path, classes: Sequence[str]) -> Iterator[Write]:
    """Write COCO's ``images``, ``categories`` and ``annotations``, each of these with a ``score``.

    Boxes are left, top, width, height in pixels. `scripts/evaluate_detections.py` reads it, and
    labelling tools do as a first guess. The list of images waits beside, in a file without a name.
    """
    categories = [{"id": number, "name": name} for number, name in enumerate(classes, 1)]
    pictures = annotations = 0
    with (
        path.open("w", encoding="utf-8") as stream,
        tempfile.TemporaryFile("w+", dir=path.parent) as images,
    ):
        stream.write(f'{{"categories": {json.dumps(categories)},\n"annotations": [')

        def write(result: PictureResult) -> None:
            nonlocal pictures, annotations
            pictures += 1
            width, height = result.size
            image: dict[str, object] = {"id": pictures, "file_name": result.picture.name}
            image |= {"width": width, "height": height}
            if frame := result.picture.frame:
                seconds = (frame.number - 1) / frame.rate
                image |= {"video": frame.video, "frame": frame.number, "seconds": seconds}
            images.write((",\n" if pictures > 1 else "\n") + json.dumps(image))
            for box, score, label in result.rows():
                annotations += 1
                row = {
                    **{"id": annotations, "image_id": pictures, "category_id": label + 1},
                    **{"bbox": box, "area": box[2] * box[3], "iscrowd": 0, "score": score},
                }
                stream.write((",\n" if annotations > 1 else "\n") + json.dumps(row))

        yield write
        stream.write('],\n"images": [')
        images.seek(0)
        shutil.copyfileobj(images, stream)
        stream.write("]}\n")


@contextmanager
def csv_file(path: Path, classes: Sequence[str]) -> Iterator[Write]:
    """Write a table, a row a detection: name of the picture, class, score and box in pixels.

    The box is a corner and a size, which leaves no question of last pixels; the project reads such
    a table as a labelled set.
    """
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(COLUMNS)

        def write(result: PictureResult) -> None:
            for box, score, label in result.rows():
                table.writerow([result.picture.name, classes[label], score, *box])

        yield write


FORMATS = {"coco": ("detections.json", coco_file), "csv": ("detections.csv", csv_file)}


def save_drawn(path: Path, drawn: Image) -> None:
    """Write a drawn image."""
    PIL.Image.fromarray(drawn).save(path, quality=QUALITY)


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
        self._last = 0

    def path(self, name: str) -> Path:
        """Return where the drawn file of a source is."""
        return self._paths[name]

    def write_image(self, name: str, drawn: Image) -> None:
        """Write an image, in any thread."""
        save_drawn(self._paths[name], drawn)

    def write_frame(self, frame: Frame, drawn: Image) -> None:
        """Write the next frame of a video; they come in order.

        Where a camera's frames were passed over it stands in for them, so that time stays right.

        Raises:
            UserError: this OpenCV can't write videos.
        """
        if frame.video != self._name:
            self.close()
            self._name, path = frame.video, self._paths[frame.video]
            self._last = frame.number - 1
            size = drawn.shape[1], drawn.shape[0]
            code = cv2.VideoWriter.fourcc(*CODEC)
            if not self._video.open(str(path), code, frame.rate, size):
                raise UserError(f"no video can be written to {path}; --no-draw does without")
        pixels = cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR)
        for _ in range(self._last, frame.number):
            self._video.write(pixels)
        self._last = frame.number

    def close(self) -> None:
        """Finish the video that is open, if one is.

        Raises:
            UserError: it is not whole: OpenCV says nothing where it can't write.
        """
        self._video.release()
        path = self._paths.get(self._name)
        self._name = ""
        if path is not None and not opened_video(path).isOpened():
            raise UserError(f"{path}: can't be written whole; the disk may be full")
