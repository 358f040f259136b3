"""Can a decision be explained: for the same detections by both, which pixels mattered.

D-RISE asks both pipelines alike, with the same masks; beside it stands each one's own method. What
they are worth is measured: what is left of the detection when the pixels are hidden, what is there
when they alone are shown, whether the first of them lies on the object, whether two runs agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np

from datasets.annotations import LabelledImage
from datasets.images import load_image
from datasets.splits import evenly
from pipelines.evaluation.pairs import Floats
from pipelines.evaluation.undefined import plain
from pipelines.studies.common.cells import Cells
from pipelines.studies.common.verdict import Verdict, favoured, share_better
from pipelines.studies.interpretability.explainers import (
    DRISE,
    Explainer,
    found_by_both,
    load_explainer,
)
from pipelines.studies.interpretability.explaining import (
    CALLS,
    Explained,
    explained,
    right_detections,
)
from pipelines.studies.interpretability.saliency import Target
from pipelines.studies.subject import Subject
from pipelines.system import runtime
from pipelines.system.progress import on_terminal

MASKS = 256  # of an image, one half in each of two runs
IMAGES, OBJECTS = 8, 2  # most images, and most objects of each
LEAST_DETECTIONS = 5  # fewer say nothing about how detections vary
RESAMPLES = 1000


@dataclass(frozen=True)
class InterpretabilityStudy:
    """All explanations.

    Attributes:
        verdict: the conclusion.
        cells: a row each detection and method.
        summary: by pipeline and method: the means of the figures, and how many detections.
        masks: of each image, in both runs together.
    """

    verdict: Verdict
    cells: tuple[Explained, ...]
    summary: Mapping[str, Mapping[str, Mapping[str, float]]]
    masks: int


def study(subject: Subject, cells: Cells) -> InterpretabilityStudy:
    """Explain detections of the test split that both pipelines have, and judge explanations."""
    threads = runtime.usable_cores()
    runtime.choose_device("cpu")
    explainers = {
        name: load_explainer(name, subject.folder, threads) for name in ("classical", "yolo")
    }
    thresholds = {
        name: subject.pipelines[name]["quality"]["operating_point"]["threshold"]
        for name in explainers
    }
    seed = subject.settings.seed
    shared = shared_images(subject, explainers, thresholds)
    rates = {name: subject.pipelines[name]["throughput"]["batch_1"] for name in explainers}
    expected = sum((MASKS + OBJECTS * CALLS) / rate for rate in rates.values())
    found: list[dict[str, Any]] = []
    for number, (image, pairs) in enumerate(on_terminal(shared, "explaining", len(shared))):
        told = cells.get(
            f"image-{number}",
            lambda image=image, pairs=pairs: {  # type: ignore[misc]
                "rows": plain(explained(explainers, image, pairs, MASKS, seed))
            },
            expected,
        )
        found += told["rows"] if told is not None else []
    return concluded([_from_json(row) for row in found], MASKS, seed)


def _from_json(said: Mapping[str, Any]) -> Explained:
    known = {k: nan if v is None and k != "points" else v for k, v in said.items()}
    row: Any = known
    return Explained(**row)


def shared_images(
    subject: Subject, explainers: Mapping[str, Explainer], thresholds: Mapping[str, float]
) -> list[tuple[LabelledImage, list[tuple[Target, Target]]]]:
    """Return test images in which both pipelines rightly find the same objects, and those."""
    chosen = []
    looked_at = evenly(subject.dataset.splits["test"], 4 * IMAGES)
    for image in on_terminal(looked_at, "finding what both find", len(looked_at)):
        pixels = load_image(image.path)
        found = [
            explainers[name].detect_many([pixels])[0].above(thresholds[name])
            for name in ("classical", "yolo")
        ]
        right = [right_detections(each, image) for each in found]
        pairs = found_by_both(*right)[:OBJECTS]
        if pairs:
            chosen.append((image, pairs))
    if len(chosen) <= IMAGES:
        return chosen
    return [chosen[place * len(chosen) // IMAGES] for place in range(IMAGES)]


def concluded(rows: Sequence[Explained], masks: int, seed: int) -> InterpretabilityStudy:
    """Return the study of all rows."""
    summary: dict[str, dict[str, dict[str, float]]] = {}
    for name in ("classical", "yolo"):
        mine = [row for row in rows if row.pipeline == name]
        summary[name] = {
            method: _means([row for row in mine if row.method == method])
            for method in dict.fromkeys(row.method for row in mine)
        }
    return InterpretabilityStudy(_verdict(rows, summary, seed), tuple(rows), summary, masks)


def _means(rows: Sequence[Explained]) -> dict[str, float]:
    def mean(values: Sequence[float | bool | None]) -> float:
        known = [float(v) for v in values if v is not None and not np.isnan(v)]
        return float(np.mean(known)) if known else nan

    return {
        "detections": float(len(rows)),
        "deletion": mean([row.deletion for row in rows]),
        "insertion": mean([row.insertion for row in rows]),
        "points": mean([row.points for row in rows]),
        "agreement": mean([row.agreement for row in rows]),
    }


def _verdict(
    rows: Sequence[Explained],
    summary: Mapping[str, Mapping[str, Mapping[str, float]]],
    seed: int,
) -> Verdict:
    """Compare insertion less deletion of D-RISE, which asks both alike, over the same objects."""
    gains = {
        name: np.array(
            [r.insertion - r.deletion for r in rows if r.pipeline == name and r.method == DRISE]
        )
        for name in ("classical", "yolo")
    }
    count = len(gains["classical"])
    random = np.random.default_rng(seed)
    drawn = random.integers(max(count, 1), size=(RESAMPLES, count))
    means = {
        name: each[drawn].mean(axis=1) if count else np.full(RESAMPLES, nan)
        for name, each in gains.items()
    }
    enough = count >= LEAST_DETECTIONS
    share = share_better(means["classical"], means["yolo"]) if enough else nan
    favours, sureness = favoured(share, f"resamples of {count} detections")
    sentences = []
    for name, label in (("classical", "the classical pipeline"), ("yolo", "YOLO")):
        told = [
            f"{method} {_shown(figures['deletion'])}" for method, figures in summary[name].items()
        ]
        sentences.append(f"{label} keeps ({', '.join(told)})")
    return Verdict(
        question="Can a decision be explained (insertion less deletion, D-RISE)?",
        classical=_answer(gains["classical"], means["classical"]),
        yolo=_answer(gains["yolo"], means["yolo"]),
        sentence=(
            "Of a detection's score, while the pixels said to matter most are hidden, "
            f"{' and '.join(sentences)}, over {count} detections both have; less is better."
        ),
        favours=favours,
        sureness=sureness,
    )


def _answer(gains: Floats, means: Floats) -> str:
    if not len(gains):
        return "no detection that both have"
    low, high = np.nanquantile(means, [0.025, 0.975])
    return f"{float(np.nanmean(gains)):.3f} [{low:.3f} {high:.3f}]"


def _shown(value: float) -> str:
    return "–" if np.isnan(value) else f"{100 * value:.0f} %"


def draw(result: InterpretabilityStudy) -> Any:
    """Return a plot of deletion and insertion by pipeline and method."""
    from pipelines.studies.common.plots import COLOURS, LABELS, bare, new_figure

    figure = new_figure(9, 4.5)
    panels = figure.subplots(1, 2)
    for panel, figure_name, better in zip(
        panels, ("deletion", "insertion"), ("less", "more"), strict=True
    ):
        labels, values, colours = [], [], []
        for name, methods in result.summary.items():
            for method, told in methods.items():
                if not np.isnan(told[figure_name]):
                    labels.append(f"{LABELS[name]}: {method}")
                    values.append(told[figure_name])
                    colours.append(COLOURS[name] if "random" not in method else "#999999")
        panel.barh(range(len(values)), values, color=colours)
        panel.set_yticks(range(len(values)), labels)
        panel.invert_yaxis()
        panel.set_xlabel(f"{figure_name} ({better} is better)")
        bare(panel)
    figure.suptitle("What explanations are worth, in shares of the score")
    return figure
