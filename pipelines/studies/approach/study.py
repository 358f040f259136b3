"""In parts or end to end: each part replaced by an oracle in turn, so that the weakest is named.

What a part costs is how much mAP rises when an oracle does it (Hoiem et al. 2012; Bolya et al.
2020). Both pipelines answer for the same test images, and the same resamples of them say how sure
each gain is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from datasets.annotations import Annotations, LabelledImage
from datasets.images import load_image
from datasets.progress import Track
from datasets.splits import evenly
from pipelines.detections import Detections, StagedDetector
from pipelines.evaluation.pairs import Floats
from pipelines.evaluation.quality import evaluation_set
from pipelines.evaluation.resampling import bootstrap_counts, images_holding, of_every_size
from pipelines.evaluation.significance import interval
from pipelines.studies.approach.oracles import Oracle, oracles_of, recorded, replayed
from pipelines.studies.common.cells import Cells
from pipelines.studies.common.verdict import Verdict, favoured, share_better
from pipelines.studies.subject import Subject
from pipelines.system import runtime
from pipelines.system.progress import on_terminal

MOST_IMAGES = 200  # test images looked at: every oracle detects anew
FIGURE = "map_50_95"
OWN = "none"  # in place of an oracle's name: the detector as it is


@dataclass(frozen=True)
class Part:
    """A pipeline with one part perfect.

    Attributes:
        pipeline: its name.
        oracle: the part, ``none`` for the pipeline as it is.
        map_50: mAP@.50.
        map_50_95: mAP@[.50:.95].
        interval_95: of mAP@[.50:.95].
        gain: how much more mAP@[.50:.95] than the pipeline as it is.
        gain_interval_95: of the gain, on the same resamples.
    """

    pipeline: str
    oracle: str
    map_50: float
    map_50_95: float
    interval_95: tuple[float, float]
    gain: float
    gain_interval_95: tuple[float, float]


@dataclass(frozen=True)
class ApproachStudy:
    """Both pipelines, part by part.

    Attributes:
        verdict: the conclusion.
        cells: a row each part.
        weakest: of each pipeline the part that costs most, and in which share of the resamples.
        images: test images it was told from.
    """

    verdict: Verdict
    cells: tuple[Part, ...]
    weakest: Mapping[str, tuple[str, float]]
    images: int


def study(subject: Subject, cells: Cells) -> ApproachStudy:
    """Return what each part of both pipelines costs on the test split."""
    del cells  # it takes seconds
    threads = runtime.usable_cores()
    device = runtime.choose_device("cpu")
    images = evenly(subject.dataset.splits["test"], MOST_IMAGES)
    truth = [image.annotations for image in images]
    found = {}
    for name in ("classical", "yolo"):
        detector = subject.detector(name, device, threads)
        if not isinstance(detector, StagedDetector):
            raise TypeError(f"{name} has no stages")
        found[name] = with_oracles(detector, images, oracles_of(detector), on_terminal, name)
    return concluded(found, truth, subject.dataset.classes, subject.settings.seed)


def with_oracles(
    detector: StagedDetector,
    images: Sequence[LabelledImage],
    oracles: Sequence[Oracle],
    track: Track,
    name: str,
) -> dict[str, list[Detections]]:
    """Return what a detector finds in each image, as it is and with each oracle, by its name."""
    found: dict[str, list[Detections]] = {n: [] for n in (OWN, *(o.name for o in oracles))}
    for image in track(images, f"oracles in {name}", len(images)):
        values = recorded(detector.stages, load_image(image.path))
        found[OWN].append(values[-1])
        for oracle in oracles:
            found[oracle.name].append(replayed(detector.stages, values, image.annotations, oracle))
    return found


def concluded(
    found: Mapping[str, Mapping[str, Sequence[Detections]]],
    truth: Sequence[Annotations],
    classes: Sequence[str],
    seed: int,
) -> ApproachStudy:
    """Return the study of detections by pipeline and oracle."""
    rounds = bootstrap_counts(len(truth), seed)
    rows: list[Part] = []
    own: dict[str, Floats] = {}
    weakest: dict[str, tuple[str, float]] = {}
    for name, by_oracle in found.items():
        values: dict[str, Floats] = {}
        for oracle, detections in by_oracle.items():
            given = evaluation_set(truth, detections, classes)
            once = of_every_size(given, np.ones((1, len(truth)), np.int16))
            values[oracle] = of_every_size(given, rounds)[FIGURE]
            holding = images_holding(given)[FIGURE]
            point = float(once[FIGURE][0])
            as_is = point if oracle == OWN else _own_row(rows, name).map_50_95
            rows.append(
                Part(
                    name,
                    oracle,
                    float(once["map_50"][0]),
                    point,
                    interval(point, values[oracle], holding),
                    point - as_is,
                    interval(point - as_is, values[oracle] - values[OWN], holding),
                )
            )
        own[name] = values[OWN]
        weakest[name] = _weakest({k: v for k, v in values.items() if k != OWN}, rows, name)
    return ApproachStudy(_verdict(rows, own, weakest), tuple(rows), weakest, len(truth))


def _own_row(rows: Sequence[Part], name: str) -> Part:
    return next(row for row in rows if row.pipeline == name and row.oracle == OWN)


def _weakest(values: Mapping[str, Floats], rows: Sequence[Part], name: str) -> tuple[str, float]:
    """Return the part whose oracle gains most, and in which share of the resamples it does."""
    gains = {r.oracle: r.gain for r in rows if r.pipeline == name and r.oracle != OWN}
    part = max(gains, key=lambda oracle: gains[oracle])
    together = np.stack(list(values.values()))
    first = list(values).index(part)
    known = ~np.isnan(together).any(axis=0)
    best = together[:, known].argmax(axis=0) == first
    return part, float(best.mean()) if best.size else float("nan")


def _verdict(
    rows: Sequence[Part], own: Mapping[str, Floats], weakest: Mapping[str, tuple[str, float]]
) -> Verdict:
    share = share_better(own["classical"], own["yolo"])
    favours, sureness = favoured(share, "resamples of the test images")
    sentences = []
    for name, label in (("classical", "the classical pipeline"), ("yolo", "YOLO")):
        part, often = weakest[name]
        row = next(r for r in rows if r.pipeline == name and r.oracle == part)
        sentences.append(
            f"{label} would gain most mAP@[.50:.95] from perfect {part}, "
            f"{_signed(row.gain)} (95 % {_signed(row.gain_interval_95[0])} to "
            f"{_signed(row.gain_interval_95[1])}; the weakest part in {100 * often:.0f} % of "
            "resamples)"
        )
    return Verdict(
        question="Solved in parts or end to end: which finds more, and where is it lost?",
        classical=_answer(_own_row(rows, "classical")),
        yolo=_answer(_own_row(rows, "yolo")),
        sentence=f"{'; '.join(sentences)}.".replace("the classical", "The classical", 1),
        favours=favours,
        sureness=sureness,
    )


def _answer(row: Part) -> str:
    low, high = row.interval_95
    return f"mAP@[.50:.95] {row.map_50_95:.3f} [{low:.3f} {high:.3f}]"


def _signed(value: float) -> str:
    return f"{value:+.3f}"


def draw(result: ApproachStudy) -> Any:
    """Return a plot of the mAP each oracle would give."""
    from pipelines.studies.common.plots import COLOURS, LABELS, bare, new_figure

    figure = new_figure(8, 4.5)
    axes = figure.subplots(1, 2, sharex=True)
    for panel, name in zip(axes, ("classical", "yolo"), strict=True):
        rows = [row for row in result.cells if row.pipeline == name]
        own = rows[0]
        places = np.arange(len(rows))
        errors = np.abs(np.array([row.interval_95 for row in rows]).T - [r.map_50_95 for r in rows])
        panel.barh(places, [r.map_50_95 for r in rows], color=COLOURS[name], xerr=errors, capsize=3)
        panel.axvline(own.map_50_95, color="#444444", linewidth=0.8, linestyle=":")
        panel.set_yticks(places, ["as it is", *(f"perfect {row.oracle}" for row in rows[1:])])
        panel.invert_yaxis()
        panel.set_xlim(0, 1)
        panel.set_xlabel("mAP@[.50:.95]")
        panel.set_title(LABELS[name])
        bare(panel)
    figure.suptitle(f"What each part costs, on {result.images} test images (95 % intervals)")
    return figure
