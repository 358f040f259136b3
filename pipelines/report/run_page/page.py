"""The HTML report of a run: one file that needs nothing else, written from what the run has left.

Everything in it is read back from the run's folder, so that the main job and
`scripts/write_report.py` write the same page; only the photographs come from the data set.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from math import isnan
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from datasets.errors import UserError
from datasets.progress import Track
from pipelines.evaluation.coco_files.format import ground_truth_file, part_of
from pipelines.evaluation.costs import Judged
from pipelines.evaluation.undefined import plain
from pipelines.report import decision, rows
from pipelines.report.caveats import caveats
from pipelines.report.one_file import environment, own_code
from pipelines.report.run_page import curves, tables
from pipelines.report.run_page.axes import axis_sections, slices
from pipelines.report.run_page.gallery import gallery_data
from pipelines.report.run_page.labels import label_section
from pipelines.report.run_page.photographs import EncodedPhotograph, data_uri, photographs
from pipelines.report.run_page.shown import shown_places
from pipelines.report.verdict import row_worths, verdict_sentence
from pipelines.runs.compare import flat
from pipelines.runs.detection_files import GROUND_TRUTH
from pipelines.runs.finished import FinishedRun, open_run
from pipelines.runs.metrics import DetectorMetrics, Metrics
from pipelines.system.files import replacing, write_text
from pipelines.training import Training

REPORT, PHOTOGRAPHS = "report.html", "report_images"
EMBEDDED = 100  # images carried in the page; those after them are in the folder beside it
MOST_CURVES = 24  # classes with a curve of their own, those with the most objects
PARTS = Path(__file__).parent
# In this order they are one script.
SCRIPTS = ("svg.js", "model.js", "drawing.js", "gallery.js", "costs.js")


def write_report(folder: Path, images: Mapping[str, Path], track: Track) -> Path:
    """Write ``report.html`` into the folder of a finished run and return its path.

    ``images`` has where each test image is, by the name it has in ``ground_truth.json``, and may
    have others of the set, which are shown where an audit suspects their labels.

    Raises:
        UserError: the folder lacks something, or a test image is not among ``images``.
        ImageError: an image can't be read.
    """
    run = open_run(folder)
    gallery, judged = _gallery(run)
    names = [image["name"] for image in gallery["images"]]
    absent = [name for name in names if name not in images]
    if absent:
        raise UserError(f"{absent[0]}: is in the run, but there is no such image in the data")
    made = photographs([images[name] for name in names], track)
    embedded = _placed(gallery["images"], made, folder)
    code = own_code([PARTS / "style.css"], [PARTS / name for name in SCRIPTS])
    text = (
        _environment()
        .get_template("report.html.j2")
        .render(
            **_context(run.metrics, folder, judged),
            labels=label_section(run, images),
            gallery=gallery,
            photographs=embedded,
            **code,
        )
    )
    write_text(folder / REPORT, text)
    return folder / REPORT


def _gallery(run: FinishedRun) -> tuple[dict[str, Any], dict[str, Judged]]:
    """Return what the gallery has, of all test images or some, and all detections judged."""
    truth = run.ground_truth()
    if truth is None:
        raise UserError(f"{run.folder}: ground_truth.json is not there; repeat the run")
    pipelines = run.metrics.pipelines
    detections = {}
    for name in pipelines:
        of_images = run.detections(name, len(truth.images))
        if of_images is None:
            raise UserError(f"{run.folder}: detections/{name}.json is not there; repeat the run")
        detections[name] = of_images
    points = {name: each.quality.operating_point for name, each in pipelines.items()}
    thresholds = {name: point.threshold for name, point in points.items()}
    annotations = ground_truth_file(truth, str(run.folder / GROUND_TRUTH)).annotations
    judged = {name: Judged.of(annotations, each) for name, each in detections.items()}
    places = shown_places(annotations, detections, judged, thresholds)
    some = {name: [each[place] for place in places] for name, each in detections.items()}
    data = gallery_data(part_of(truth, places), some, thresholds)
    new = {place: number for number, place in enumerate(places)}
    parts = [
        (name, [new[place] for place in every if place in new])
        for name, every in slices(run.metrics.axes).items()
    ]
    return data | {"slices": [part for part in parts if part[1]]}, judged


def _placed(
    images: Sequence[dict[str, Any]], made: Iterable[EncodedPhotograph], run: Path
) -> list[tuple[int, str]]:
    """Add to each image where its photograph is; return those carried in the page, with places."""
    folder = run / PHOTOGRAPHS
    embedded = []
    with replacing(folder) as work:
        for place, (image, photograph) in enumerate(zip(images, made, strict=True)):
            if place < EMBEDDED:
                image |= {"thumb": data_uri(photograph.thumb), "photograph": None}
                embedded.append((place, data_uri(photograph.full)))
                continue
            full, thumb = f"{place:06}.webp", f"{place:06}-small.webp"
            (work / full).write_bytes(photograph.full)
            (work / thumb).write_bytes(photograph.thumb)
            image |= {"thumb": f"{PHOTOGRAPHS}/{thumb}", "photograph": f"{PHOTOGRAPHS}/{full}"}
    if len(images) <= EMBEDDED:
        folder.rmdir()
    return embedded


def _context(metrics: Metrics, run: Path, judged: Mapping[str, Judged]) -> dict[str, Any]:
    """Return what the template shows beside the gallery."""
    pipelines, headline = metrics.pipelines, tables.headline_rows(metrics)
    return {
        "metrics": metrics,
        "verdict": verdict_sentence(metrics),
        "caveats": caveats(metrics),
        "called": rows.headings(metrics),
        "headline": headline,
        "costs": rows.cost_rows(metrics),
        "classes": tables.class_rows(metrics),
        "strict_classes": tables.class_rows(metrics, "ap_50_95"),
        "sizes": rows.quality_rows(metrics, tables.SIZES),
        "conventions": rows.convention_rows(metrics),
        **{group: rows.loss_rows(metrics, group) for group in rows.LOSSES},
        "pairs": list(rows.pairs(metrics)),
        "paired": headline[: 2 + len(rows.decisive_rows(metrics))],
        "corrected": rows.corrected(metrics),
        "resampled": rows.resampled(metrics),
        "on_validation": rows.ON_VALIDATION,
        "corrected_classes": rows.corrected_classes(metrics),
        "worths": partial(row_worths, metrics),
        "reliability": tables.reliability_rows(metrics),
        "reliability_curves": {
            name: curves.reliability(each, place, f"reliability-{place}")
            for place, (name, each) in enumerate(pipelines.items())
        },
        "mean_curve": curves.precision_recall(pipelines, None, "pr-mean", "all classes"),
        "class_curves": _class_curves(pipelines),
        "latency_figure": curves.latencies(pipelines, "latency"),
        "timed": {name: each.latency_ms for name, each in pipelines.items() if each.latency_ms},
        "training": {
            name: (each.training, *_training_figures(name, each.training))
            for name, each in pipelines.items()
            if each.training is not None
        },
        "decision_rows": decision.decision_rows(metrics),
        "chosen_by": decision.chosen_by(metrics),
        "mixture": decision.mixture_sentence(metrics),
        "decision_data": None
        if metrics.decision is None
        else decision.page_data(metrics.decision, judged),
        "axes": axis_sections(metrics.axes, run),
        "confusions": {
            name: tables.confusions(each.quality.operating_point.confusion)
            for name, each in pipelines.items()
        },
        "widest_matrix": tables.WIDEST_MATRIX,
        "settings": flat(plain(metrics.settings or metrics.scoring)),
    }


def _class_curves(pipelines: Mapping[str, DetectorMetrics]) -> list[tuple[str, Markup]]:
    per_class = next(iter(pipelines.values())).quality.per_class
    ranked = sorted(per_class, key=lambda name: -per_class[name].ground_truth)[:MOST_CURVES]
    return [
        (name, figure)
        for place, name in enumerate(per_class)
        if name in ranked
        and (figure := curves.precision_recall(pipelines, name, f"pr-{place}", name)) is not None
    ]


def _training_figures(name: str, training: Training) -> tuple[Markup | None, Markup | None]:
    """Return the losses of one training, and its validations: by rounds, updates or seconds."""
    at: list[float]
    if training.rounds:
        axis, at = curves.ROUND, [step.round for step in training.rounds]
        values = [step.validation for step in training.rounds]
        chosen = next((place for place, step in enumerate(training.rounds) if step.kept), None)
    else:
        updates = [step.update for step in training.history if step.update is not None]
        by_update = len(updates) == len(training.history)
        axis = "update" if by_update else "second"
        at = [*updates] if by_update else [step.seconds for step in training.history]
        values = [step.validation for step in training.history]
        known = [place for place, value in enumerate(values) if not isnan(value)]
        # The later one of two that are equal.
        chosen = max(known, key=lambda place: (values[place], place), default=None)
    return (
        curves.losses(training.losses, f"losses-{name}"),
        curves.validations(values, at, chosen, axis, f"validation-{name}"),
    )


def _environment() -> Environment:
    made = environment(PARTS)
    made.filters["setting"] = tables.setting_text
    return made
