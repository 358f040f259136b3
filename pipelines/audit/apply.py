"""A corrected copy of a run's whole set, by what a person decided: beside the set, never in it.

The copy keeps the splits that the run had, also where they were drawn: figures of before and after
are then of the same test images.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from datasets.annotations import SPLITS, Dataset, LabelledImage
from datasets.conversion import convert
from datasets.errors import UserError
from datasets.progress import Track, silently
from datasets.reading import read_folder
from pipelines.audit.correction import (
    audited_image,
    by_image,
    change_sentence,
    changes_table,
    corrected,
)
from pipelines.audit.effect import Effect, effect_on
from pipelines.audit.reading import AUDIT, read_audit, read_decisions
from pipelines.audit.suspicion import Audit, Suspicion
from pipelines.runs.data import dataset_folder
from pipelines.runs.finished import FinishedRun, data_of
from pipelines.system import runtime
from pipelines.system.files import replacing
from pipelines.system.output_lock import claimed

CHANGES = "changes.csv"


@dataclass(frozen=True, eq=False)
class Applied:
    """A corrected copy that was written.

    Attributes:
        changes: what was changed, a sentence each, the likeliest first.
        lost: what the format can't hold, a sentence each.
        images: in the copy.
        boxes: in the copy.
        effect: on the run's figures, of the corrections in its test split.
    """

    changes: tuple[str, ...]
    lost: tuple[str, ...]
    images: int
    boxes: int
    effect: Effect


def apply_decisions(
    run: FinishedRun,
    decisions_path: Path,
    form: str,
    output: Path,
    track: Track = silently,
    audit_folder: Path | None = None,
) -> Applied:
    """Write a corrected copy of a run's set into a new folder, with a list of what was changed.

    Args:
        run: the run that was audited.
        decisions_path: ``decisions.json``, as audit.html saves it.
        form: one of `datasets.conversion.TARGETS`.
        output: a folder that is not there yet, or is empty, apart from the set.
        track: watches the images.
        audit_folder: where ``audit.json`` is, if not in the run's folder.

    Raises:
        DatasetError: the set can't be read any more.
        UserError: there is no audit, the decisions are of another, nothing is accepted, the set has
            changed since, or the output can't be used.
    """
    audit = checked_audit(run, audit_folder)
    decisions = read_decisions(decisions_path, audit)
    wanted = {*decisions.accepted}
    accepted = [each for each in audit.suspicions if each.id in wanted]
    if not accepted:
        raise UserError(f"{decisions_path}: accepts no suspicion, so there is nothing to correct")
    folder = dataset_folder(run.settings.dataset)
    free = claimed(output, "place for a new set", lambda path: False, apart_from=[folder])
    with free, replacing(output) as work:
        whole = corrected_set(_whole_set(run, folder), data_of(run), accepted)
        lost = convert(whole, folder, form, work, track)
        (work / CHANGES).write_text(changes_table(accepted, whole.classes), encoding="utf-8")
        effect = effect_on(run, audit, decisions)
    images = [image for split in whole.splits.values() for image in split]
    return Applied(
        tuple(change_sentence(each, whole.classes) for each in accepted),
        lost,
        len(images),
        sum(len(image.annotations) for image in images),
        effect,
    )


def checked_audit(run: FinishedRun, folder: Path | None = None) -> Audit:
    """Return the audit of a run, in the run's folder unless another is given.

    Raises:
        UserError: there is none, it is broken, or of another set.
    """
    place = folder or run.folder / AUDIT
    audit = read_audit(place)
    if audit is None:
        raise UserError(f"{place}: has no audit; scripts/audit_labels.py {run.folder} makes one")
    if audit.split_sha256 != run.metrics.dataset.split_sha256:
        raise UserError(f"{place}: is an audit of another set; audit the run again")
    return audit


def corrected_set(whole: Dataset, audited: Dataset, accepted: Sequence[Suspicion]) -> Dataset:
    """Return a set with suspicions accepted, each image in the split where it was audited.

    Args:
        whole: the set as its folder has it, with images that the run left out.
        audited: the set as the run had it.
        accepted: the likeliest first.

    Raises:
        UserError: a label is not as it was when it was audited.
    """
    by_name = {audited_image(audited, each[0]).name: each for each in by_image(accepted).values()}
    place = {image.name: split for split, found in audited.splits.items() for image in found}
    splits: dict[str, list[LabelledImage]] = {split: [] for split in (*SPLITS, "")}
    for split, images in whole.splits.items():
        # Of what the run left out, the folder's own split holds where the run kept to it.
        keeps = any(place.get(image.name) == split for image in images)
        for image in images:
            suspected = by_name.get(image.name, ())
            size = image.width_px, image.height_px
            truth = corrected(image.annotations, suspected, size)
            here = place.get(image.name, split if keeps else "")
            splits[here].append(replace(image, annotations=truth))
    return replace(whole, splits=_sorted(splits))


def _whole_set(run: FinishedRun, folder: Path) -> Dataset:
    settings = run.settings
    jobs = runtime.usable_cores()
    return read_folder(folder, settings.format, silently, settings.data, jobs)


def _sorted(
    splits: Mapping[str, Sequence[LabelledImage]],
) -> dict[str, tuple[LabelledImage, ...]]:
    """Return the splits that have images, each sorted by name."""
    return {
        split: tuple(sorted(images, key=lambda image: image.name))
        for split, images in splits.items()
        if images
    }
