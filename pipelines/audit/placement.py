"""How likely a label's box is badly placed: contenders agree on a box that it overlaps in part.

How far labels usually are from what contenders see depends on how far those are from each other, on
how sure they are, on size and class; that is fitted to all labels of the audited images. A label is
either as far as is usual there, or anywhere: which of them is likelier is its probability.
"""

from __future__ import annotations

import numpy as np

from pipelines.audit.clusters import Clusters
from pipelines.audit.existence import bounded_log_odds, one_hot
from pipelines.audit.labels import Labels
from pipelines.evaluation.pairs import Floats, pair_overlap

# One less the IoU of a badly placed label is anywhere between these.
NEAREST, FARTHEST = 0.15, 0.85
# So many times the odds that a cluster is an object, with a label of its class that has no other.
# On quick runs of the sample and cards with faults put in, 1 finds .72 and .47 of as many as were
# moved, 5 finds .75 and .53, and 20 finds .78 and .53.
FOR_LABEL = 20.0
EXACT = 0.02  # nearer than this is as good
ROUNDS = 40  # of fitting
BAD_BEFORE, GOOD_BEFORE = 1.0, 20.0  # as if so many labels had been seen, which few images need
HELD, HELD_CLASSES = 0.1, 1.0  # how strongly weights are held, for which few images need it
LEAST_SPREAD = 0.15  # of the usual distances' logarithms


def badly_placed(clusters: Clusters, labels: Labels, real: Floats, classes: int) -> Floats:
    """Return the ``(M,)`` probabilities that labels are badly placed, 0 where nothing is seen.

    ``real`` is how likely each cluster is an object.
    """
    rows = np.flatnonzero(labels.cluster >= 0)
    rows = rows[clusters.label[labels.cluster[rows]] == labels.objects.label[rows]]
    probability = np.zeros(len(labels))
    if not len(rows):
        return probability
    of = labels.cluster[rows]
    overlap = pair_overlap(labels.objects.boxes[rows], clusters.boxes[of], np.zeros(len(of), bool))
    distance = np.log(np.maximum(1 - overlap, EXACT))
    features = _features(clusters, of, classes)
    likely = FOR_LABEL * real[of] / (1 + (FOR_LABEL - 1) * real[of])
    probability[rows] = likely * _unusual(distance, features, likely, classes)
    return probability


def _features(clusters: Clusters, of: Floats, classes: int) -> Floats:
    scores = clusters.scores[of]
    several = (scores > 0).sum(axis=1) > 1
    apart = np.log(np.maximum(1 - clusters.agreement[of], EXACT)) - np.log(EXACT)
    sides = clusters.boxes[of, 2:] - clusters.boxes[of, :2]
    size = np.log(np.maximum(sides.prod(axis=1), 1.0)) / 2
    columns = [
        np.ones(len(of)),
        several,
        np.where(several, apart, 0.0),
        bounded_log_odds(scores).mean(axis=1),
        size - size.mean(),
    ]
    return np.hstack([np.stack(columns, axis=1), one_hot(clusters.label[of], classes)])


def _unusual(distance: Floats, features: Floats, weight: Floats, classes: int) -> Floats:
    """Return how likely each ``(N,)`` log distance is not of the usual ones.

    Labels count in the fit by the ``(N,)`` weight. Distances are normal about a mean that is
    linear in the ``(N, F)`` features, or one less the IoU is uniform.
    """
    held = np.full(features.shape[1], HELD)
    held[-classes:] = HELD_CLASSES
    width = np.exp(distance)
    anywhere = np.where((width >= NEAREST) & (width <= FARTHEST), width, 0.0) / (FARTHEST - NEAREST)
    usual = np.where(width < NEAREST * 2, 1.0, 0.5)  # to begin with
    for _ in range(ROUNDS):
        counts = weight * usual
        weighted = features * counts[:, None]
        mean = features @ np.linalg.solve(
            weighted.T @ features + np.diag(held), weighted.T @ distance
        )
        away = distance - mean
        spread = max(np.sqrt((counts * away**2).sum() / max(counts.sum(), 1.0)), LEAST_SPREAD)
        bad = (weight * (1 - usual)).sum() + BAD_BEFORE
        share = bad / (weight.sum() + BAD_BEFORE + GOOD_BEFORE)
        density = np.exp(-((away / spread) ** 2) / 2) / (spread * np.sqrt(2 * np.pi))
        both = share * anywhere + (1 - share) * density
        odd = np.divide(share * anywhere, both, out=np.zeros_like(both), where=both > 0)
        usual = np.where(away > 0, 1 - odd, 1.0)  # nearer than usual is no mistake
    return 1 - usual
