"""In parts or end to end: each part replaced by an oracle in turn, which shows the weakest one.

A part costs what mAP gains when an oracle does its work (Hoiem et al. 2012; Bolya et al. 2020). All
contenders detect in the same test images, and the same resamples of them say how sure each gain is.

mAP@.50 judges the parts. mAP@[.50:.95] stands beside it: half of its thresholds ask for boxes that
no learnt part places, so that by it perfect localisation gains most whatever the detector. Who
finds more is judged by the run's own figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
from matplotlib.figure import Figure

from datasets.annotations import Annotations, LabelledImage
from datasets.images import pixels_of
from datasets.progress import Track
from datasets.splits import evenly
from pipelines.contenders import label_of
from pipelines.detections import Detections, Detector, Stage, StagedDetector, recorded
from pipelines.evaluation.oracles import Oracle, replayed
from pipelines.evaluation.pairs import Floats
from pipelines.evaluation.quality import evaluation_set, quality_of
from pipelines.evaluation.report_card import EvaluationImages, one_figure
from pipelines.evaluation.resampling import (
    DECISIVE,
    LABELS,
    Resampled,
    images_a_class,
    of_every_size,
)
from pipelines.evaluation.significance import difference_interval, interval, intervals
from pipelines.evaluation.trainings import over_trainings
from pipelines.runs.cells import Cells
from pipelines.runs.finished import Subject, further_detections
from pipelines.runs.trainings import NOT_HELD
from pipelines.studies.common.figures import with_interval
from pipelines.studies.common.plots import colours, draw_bars, mark, new_figure
from pipelines.studies.common.verdict import Sampled, Study, Verdict
from pipelines.system import runtime
from pipelines.system.progress import on_terminal

MOST_IMAGES = 200  # test images: every oracle detects again
STRICT = "map_50_95"  # shown beside the figure that decides
AS_IS = "none"  # in place of an oracle's name


@dataclass(frozen=True)
class Part:
    """A contender with one part perfect.

    Attributes:
        pipeline: the contender.
        oracle: the part, ``none`` for the contender as it is.
        map_50: mAP@.50.
        map_50_95: mAP@[.50:.95].
        interval_95: of mAP@.50.
        gain: how much more mAP@.50 than the contender as it is.
        gain_interval_95: of the gain, on the same resamples.
        gain_50_95: how much more mAP@[.50:.95].
        gain_50_95_interval_95: of that.
    """

    pipeline: str
    oracle: str
    map_50: float
    map_50_95: float
    interval_95: tuple[float, float]
    gain: float
    gain_interval_95: tuple[float, float]
    gain_50_95: float
    gain_50_95_interval_95: tuple[float, float]


Weakest = Mapping[str, tuple[str, float]]


@dataclass(frozen=True)
class ApproachStudy(Study[Part]):
    """All contenders, a row for each part.

    Attributes:
        weakest: by contender that has parts, the one that costs most mAP@.50, and in which share of
            the resamples it does.
        weakest_50_95: the same for mAP@[.50:.95].
        images: test images that were used.
    """

    weakest: Weakest
    weakest_50_95: Weakest
    images: int


def study(subject: Subject, cells: Cells) -> ApproachStudy:
    """Return what each part of each contender costs on the test split."""
    del cells  # it takes seconds
    threads, device = runtime.usable_cores(), runtime.choose_device("cpu")
    test = subject.dataset.splits["test"]
    places = evenly(range(len(test)), MOST_IMAGES)
    images = [test[place] for place in places]
    found, further = {}, {}
    for row in subject.contenders:
        detector = subject.detector(row.name, device, threads)
        oracles = () if row.oracles is None else row.oracles(detector)
        with runtime.one_blas_thread():
            found[row.name] = with_oracles(detector, images, oracles, on_terminal, row.name)
        given = subject.folder, row.name, subject.figures[row.name], len(test)
        further[row.name] = [[each[n] for n in places] for each in further_detections(*given)]
    truth = [image.annotations for image in images]
    groups = [image.group for image in images]
    of_run = subject.dataset.classes, subject.settings.seed
    return concluded(found, truth, *of_run, groups, further, subject.settings.evaluation.figure)


def with_oracles(
    detector: Detector,
    images: Sequence[LabelledImage],
    oracles: Sequence[Oracle],
    track: Track,
    name: str,
) -> dict[str, list[Detections]]:
    """Return what a detector finds in each image, as it is and with each oracle, by its name."""
    whole = (Stage("detector", detector.detect),)
    stages = detector.stages if isinstance(detector, StagedDetector) else whole
    found: dict[str, list[Detections]] = {n: [] for n in (AS_IS, *(o.name for o in oracles))}
    for image in track(images, f"oracles in {name}", len(images)):
        values = recorded(stages, pixels_of(image))
        found[AS_IS].append(values[-1])
        for oracle in oracles:
            found[oracle.name].append(replayed(stages, values, image.annotations, oracle))
    return found


def concluded(
    found: Mapping[str, Mapping[str, Sequence[Detections]]],
    truth: Sequence[Annotations],
    classes: Sequence[str],
    seed: int,
    groups: Sequence[str] | None = None,
    further: Mapping[str, Sequence[Sequence[Detections]]] | None = None,
    figure: str = DECISIVE,
) -> ApproachStudy:
    """Return the study of detections by contender and oracle, `AS_IS` the first of each.

    ``groups`` are as `EvaluationImages` has them; ``further`` is what other trainings detect, which
    count in who finds more, while parts are of the model that is kept; ``figure`` says who does.
    """
    images = EvaluationImages(truth, classes, seed, groups=groups)
    units = images.units
    counts = units.counts(seed)
    cells: list[Part] = []
    as_is: dict[str, Resampled] = {}
    weakest: dict[str, dict[str, tuple[str, float]]] = {DECISIVE: {}, STRICT: {}}
    for name, by_oracle in found.items():
        evaluated = [evaluation_set(truth, each, classes) for each in by_oracle.values()]
        resampled = [of_every_size(each, counts, units.group) for each in evaluated]
        qualities = [quality_of(each) for each in evaluated]
        holding = units.holding(evaluated[0])
        a_class = images_a_class(holding)
        gains: dict[str, list[tuple[float, tuple[float, float]]]] = {}
        for judged, of_contender in weakest.items():
            points = [getattr(each, judged) for each in qualities]
            more, resampled_more = _gains(points, np.array([each[judged] for each in resampled]))
            gains[judged] = [
                (gain, difference_interval(gain, differences, holding[judged]))
                for gain, differences in zip(more, resampled_more, strict=True)
            ]
            if len(more) > 1:
                of_contender[name] = _weakest([*by_oracle], more, resampled_more)
        cells += [
            Part(
                name,
                oracle,
                quality.map_50,
                quality.map_50_95,
                interval(quality.map_50, values[DECISIVE], holding[DECISIVE], a_class),
                *gain,
                *strict,
            )
            for oracle, quality, values, gain, strict in zip(
                by_oracle, qualities, resampled, gains[DECISIVE], gains[STRICT], strict=True
            )
        ]
        point, values = getattr(qualities[0], figure), resampled[0][figure]
        first = Resampled({figure: point}, {figure: values}, holding)
        others = [one_figure(images, each, figure) for each in (further or {}).get(name, ())]
        as_is[name] = over_trainings([first, *others], seed, name)
    verdict = _verdict(cells, figure, as_is, weakest[DECISIVE], weakest[STRICT])
    return ApproachStudy(verdict, tuple(cells), weakest[DECISIVE], weakest[STRICT], len(truth))


def _verdict(
    cells: Sequence[Part],
    figure: str,
    as_is: Mapping[str, Resampled],
    weakest: Weakest,
    weakest_50_95: Weakest,
) -> Verdict:
    rows = {(row.pipeline, row.oracle): row for row in cells}
    clauses, answers = [], {}
    for name, own in as_is.items():
        reached = with_interval(own.once[figure], intervals(own)[figure])
        answers[name] = f"{LABELS[figure]} {reached}"
        if name not in weakest:
            clauses.append(f"{label_of(name)} has no parts that an oracle could replace")
            continue
        part, share = weakest[name]
        strict, strict_share = weakest_50_95[name]
        row = rows[name, part]
        low, high = row.gain_interval_95
        clauses.append(
            f"{label_of(name)} would gain most mAP@.50 from perfect {part}, {row.gain:+.3f} "
            f"(95 % {low:+.3f} to {high:+.3f}; the weakest part in {100 * share:.0f} % of "
            f"resamples), and most mAP@[.50:.95] from perfect {strict}, "
            f"{rows[name, strict].gain_50_95:+.3f} ({100 * strict_share:.0f} %)"
        )
    question = "Solved in parts or end to end: which finds more, and where is it lost?"
    is_repeated = any(own.trainings for own in as_is.values())
    if not is_repeated:
        clauses.append(NOT_HELD.format("these intervals"))
    sampled = {
        name: Sampled(
            own.once[figure], own.resamples[figure], own.holding[figure], own.luck(figure)
        )
        for name, own in as_is.items()
    }
    of_what = "the test images and trainings" if is_repeated else "the test images"
    return Verdict.of(question, answers, clauses, sampled, of_what)


def _gains(points: Sequence[float], resampled: Floats) -> tuple[list[float], Floats]:
    """Return how much more each figure is than the first, once and in ``(N, B)`` resamples."""
    return [each - points[0] for each in points], resampled - resampled[0]


def _weakest(
    oracles: Sequence[str], gains: Sequence[float], resampled: Floats
) -> tuple[str, float]:
    """Return the oracle that gains most, and in which share of ``(N, B)`` resamples it does.

    The first of the oracles is none.
    """
    place = int(np.argmax(gains[1:]))
    known = resampled[1:, ~np.isnan(resampled).any(axis=0)]
    share = float((known.argmax(axis=0) == place).mean()) if known.size else nan
    return oracles[1 + place], share


def draw(result: ApproachStudy) -> Figure:
    """Return a plot of the mAP@.50 each oracle would give, mAP@[.50:.95] beside its name."""
    names = colours(result.verdict.answers)
    figure = new_figure(4 * len(names), 4.5)
    panels = figure.subplots(1, len(names), sharex=True, squeeze=False)[0]
    for panel, (name, colour) in zip(panels, names.items(), strict=True):
        bars = [
            (
                ("as it is" if row.oracle == AS_IS else f"perfect {row.oracle}")
                + f"\n({row.map_50_95:.3f} at [.50:.95])",
                row.map_50,
                row.interval_95,
            )
            for row in result.cells
            if row.pipeline == name
        ]
        settings = {"xlim": (0, 1), "xlabel": "mAP@.50", "title": label_of(name)}
        draw_bars(panel, bars, colour, **settings)
        mark(panel, [bars[0][1]])
    figure.suptitle(f"What each part costs, on {result.images} test images (95 % intervals)")
    return figure
