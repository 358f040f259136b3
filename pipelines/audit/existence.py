"""How likely contenders see an object that nobody labelled.

How much two contenders that agree are worth more than one is measured, not assumed: were they
independent, their log-odds would add up, each with a weight of one. The weights are fitted to all
places of the audited images, with and without a label, and they are less where both make the same
mistakes.
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


@dataclass(frozen=True, eq=False)
class PresentClusters:
    """Clusters, and how likely each is an object: ``(P,)``.

    ``missing`` is the probability that it is one that lacks a label, 0 for those that have one.
    """

    real: Floats
    missing: Floats


def present(clusters: Clusters, labels: Labels, classes: int) -> PresentClusters:
    """Return how likely each cluster is an object, and one whose label is missing."""
    features = _of_clusters(clusters, classes)
    prior, held = _weights(clusters.scores.shape[1], features.shape[1], classes)
    counts = labels.counts | labels.labelled
    model = fitted(features[counts], labels.labelled[counts], prior, held)
    free = counts & ~labels.labelled
    missing = np.where(free, model.chance_of_no(features), 0.0)
    return PresentClusters(model.chance(features), missing)


def bounded_log_odds(scores: Floats) -> Floats:
    """Return the log-odds of scores, where nothing is seen those of the lowest that is kept."""
    return log_odds(np.clip(scores, LOWEST_SCORE, 1 - LOWEST_SCORE))


def one_hot(label: Ints, classes: int) -> Floats:
    """Return ``(N, C)`` 1 in the column of each label."""
    return np.asarray(label[:, None] == np.arange(classes), np.float64)


def _weights(witnesses: int, features: int, classes: int) -> tuple[Floats, Floats]:
    """Return what weights are held to, those of contenders first and of classes last, and how."""
    prior, held = np.zeros(features), np.full(features, HELD)
    prior[:witnesses] = 1 / witnesses
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
