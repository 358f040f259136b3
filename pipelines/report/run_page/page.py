"""The HTML report of a run: one file that needs nothing else, written from what the run has left.

Everything in it is read back from the run's folder, so that the main job and
`scripts/write_report.py` write the same page; only the photographs come from the data set.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, TypeVar

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from datasets.errors import UserError
from datasets.progress import Track
from pipelines.evaluation.coco_files.format import (
    decode_detections,
    decode_ground_truth,
    detections_from_coco,
)
from pipelines.report.differences import verdict_of
from pipelines.report.run_page import curves
from pipelines.report.run_page import tables as page_tables
from pipelines.report.run_page.axes import measured_axes
from pipelines.report.run_page.gallery import gallery_data
from pipelines.report.run_page.photographs import Photograph, data_uri, photographs
from pipelines.report.verdict import display_name, verdict_sentence
from pipelines.report.wording import called
from pipelines.runs.folder import METRICS
from pipelines.system.files import replacing, write_text

T = TypeVar("T")
REPORT, PHOTOGRAPHS = "report.html", "report_images"
EMBEDDED = 100  # images carried in the page; those after them are in the folder beside it
MOST_CURVES = 24  # classes with a curve of their own, those with the most objects
PARTS = Path(__file__).parent
# In this order they are one script.
SCRIPTS = ("model.js", "drawing.js", "gallery.js")


def write_report(run: Path, images: Mapping[str, Path], track: Track) -> Path:
    """Write ``report.html`` into the folder of a run and return its path.

    Args:
        run: with ``metrics.json``, ``ground_truth.json`` and ``detections/``.
        images: where each test image is, by the name it has in ``ground_truth.json``.
        track: watches the photographs.

    Raises:
        UserError: the folder lacks something, or an image is not among ``images``.
        ImageError: an image can't be read.
    """
    metrics = _read(run / METRICS, json.loads)
    coco = _read(run / "ground_truth.json", decode_ground_truth)
    names = [image.file_name for image in coco.images]
    absent = [name for name in names if name not in images]
    if absent:
        raise UserError(f"{absent[0]}: is in the run, but there is no such image in the data")
    found = {
        name: detections_from_coco(
            _read(run / "detections" / f"{name}.json", decode_detections), len(names)
        )
        for name in metrics["pipelines"]
    }
    thresholds = {
        name: each["quality"]["operating_point"]["threshold"]
        for name, each in metrics["pipelines"].items()
    }
    gallery = gallery_data(coco, found, thresholds)
    made = photographs([images[name] for name in names], track)
    embedded = _placed(gallery["images"], made, run)
    page = _environment().get_template("report.html.j2")
    text = page.render(
        **_context(metrics, run), gallery=gallery, photographs=embedded, **_own_code()
    )
    write_text(run / REPORT, text)
    return run / REPORT


def _placed(
    images: Sequence[dict[str, Any]], made: Iterable[Photograph], run: Path
) -> list[tuple[int, str]]:
    """Tell each image where its photograph is; return those carried in the page, with places."""
    folder = run / PHOTOGRAPHS
    embedded = []
    with replacing(folder) as work:
        for place, (image, photograph) in enumerate(zip(images, made, strict=True)):
            if place < EMBEDDED:
                image["thumb"] = data_uri(photograph.thumb)
                image["photograph"] = None
                embedded.append((place, data_uri(photograph.full)))
                continue
            for key, part, webp in (
                ("photograph", "", photograph.full),
                ("thumb", "-small", photograph.thumb),
            ):
                name = f"{place:06}{part}.webp"
                (work / name).write_bytes(webp)
                image[key] = f"{PHOTOGRAPHS}/{name}"
    if len(images) <= EMBEDDED:
        folder.rmdir()
    return embedded


def _context(metrics: Mapping[str, Any], run: Path) -> dict[str, Any]:
    """Return what the template shows beside the gallery."""
    pipelines = metrics["pipelines"]
    return {
        "metrics": metrics,
        "verdict": verdict_sentence(metrics),
        "display": {name: display_name(name, told) for name, told in pipelines.items()},
        "called": {name: called(name, told) for name, told in pipelines.items()},
        "headline": page_tables.headline_rows(metrics),
        "costs": page_tables.cost_rows(metrics),
        "classes": page_tables.class_rows(metrics),
        "strict_classes": page_tables.class_rows(metrics, "ap_50_95"),
        "sizes": page_tables.size_rows(metrics),
        "conventions": page_tables.convention_rows(metrics),
        "errors": page_tables.loss_rows(metrics, "errors", "{:.3f}"),
        "lost": page_tables.loss_rows(metrics, "lost", "{}"),
        "ceilings": page_tables.loss_rows(metrics, "recall_ceiling", "{:.3f}"),
        "pairs": _pairs(metrics),
        "mean_curve": curves.precision_recall(pipelines, None, "pr-mean", "all classes"),
        "class_curves": _class_curves(pipelines),
        "latency_figure": curves.latencies(pipelines, "latency"),
        "stages": {
            name: page_tables.stage_rows(each["latency_ms"])
            for name, each in pipelines.items()
            if each["latency_ms"]
        },
        "training": {
            name: _training(name, each["training"])
            for name, each in pipelines.items()
            if each["training"]
        },
        "axes": measured_axes(metrics, run),
        "settings": page_tables.flat(metrics["settings"]),
        "confusions": {
            name: page_tables.confusions(each["quality"]["operating_point"]["confusion"])
            for name, each in pipelines.items()
        },
        "widest_matrix": page_tables.WIDEST_MATRIX,
        "images_in_page": EMBEDDED,
    }


def _pairs(metrics: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return every two pipelines with what their difference in each headline figure is worth."""
    told = []
    for first, second in combinations(metrics["pipelines"], 2):
        figures = metrics["comparison"][f"{first}_minus_{second}"]
        rows = {
            label: verdict_of(figures.get(figure), (first, second))
            for figure, label in (("map_50", "mAP@.50"), ("map_50_95", "mAP@[.50:.95]"))
        }
        told.append({"first": first, "second": second, "rows": rows})
    return told


