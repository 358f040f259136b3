"""What looks like annotations but is not read, by its name and with the way out.

Asked only where no format is found: a stranger's project is to be called by its name, and a table
told which column it lacks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from datasets.csv_lacks import other_tables, unread_tables
from datasets.files import Files
from datasets.json_files import json_heads
from datasets.tables import first_line, head

_LOOKED_AT = 50  # text files of a set; one is enough where all are alike
_LISTED = 3  # files of no known kind, and keys of each
_SHOWN = 60  # characters of a line
_MOST_CHARACTERS = 500  # of a line that is compared
_NUMBER = r"[-+]?\d+(?:\.\d+)?"
_FRACTIONS = r"(\s+(0?\.\d+|[01](\.0*)?)){4}"
COCO, ANY = "convert it to COCO JSON", "export it as COCO JSON or Pascal VOC"
DATUM = "convert it with datum convert -f coco"
FIFTYONE = "export it with fiftyone.types.COCODetectionDataset"
TABLE = "filename,class,xmin,ymin,xmax,ymax"


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


def _with_name(pattern: str) -> Callable[[Files], str | None]:
    """Return what finds a file whose name ends so, in whatever case."""
    end = re.compile(f"{pattern}$", re.IGNORECASE)
    return lambda files: next((name for name in files.names if end.search(name)), None)


def _with_text(pattern: str, *suffixes: str) -> Callable[[Files], str | None]:
    """Return what finds a file of those suffixes with such a text at its beginning."""
    text = re.compile(pattern)
    return lambda files: next(
        (n for n in files.with_suffix(*suffixes)[:_LOOKED_AT] if text.search(head(files, n))), None
    )


def _with_line(pattern: str) -> Callable[[Files], str | None]:
    """Return what finds a ``.txt`` whose first line is so as a whole."""
    line = re.compile(pattern)

    def is_so(files: Files, name: str) -> bool:
        return line.fullmatch(first_line(files, name).strip()[:_MOST_CHARACTERS]) is not None

    return lambda files: next(
        (name for name in files.with_suffix(".txt")[:_LOOKED_AT] if is_so(files, name)), None
    )


UNREAD = (
    Unread("a VoTT project", "export it as Pascal VOC or CSV", _with_keys("asset", "regions")),
    Unread("a VoTT project", "export it as Pascal VOC or CSV", _with_keys("assets", "tags")),
    Unread("a VoTT project", "export it as Pascal VOC or CSV", _with_suffix(".vott")),
    Unread(
        "results of a detector and no ground truth",
        "add the file of images, annotations and categories",
        _with_keys("image_id", "category_id", "bbox", "score"),
    ),
    Unread("an export of Labelbox", COCO, _with_keys("data_row")),
    Unread("an export of Labelbox", COCO, _with_text('"Labeled Data"', ".json")),
    Unread("a Datumaro project", DATUM, _with_keys("items", "categories")),
    Unread("a Datumaro project", DATUM, _with_keys("dm_format_version")),
    Unread("a set of FiftyOne", FIFTYONE, _with_keys("labels", "bounding_box")),
    Unread("a set of FiftyOne", FIFTYONE, _with_keys("samples", "filepath")),
    Unread("an export of V7 Darwin", ANY, _with_keys("annotations", "item", "slots")),
    Unread("an export of V7 Darwin", ANY, _with_keys("annotations", "bounding_box", "dataset")),
    Unread("labels of BDD100K", "convert them with bdd100k.label.to_coco", _with_keys("box2d")),
    Unread("labels of Cityscapes", COCO, _with_keys("imgHeight", "imgWidth", "objects")),
    Unread("an export of Scale", COCO, _with_keys("task_id", "response")),
    Unread("JSON lines, as of Hugging Face or Vertex AI", COCO, _with_suffix(".jsonl", ".ndjson")),
    Unread("JSON lines", COCO, _with_text(r"\A\s*\{[^\n]*\}\r?\n\s*\{", ".json")),
    Unread("JSON lines of CrowdHuman", COCO, _with_suffix(".odgt")),
    Unread("GeoJSON, as of xView", COCO, _with_suffix(".geojson")),
    Unread("a manifest of SageMaker Ground Truth", COCO, _with_suffix(".manifest")),
    Unread("TFRecord", ANY, _with_name(r"\.(tfrecords?|record)(-\d+-of-\d+)?")),
    Unread("MXNet's RecordIO", COCO, _with_suffix(".rec")),
    Unread("a pickle, which can run programs", COCO, _with_suffix(".pkl", ".pickle")),
    Unread(
        "a workbook of a spreadsheet",
        f"save its table as CSV, with a first line like {TABLE}",
        _with_suffix(".xlsx", ".xls", ".xlsm", ".ods", ".numbers"),
    ),
    Unread("Parquet, as of Hugging Face", COCO, _with_suffix(".parquet")),
    Unread("MATLAB", COCO, _with_suffix(".mat")),
    Unread("an archive", "unpack it", _with_suffix(".zip", ".tar", ".gz", ".tgz", ".7z", ".rar")),
    Unread("XML of dlib's imglab", COCO, _with_text("<dataset>", ".xml")),
    Unread("Pascal VOC without its suffix", "call it .xml", _with_text("<annotation[ >]", "")),
    Unread(
        "YOLO's labels with names in place of numbers",
        "write each class's number, and the names into a classes.txt",
        _with_line(rf"[^\W\d].*?{_FRACTIONS}"),
    ),
    Unread(
        "labels of OIDv4_ToolKit",
        f"write its names and pixels into a CSV with {TABLE}",
        _with_line(rf"(?!.*\D{_FRACTIONS}$)\D.*(\s+{_NUMBER}){{4}}"),
    ),
    Unread(
        "a list of images with boxes, as keras-yolo3 has it",
        f"write a row a box into a CSV with {TABLE}",
        _with_line(r"\S.*\.\w+(\s+\d+(\.\d+)?(,\d+(\.\d+)?){4})+"),
    ),
    Unread(
        "a table without a header, as GTSDB's",
        f"give it a first line like {TABLE.replace(',', ';')} in its order, and call it .csv",
        _with_line(r"[^;,]+\.\w+([;,]\d+){4,5}"),
    ),
    Unread(
        "a table of boxes",
        "call it .csv",
        _with_line(
            r"(?i)(?=.*(file|image|img))(?=.*([xy]_?m(in|ax)|left|width))\w+([,;|\t]\w*){4,}"
        ),
    ),
    Unread(
        "labels of DOTA",
        "convert them to YOLO's outlines",
        _with_line(rf"imagesource:.*|{_NUMBER}(\s+{_NUMBER}){{7}}\s+\S+\s+[012]"),
    ),
    Unread(
        "tracks of MOTChallenge, which are of a video",
        COCO,
        _with_line(rf"(?!([^,]+,){{7}}[^,]*$){_NUMBER}(,\s*{_NUMBER}){{5,9}}"),
    ),
    Unread("labels of ICDAR, words of four corners", COCO, _with_line(r"-?\d+(,-?\d+){7},\D.*")),
    Unread(
        "labels of VisDrone",
        COCO,
        _with_line(r"\d+(,\d+){3},[01],\d+,-?\d,\d,?"),
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


def unknown_files(files: Files) -> list[str]:
    """Return half a sentence for the first files that may have boxes, where no format is known."""
    found = other_tables(files)
    for name, content in list(json_heads(files).items())[:_LISTED]:
        keys = ", ".join(sorted(content.keys)[: 2 * _LISTED]) or "no keys"
        found.append(f"{name} is JSON of no known tool ({keys})")
    for name in files.with_suffix(".xml")[:_LISTED]:
        tag = re.search(r"<([A-Za-z]\w*)", head(files, name))
        found.append(f"{name} is XML of no known tool ({tag[1] if tag else 'no tags'})")
    lines = {name: first_line(files, name) for name in files.with_suffix(".txt")[:_LOOKED_AT]}
    lines = {name: line for name, line in lines.items() if len(re.findall(_NUMBER, line)) >= 4}
    for name, line in list(lines.items())[:_LISTED]:
        found.append(f"{name} is text of no known tool ({line.strip()[:_SHOWN]!r})")
    return found
