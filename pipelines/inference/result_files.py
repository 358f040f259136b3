"""Detections written as they come, so that a million pictures take no more memory than one."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from datasets.boxes import xyxy_to_xywh
from pipelines.detections import Detections
from pipelines.inference.sources import Frame


class ResultFile(Protocol):
    """A file of detections in the making."""

    def add(self, name: str, size: tuple[int, int], found: Detections, frame: Frame | None) -> None:
        """Write one picture's detections; ``size`` is its width and height in pixels."""
        ...

    def close(self) -> None:
        """Finish the file."""
        ...


class CocoFile:
    """COCO's ``images``, ``categories`` and ``annotations``, each of these with a ``score``.

    Boxes are left, top, width, height in pixels. `scripts/evaluate_detections.py` reads it, and
    labelling tools do as a first guess.
    """

    name = "detections.json"

    def __init__(self, folder: Path, classes: Sequence[str]) -> None:
        """Open the file in the folder; the list of images waits in a file beside it."""
        self._beside = folder / f"{self.name}.images"
        self._annotations = (folder / self.name).open("w", encoding="utf-8")
        self._images = self._beside.open("w", encoding="utf-8")
        categories = [{"id": number, "name": name} for number, name in enumerate(classes, 1)]
        self._annotations.write(f'{{"categories": {json.dumps(categories)},\n"annotations": [')
        self._pictures = self._rows = 0

    def add(self, name: str, size: tuple[int, int], found: Detections, frame: Frame | None) -> None:
        """Write one picture's detections."""
        self._pictures += 1
        image = {"id": self._pictures, "file_name": name, "width": size[0], "height": size[1]}
        if frame is not None:
            image |= {"video": frame.video, "frame": frame.number}
            image["seconds"] = (frame.number - 1) / frame.rate
        self._images.write((",\n" if self._pictures > 1 else "\n") + json.dumps(image))
        for box, score, label in zip(
            xyxy_to_xywh(found.boxes).tolist(),
            found.scores.tolist(),
            found.labels.tolist(),
            strict=True,
        ):
            self._rows += 1
            row = {
                "id": self._rows,
                "image_id": self._pictures,
                "category_id": label + 1,
                "bbox": box,
                "area": box[2] * box[3],
                "iscrowd": 0,
                "score": score,
            }
            self._annotations.write((",\n" if self._rows > 1 else "\n") + json.dumps(row))

    def close(self) -> None:
        """Put the images behind the annotations."""
        self._images.close()
        if not self._annotations.closed:
            self._annotations.write('],\n"images": [')
            with self._beside.open(encoding="utf-8") as images:
                shutil.copyfileobj(images, self._annotations)
            self._annotations.write("]}\n")
            self._annotations.close()
        self._beside.unlink(missing_ok=True)


class CsvFile:
    """A table, a row a detection: name of the picture, class, score, and the box in pixels.

    The box is a corner and a size, which says nothing of last pixels; the project reads such a
    table as a labelled set.
    """

    name = "detections.csv"
    columns = ("filename", "class", "score", "left", "top", "width", "height")

    def __init__(self, folder: Path, classes: Sequence[str]) -> None:
        """Open the file in the folder and write its header."""
        self._classes = tuple(classes)
        self._stream = (folder / self.name).open("w", encoding="utf-8", newline="")
        self._rows = csv.writer(self._stream)
        self._rows.writerow(self.columns)

    def add(self, name: str, size: tuple[int, int], found: Detections, frame: Frame | None) -> None:
        """Write one picture's detections."""
        del size, frame
        for box, score, label in zip(
            xyxy_to_xywh(found.boxes).tolist(),
            found.scores.tolist(),
            found.labels.tolist(),
            strict=True,
        ):
            self._rows.writerow([name, self._classes[label], score, *box])

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


FORMATS: dict[str, type[CocoFile] | type[CsvFile]] = {"coco": CocoFile, "csv": CsvFile}
