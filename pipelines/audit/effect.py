"""What corrected labels would change: every detector's mAP and their differences, beside today's.

It is computed from the detections that a run has kept. The run's own figures stay what they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from datasets.annotations import Annotations
from datasets.errors import UserError
from datasets.regular_files import content
from pipelines.audit.correction import by_image, corrected
from pipelines.audit.ignoring import ignoring
from pipelines.audit.reading import EFFECT
from pipelines.audit.suspicion import SCHEMA_VERSION, Audit, Decisions, Suspicion
from pipelines.detections import Detections
from pipelines.evaluation import undefined
from pipelines.evaluation.coco_files.format import GroundTruthFile, ground_truth_file
from pipelines.evaluation.quality import evaluation_set, quality_of
from pipelines.evaluation.resampling import (
    LABELS,
    Resampled,
    Units,
    headline_figures,
    of_every_size,
)
from pipelines.evaluation.several import pairwise
from pipelines.evaluation.significance import Difference, difference_in, intervals
from pipelines.evaluation.trainings import over_trainings
from pipelines.evaluation.undefined import Number
from pipelines.runs.finished import FinishedRun, further_detections
from pipelines.system.files import write_text

FIGURES = tuple(LABELS)  # mAP@.50 and mAP@[.50:.95]
LIKELY = 0.5  # probability from which on a place is ignored before any decision
Basis = Literal["accepted", "ignored"]


class FigureEffect(msgspec.Struct, frozen=True):
    """One figure of one detector by today's labels and by corrected ones, with 95 % intervals.

    ``more`` is the second less the first, paired on the same images and trainings.
    """

    today: Number
    today_95: tuple[Number, Number]
    then: Number
    then_95: tuple[Number, Number]
    more: Difference


class Effect(msgspec.Struct, frozen=True):
    """What corrected labels of the test split would change.

    Attributes:
        basis: ``accepted``, the labels corrected as a person decided; or ``ignored``, before any
            decision: what is more likely wrong than not, and every detection there, counts neither
            as right nor as wrong.
        suspicions: how many of the test split count so.
        images: of the test split.
        figures: by detector and figure, `FIGURES`.
        comparison: ``<a>_minus_<b>``, then differences by figure, by the corrected labels.
    """

    basis: Basis
    suspicions: int
    images: int
    figures: Mapping[str, Mapping[str, FigureEffect]]
    comparison: Mapping[str, Mapping[str, Difference]]
    schema_version: int = SCHEMA_VERSION


def effect_on(run: FinishedRun, audit: Audit, decisions: Decisions | None = None) -> Effect:
    """Return what corrected labels would change in a run's figures.

    With decisions, the suspicions accepted are corrected and all other labels stay; without any,
    the places of suspicions are ignored that are at least `LIKELY`.

    Raises:
        UserError: the audit is of another set, or the run lacks detections.
    """
    truth = run.ground_truth()
    if truth is None or audit.split_sha256 != run.metrics.dataset.split_sha256:
        raise UserError(f"{run.folder}: the audit is of another run; audit this one")
    file = ground_truth_file(truth, str(run.folder))
    today = list(file.annotations)
    trainings = {name: _trainings(run, name, len(today)) for name in run.metrics.pipelines}
    basis: Basis = "ignored"
    chosen = [each for each in audit.suspicions if each.split == "test"]
    if decisions is not None and (decisions.accepted or decisions.rejected):
        basis, wanted = "accepted", {*decisions.accepted}
        chosen = [each for each in chosen if each.id in wanted]
    else:
        chosen = [each for each in chosen if each.probability >= LIKELY]
    every = [each for of_one in trainings.values() for each in of_one]
    then = _labels_then(file, chosen, basis, every)
    units = Units.of(len(today), file.groups)
    given = units, run.metrics.dataset.classes, run.settings.seed
    before, after = (
        {name: _judged(labels, each, name, *given) for name, each in trainings.items()}
        for labels in (today, then)
    )
    return Effect(
        basis,
        len(chosen),
        len(today),
        {name: _figures(before[name], after[name], len(today)) for name in trainings},
        {f"{a}_minus_{b}": each for (a, b), each in pairwise(after, len(today)).items()},
    )


def _labels_then(
    file: GroundTruthFile,
    chosen: Sequence[Suspicion],
    basis: Basis,
    found: Sequence[Sequence[Detections]],
) -> list[Annotations]:
    """Return the labels of each test image with suspicions corrected, or with their places ignored.

    ``found`` are all detections of each image, of every detector and training.
    """
    labels = list(file.annotations)
    for (_, place), suspected in by_image(chosen).items():
        if not 0 <= place < len(labels):
            raise UserError(f"{suspected[0].file}: is not in the test split; audit the run again")
        if basis == "accepted":
            width_px, height_px = file.sizes[place].tolist()
            labels[place] = corrected(labels[place], suspected, (width_px, height_px))
        else:
            labels[place] = ignoring(labels[place], suspected, [each[place] for each in found])
    return labels


def _trainings(run: FinishedRun, name: str, images: int) -> list[list[Detections]]:
    """Return what each training of a detector found in each test image."""
    found = run.detections(name, images)
    if found is None:
        raise UserError(f"{run.folder}: detections/{name}.json is not there; repeat the run")
    further = further_detections(run.folder, name, run.metrics.pipelines[name], images)
    return [found, *further]


def _judged(
    truth: Sequence[Annotations],
    trainings: Sequence[Sequence[Detections]],
    name: str,
    units: Units,
    classes: Sequence[str],
    seed: int,
) -> Resampled:
    """Return `FIGURES` of a detector by some labels, over its trainings, as the run has them."""
    each = []
    for detections in trainings:
        given = evaluation_set(truth, detections, classes)
        once, holding = headline_figures(quality_of(given)), units.holding(given)
        values = of_every_size(given, units.counts(seed), units.group)
        by_class = {key: count for key, count in holding.items() if key.startswith("per_class.")}
        each.append(
            Resampled(
                {figure: once[figure] for figure in FIGURES},
                {figure: values[figure] for figure in FIGURES},
                {figure: holding[figure] for figure in FIGURES} | by_class,
            )
        )
    return over_trainings(each, seed, name)


def _figures(before: Resampled, after: Resampled, images: int) -> dict[str, FigureEffect]:
    spans = intervals(before), intervals(after)
    # Both are of the same trainings, whose luck the paired resamples cancel.
    once = [Resampled(each.once, each.resamples, each.holding) for each in (after, before)]
    return {
        figure: FigureEffect(
            before.once[figure],
            spans[0][figure],
            after.once[figure],
            spans[1][figure],
            difference_in(figure, once[0], once[1], images),
        )
        for figure in FIGURES
    }


def write_effect(folder: Path, effect: Effect) -> None:
    """Write ``effect.json`` into an audit's folder; undefined figures are null in it."""
    text = msgspec.json.format(undefined.encode(effect), indent=2)
    write_text(folder / EFFECT, f"{text.decode()}\n")


def read_effect(folder: Path) -> Effect | None:
    """Return what `write_effect` wrote, None where there is none.

    Raises:
        UserError: it is broken.
    """
    path = folder / EFFECT
    if not path.exists():
        return None
    try:
        return undefined.decode(content(path), Effect)
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path}: can't be read ({error}); audit the run again") from error