def _class_curves(pipelines: Mapping[str, Any]) -> list[tuple[str, Markup]]:
    per_class = next(iter(pipelines.values()))["quality"]["per_class"]
    ranked = sorted(per_class, key=lambda name: -per_class[name]["ground_truth"])[:MOST_CURVES]
    drawn = [
        (name, curves.precision_recall(pipelines, name, f"pr-{place}", name))
        for place, name in enumerate(per_class)
        if name in ranked
    ]
    return [(name, figure) for name, figure in drawn if figure is not None]


def _training(name: str, training: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures of one training: of a network by updates, of SVMs by mining rounds."""
    history, rounds = training.get("history") or [], training.get("rounds") or []
    steps, key = (rounds, "round") if rounds else (history, "update")
    values = [step["validation"] for step in steps]
    known = [value for value in values if value is not None]
    chosen = next((place for place, step in enumerate(steps) if step.get("kept")), None)
    if not rounds and known:  # the later one of two that are equal
        chosen = max(range(len(values)), key=lambda place: (values[place] or 0.0, place))
    return {
        "losses": curves.losses(training, f"losses-{name}"),
        "validation": curves.validations(
            values,
            [step[key] for step in steps],
            chosen,
            "mining round" if rounds else "update",
            f"validation-{name}",
        ),
        "rounds": rounds,
        "facts": training,
    }


def _own_code() -> dict[str, Any]:
    """Return style and script, and the hash of the one script the page lets run."""
    style = (PARTS / "style.css").read_text(encoding="utf-8")
    parts = [(PARTS / name).read_text(encoding="utf-8") for name in SCRIPTS]
    script = '"use strict";\n' + "\n".join(parts)
    digest = hashlib.sha256(script.encode()).digest()
    return {
        "style": Markup(style),  # noqa: S704  our own file
        "script": Markup(script),  # noqa: S704
        "script_sha256": b64encode(digest).decode("ascii"),
    }


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(PARTS),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "allow_nan": False}
    return made


def _read(path: Path, decode: Callable[[bytes], T]) -> T:
    try:
        return decode(path.read_bytes())
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: can't be read; give the folder of a finished run") from error
