"""The section of a run's report on its labels, where an audit has suspected some of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from datasets.boxes import Boxes, as_boxes, xyxy_to_xywh
from datasets.progress import silently
from pipelines.audit.effect import Effect, read_effect
from pipelines.audit.reading import AUDIT, read_audit
from pipelines.audit.suspicion import Suspicion
from pipelines.report.effect_rows import EffectShown, effect_shown
from pipelines.report.run_page.crops import Crop, Wanted, crops
from pipelines.report.run_page.photographs import data_uri
from pipelines.report.suspicions import KINDS, alike_rows, audit_sentences, suspicion_sentence
from pipelines.runs.finished import FinishedRun
from pipelines.runs.metrics import Metrics

SHOWN = 12  # suspicions in a run's report; the audit's own page has the others
CROP_BYTES = 20_000
AUDIT_PAGE = "audit.html"


@dataclass(frozen=True)
class LabelPicture:
    """One suspicion as the report shows it.

    Attributes:
        source: of its picture, as the ``src`` of an image.
        crop: where in the image the picture is.
        boxes: a class of style each, with left, top, width and height in the image's pixels.
    """

    suspicion: Suspicion
    title: str
    sentence: str
    source: str
    crop: Crop
    boxes: tuple[tuple[str, list[float]], ...]


@dataclass(frozen=True)
class LabelSection:
    """What the report shows of an audit.

    Attributes:
        sentences: how much was suspected, by whom.
        pictures: of the likeliest suspicions.
        page: where all are, seen from the report; empty where there is no such page.
        alike: pairs of classes that seem to be one.
    """

    sentences: list[str]
    pictures: list[LabelPicture]
    page: str
    alike: list[tuple[str, str, str]]
    effect: EffectShown | None


def label_section(run: FinishedRun, images: Mapping[str, Path]) -> LabelSection | None:
    """Return what the report shows of the audit in a run's folder, None where there is none.

    ``images`` has where images of the set are; a suspicion of another is not shown.

    Raises:
        UserError: the audit's files are broken.
        ImageError: an image can't be read.
    """
    folder = run.folder / AUDIT
    audit = read_audit(folder)
    if audit is None or audit.split_sha256 != run.metrics.dataset.split_sha256:
        return None
    first = [each for each in audit.suspicions[:SHOWN] if each.file in images]
    wanted = [Wanted(images[each.file], suspected_boxes(each)) for each in first]
    pictures = [
        LabelPicture(
            each,
            KINDS[each.kind],
            suspicion_sentence(each, audit.classes),
            data_uri(crop.webp),
            crop,
            tuple(_drawn(each)),
        )
        for each, crop in zip(first, crops(wanted, CROP_BYTES, silently), strict=True)
    ]
    return LabelSection(
        audit_sentences(audit),
        pictures,
        f"{AUDIT}/{AUDIT_PAGE}" if (folder / AUDIT_PAGE).is_file() else "",
        alike_rows(audit),
        known_effect(read_effect(folder), run.metrics),
    )


def images_of_labels(run: Path) -> list[str]:
    """Return the names of the images that the section of a run's report shows parts of.

    Raises:
        UserError: the audit's file is broken.
    """
    audit = read_audit(run / AUDIT)
    return [] if audit is None else [each.file for each in audit.suspicions[:SHOWN]]


def known_effect(effect: Effect | None, metrics: Metrics) -> EffectShown | None:
    """Return what is shown of an effect, None if it is not on the detectors that a run has."""
    if effect is None or {*effect.figures} != {*metrics.pipelines}:
        return None
    return effect_shown(metrics, effect)


def suspected_boxes(each: Suspicion) -> Boxes:
    """Return the ``(N, 4)`` xyxy boxes that a suspicion is about."""
    return as_boxes([box for box in (each.label_box, each.proposed_box) if box is not None])


def _drawn(each: Suspicion) -> Sequence[tuple[str, list[float]]]:
    named = {"labelled": each.label_box, "proposed": each.proposed_box}
    return [
        (name, xyxy_to_xywh(as_boxes([box])).round(1)[0].tolist())
        for name, box in named.items()
        if box is not None
    ]
