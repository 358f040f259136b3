"""From figures to a decision: the threshold that costs least, and what each contender costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from datasets.annotations import Annotations, Dataset
from pipelines.detections import Detections
from pipelines.evaluation.cascade import cheapest_cascade, doubts, in_turns
from pipelines.evaluation.cost_figures import (
    Mistakes,
    cost_figures,
    estimate,
    image_means,
    saved,
    seconds_of,
)
from pipelines.evaluation.costs import Costs, Judged, least_cost, trade_offs
from pipelines.evaluation.operating_point import ChosenThreshold, best_f1
from pipelines.evaluation.pairs import Floats
from pipelines.evaluation.resampling import RESAMPLES, Units
from pipelines.evaluation.timing import Latency
from pipelines.runs.decision import Decision, DetectorCosts, MixtureCosts
from pipelines.runs.detection_files import read_detections
from pipelines.runs.folder import SPLIT_FOLDERS
from pipelines.settings import RunSettings

Found = Mapping[str, Sequence[Detections]]  # by contender, in each image


def given_costs(settings: RunSettings) -> Costs | None:
    """Return what mistakes cost, None where no costs were given."""
    return None if (given := settings.decision.given) is None else Costs(*given)


def chosen_threshold(
    truth: Sequence[Annotations], found: Sequence[Detections], costs: Costs | None
) -> ChosenThreshold:
    """Return the threshold that costs least on validation images; without costs the best for F1."""
    return best_f1(truth, found) if costs is None else least_cost(Judged.of(truth, found), costs)


def decide(
    dataset: Dataset,
    settings: RunSettings,
    folder: Path,
    latencies: Mapping[str, Latency],
    thresholds: Mapping[str, float],
) -> Decision:
    """Return what contenders and an ensemble cost, by the detections saved in the run's folder.

    ``latencies`` are of all of them, ``thresholds`` those of `chosen_threshold`.
    """
    truth = {
        split: [image.annotations for image in dataset.splits[split]] for split in SPLIT_FOLDERS
    }
    found: dict[str, Found] = {
        split: {
            name: read_detections(folder / place, name, len(truth[split])) for name in latencies
        }
        for split, place in SPLIT_FOLDERS.items()
    }
    judged = {
        split: {name: Judged.of(truth[split], each) for name, each in of_split.items()}
        for split, of_split in found.items()
    }
    groups = [image.group for image in dataset.splits["test"]]
    units, costs = Units.of(len(groups), groups), given_costs(settings)
    mistakes = {
        split: {
            name: Mistakes(
                *each.mistakes(thresholds[name]),
                seconds_of(latencies[name].calls, RESAMPLES, settings.seed),
            )
            for name, each in of_split.items()
        }
        for split, of_split in judged.items()
    }
    detectors = {
        name: DetectorCosts(
            thresholds[name],
            best_f1(truth["val"], found["val"][name]).threshold,
            trade_offs(judged["val"][name]),
            float(each.seconds[0]),
            cost_figures(each, units, settings.seed, costs),
        )
        for name, each in mistakes["test"].items()
    }
    if costs is None:
        return Decision(None, detectors)
    doubt = {
        split: {
            name: doubts(of_split[name], thresholds[name], costs) for name in settings.pipelines
        }
        for split, of_split in found.items()
    }
    alone = {
        split: {name: of_split[name] for name in settings.pipelines}
        for split, of_split in mistakes.items()
    }
    mixture = mixed(alone, doubt, units, settings.seed, costs)
    return Decision(costs, detectors, mixture, saved(mistakes["test"], units, settings.seed, costs))


def mixed(
    mistakes: Mapping[str, Mapping[str, Mistakes]],
    doubt: Mapping[str, Mapping[str, Floats]],
    units: Units,
    seed: int,
    costs: Costs,
) -> MixtureCosts | None:
    """Return the two contenders in turns that cost least on validation, as they do on test images.

    Both are by split and contender; ``units`` are of the test split.
    """
    cascade = cheapest_cascade(mistakes["val"], doubt["val"], costs)
    if cascade is None:
        return None
    alone = min(
        float(each.cost(costs).mean() + each.time_cost(costs)[0])
        for each in mistakes["val"].values()
    )
    both, again = in_turns(cascade, mistakes["test"], doubt["test"], units, seed)
    count = len(np.unique(units.group))
    sent = estimate(image_means(again, units, seed), count, 1.0)
    return MixtureCosts(cascade, sent, alone, cost_figures(both, units, seed, costs))
