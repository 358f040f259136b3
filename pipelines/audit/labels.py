"""Labels beside the clusters of what contenders see: which cluster is of which label.

What the evaluator ignores is no evidence for or against a label: objects that are *ignore* are
suspected of nothing, and what lies at least half in one is nothing that is missing. Objects of any
size, and those that are cut off, count like all others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.audit.clusters import SAME_IOU, Clusters, largest
from pipelines.audit.witnesses import AuditedImage
from pipelines.evaluation.pairs import Bools, FlatObjects, Floats, Ints, flat_objects, overlapping

NEAR_IOU = 0.2  # least of a label with what it may have been meant for
IN_IGNORED = 0.5  # of a box, in an ignored object, as the evaluator matches


@dataclass(frozen=True, eq=False)
class Labels:
    """The labels under suspicion, and which cluster is of which.

    Attributes:
        objects: the labels that are not *ignore*, ``M`` of them.
        row: ``(M,)`` of each in the annotations of its image.
        cluster: ``(M,)`` that is of the label, -1 where there is none.
        labelled: ``(P,)`` bool, clusters that are of a label or at one.
        counts: ``(P,)`` bool, clusters that are in no ignored object.
    """

    objects: FlatObjects
    row: Ints
    cluster: Ints
    labelled: Bools
    counts: Bools

    def __len__(self) -> int:
        """Return the number of labels."""
        return len(self.objects)


def labels_beside(images: Sequence[AuditedImage], clusters: Clusters) -> Labels:
    """Return the labels of images beside the clusters there.

    A cluster is at a label that it overlaps by `SAME_IOU`, of whatever class. It is of the label
    that it overlaps most, if that has no likelier one, also of less overlap if it has the label's
    class. The likelier is the one with more overlap and the higher scores.
    """
    every = flat_objects([each.image.annotations for each in images])
    counts = np.bincount(every.image, minlength=len(images))
    rows = np.arange(len(every)) - np.repeat(np.cumsum(counts) - counts, counts)
    wanted = np.flatnonzero(~every.ignore)
    objects = _some(every, wanted)
    found = clusters.detections()
    near = overlapping(found, objects, NEAR_IOU, same_class=False)
    alike = found.label[near.detection] == objects.label[near.object]
    near = near.where(alike | (near.overlap >= SAME_IOU))
    labelled = largest(near, len(clusters)) >= SAME_IOU
    nearest = near.nearest()
    likely = nearest.overlap * found.score[nearest.detection]
    rising = np.argsort(likely, kind="stable")
    cluster = np.full(len(wanted), -1)
    cluster[nearest.object[rising]] = nearest.detection[rising]  # the last one stays
    labelled[cluster[cluster >= 0]] = True
    inside = overlapping(
        found, _some(every, np.flatnonzero(every.ignore)), IN_IGNORED - 1e-9, same_class=False
    )
    return Labels(
        objects, rows[wanted], cluster, labelled, largest(inside, len(clusters)) < IN_IGNORED - 1e-9
    )


def unlabelled_near(clusters: Clusters, labels: Labels, real: Floats) -> Floats:
    """Return the ``(M,)`` largest chance that something near a label is what it was meant for.

    That is a cluster of this label or of none, of any class; ``real`` is how likely each is an
    object.
    """
    near = overlapping(clusters.detections(), labels.objects, NEAR_IOU, same_class=False)
    is_own = labels.cluster[near.object] == near.detection
    near = near.where(is_own | ~labels.labelled[near.detection])
    chance = np.zeros(len(labels))
    np.maximum.at(chance, near.object, real[near.detection])
    return chance


def _some(objects: FlatObjects, rows: Ints) -> FlatObjects:
    return FlatObjects(*(column[rows] for column in vars(objects).values()))
