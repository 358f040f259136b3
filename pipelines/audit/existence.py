"""How likely contenders see an object that nobody labelled.

How much two contenders that agree are worth more than one is measured, not assumed: were they
independent, their log-odds would add up, each with a weight of one, and each has less the more its
mistakes are those of the others (after Winkler 1981, on experts who depend on each other). The
weights can't be fitted to the labels with the rest: each object without a label would speak against
the contenders that agree on it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.audit.clusters import Clusters
from pipelines.audit.labels import Labels
from pipelines.audit.lossy import fitted
from pipelines.detections import LOWEST_SCORE
from pipelines.evaluation.pairs import Floats, Ints
from pipelines.postprocessing.calibration import log_odds

HELD, HELD_CLASSES = 0.1, 1.0  # how strongly weights are held, for which few images need it
HELD_WORTH = 1e4  # and those of contenders, which are measured: they stay


@dataclass(frozen=True, eq=False)
class PresentClusters:
    """Clusters, and how likely each is an object: ``(P,)``.

    ``missing`` is the probability that it is one that lacks a label, 0 for those that have one.
    """

    real: Floats
    missing: Floats


def present(clusters: Clusters, labels: Labels, at_labels: Floats, classes: int) -> PresentClusters:
    """Return how likely each cluster is an object, and one whose label is missing.

    ``at_labels`` are ``(M, W)`` the scores at each label, by contender.
    """
    features = _of_clusters(clusters, classes)
    counts = labels.counts | labels.labelled
    free = counts & ~labels.labelled
    share = own_share(clusters.scores[free], at_labels)
    prior, held = _weights(share, features.shape[1], classes)
    model = fitted(features[counts], labels.labelled[counts], prior, held)
    missing = np.where(free, model.chance_of_no(features), 0.0)
    return PresentClusters(model.chance(features), missing)


def bounded_log_odds(scores: Floats) -> Floats:
    """Return the log-odds of scores, where nothing is seen those of the lowest that is kept."""
    return log_odds(np.clip(scores, LOWEST_SCORE, 1 - LOWEST_SCORE))


def one_hot(label: Ints, classes: int) -> Floats:
    """Return ``(N, C)`` 1 in the column of each label."""
    return np.asarray(label[:, None] == np.arange(classes), np.float64)


def own_share(unlabelled: Floats, at_labels: Floats) -> Floats:
    """Return the ``(W,)`` share of each contender's evidence that it does not share with others.

    It is 1 for one that errs independently, and 1/W for each of W that are always alike. Two share
    as much as their log-odds correlate at places without a label, or, if that is more, as they do
    at labels beyond the pair that correlates least there: some objects are hard for all.

    Args:
        unlabelled: ``(N, W)`` scores at places without a label.
        at_labels: ``(M, W)`` scores at labels.
    """
    elsewhere, at_objects = correlation(unlabelled), correlation(at_labels)
    least = min(at_objects.min(), 1 - 1e-9)
    beyond = (at_objects - least) / (1 - least)
    shared = np.clip(np.maximum(elsewhere, beyond), 0.0, 1.0)
    np.fill_diagonal(shared, 1.0)
    return np.asarray(1 / shared.sum(axis=1))


def correlation(scores: Floats) -> Floats:
    """Return the ``(W, W)`` correlations of scores' log-odds, 0 of those that never vary."""
    away = bounded_log_odds(scores)
    away = away - (away.mean(axis=0) if len(away) else 0.0)
    size = np.sqrt((away**2).sum(axis=0))
    return np.asarray(away.T @ away / np.maximum(np.outer(size, size), 1e-12))


def _weights(share: Floats, features: int, classes: int) -> tuple[Floats, Floats]:
    """Return what weights are held to, those of contenders first and of classes last, and how."""
    prior, held = np.zeros(features), np.full(features, HELD)
    prior[: len(share)] = share
    held[: len(share)] = HELD_WORTH
    held[-classes:] = HELD_CLASSES
    return prior, held


def _of_clusters(clusters: Clusters, classes: int) -> Floats:
    several = (clusters.scores > 0).sum(axis=1) > 1
    agreement = np.where(several, clusters.agreement, 0.0)
    further = np.stack([agreement, clusters.crowding, np.ones(len(clusters))], axis=1)
    return np.hstack([worth(clusters.scores), further, one_hot(clusters.label, classes)])


def worth(scores: Floats) -> Floats:
    """Return ``(N, 2 W)`` log-odds of ``(N, W)`` scores, and 1 for each that sees nothing.

    To see nothing at all is another thing than to see something most faintly: an object that one
    does not see at all, others may be sure of, which tells how often that happens to objects.
    """
    return np.hstack([bounded_log_odds(scores), scores <= 0])
