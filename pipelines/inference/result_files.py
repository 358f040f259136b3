"""Detections written as they come, so that a million pictures take no more memory than one."""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from datasets.boxes import xyxy_to_xywh
from pipelines.detections import Detections, Image
from pipelines.inference.sources import Picture

COLUMNS = ("filename", "class", "score", "left", "top", "width", "height")


@dataclass(frozen=True, eq=False)
class PictureResult:
    """One picture with what was detected in it.

    Attributes:
        picture: which it is.
        size: width and height in pixels.
        detections: those above the threshold.
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
    labelling tools do as a first guess. The list of images waits in a file without a name.
    """
    categories = [{"id": number, "name": name} for number, name in enumerate(classes, 1)]
    pictures = annotations = 0
    with path.open("w", encoding="utf-8") as stream, tempfile.TemporaryFile("w+") as images:
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
