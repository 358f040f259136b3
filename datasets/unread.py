"""What looks like annotations but is not read, by its name and with the way out.

Asked only where no format is found: a stranger's project is to be called by its name, and a table
told which column it lacks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from datasets.csv_lacks import unread_tables
from datasets.files import Files
from datasets.json_files import json_heads
from datasets.tables import first_line, head

_LOOKED_AT = 50  # text files of a set; one is enough where all are alike
_MOST_CHARACTERS = 500  # of a line that is compared
_NUMBER = r"[-+]?\d+(?:\.\d+)?"
COCO, ANY = "convert it to COCO JSON", "export it as COCO JSON or Pascal VOC"


@dataclass(frozen=True)
class Unread:
    """One format that is not read: its name, what to do, and a file of it or None."""

    title: str
    way_out: str
    found: Callable[[Files], str | None]


def _with_keys(*all_of: str) -> Callable[[Files], str | None]:
    """Return what finds a JSON file that begins with those keys."""
    return lambda files: next(
        (name for name, head in json_heads(files).items() if head.keys.issuperset(all_of)), None
    )


def _with_suffix(*suffixes: str) -> Callable[[Files], str | None]:
    return lambda files: next(iter(files.with_suffix(*suffixes)), None)


def _with_line(pattern: str) -> Callable[[Files], str | None]:
    """Return what finds a ``.txt`` whose first line is so as a whole."""
    line = re.compile(pattern)

    def is_so(files: Files, name: str) -> bool:
        return line.fullmatch(first_line(files, name).strip()[:_MOST_CHARACTERS]) is not None

    return lambda files: next(
        (name for name in files.with_suffix(".txt")[:_LOOKED_AT] if is_so(files, name)), None
    )


def _with_root(tag: str) -> Callable[[Files], str | None]:
    """Return what finds an XML file with that tag at its beginning."""
    return lambda files: next(
        (name for name in files.with_suffix(".xml") if f"<{tag}>" in head(files, name)), None
    )


UNREAD = (
    Unread("a VoTT project", "export it as Pascal VOC or CSV", _with_keys("asset", "regions")),
    Unread("a VoTT project", "export it as Pascal VOC or CSV", _with_keys("assets", "tags")),
    Unread("a VoTT project", "export it as Pascal VOC or CSV", _with_suffix(".vott")),
    Unread("an export of Labelbox", COCO, _with_keys("data_row")),
    Unread(
        "a Datumaro project",
        "convert it with datum convert -f coco",
        _with_keys("items", "categories"),
    ),
    Unread("labels of BDD100K", "convert them with bdd100k.label.to_coco", _with_keys("box2d")),
    Unread("labels of Cityscapes", COCO, _with_keys("imgHeight", "imgWidth", "objects")),
    Unread("an export of Scale", COCO, _with_keys("task_id", "response")),
    Unread("JSON lines, as of Hugging Face or Vertex AI", COCO, _with_suffix(".jsonl", ".ndjson")),
    Unread("a manifest of SageMaker Ground Truth", COCO, _with_suffix(".manifest")),
    Unread("TFRecord", ANY, _with_suffix(".tfrecord", ".tfrecords", ".record")),
    Unread("Parquet, as of Hugging Face", COCO, _with_suffix(".parquet")),
    Unread("MATLAB", COCO, _with_suffix(".mat")),
    Unread("an archive", "unpack it", _with_suffix(".zip", ".tar", ".gz", ".tgz", ".7z", ".rar")),
    Unread("XML of dlib's imglab", COCO, _with_root("dataset")),
    Unread(
        "labels of OIDv4_ToolKit",
        "write its names and pixels into a CSV with filename,class,xmin,ymin,xmax,ymax",
        _with_line(rf"\D.*(\s+{_NUMBER}){{4}}"),
    ),
    Unread(
        "labels of DOTA",
        "convert them to YOLO's outlines",
        _with_line(rf"imagesource:.*|{_NUMBER}(\s+{_NUMBER}){{7}}\s+\S+\s+[012]"),
    ),
    Unread(
        "tracks of MOTChallenge, which are of a video",
        COCO,
        _with_line(rf"{_NUMBER}(,\s*{_NUMBER}){{5,9}}"),
    ),
    Unread(
        "tracks of KITTI, which are of a video",
        COCO,
        _with_line(rf"\d+ -?\d+ [A-Za-z]\w*( {_NUMBER}){{14,15}}"),
    ),
    Unread("a list of WIDER FACE", COCO, _with_line(r"\S+--\S+/\S+\.jpg")),
    Unread(
        "labels of BBox-Label-Tool, which have no classes or pixels for YOLO's fractions",
        "write them into a CSV with filename,class,xmin,ymin,xmax,ymax",
        _with_line(r"\d{1,4}"),
    ),
    Unread("PASCAL annotations version 1.00", ANY, _with_line(r"# PASCAL Annotation.*")),
)


def unread_formats(files: Files) -> list[str]:
    """Return half a sentence for each thing that looks like annotations of a format not read."""
    found: dict[str, str] = {}
    for unread in UNREAD:
        if example := unread.found(files):
            text = f"{example} looks like {unread.title}, which is not read; {unread.way_out}"
            found.setdefault(unread.title, text)
    return [*unread_tables(files), *found.values()]
