"""Everything that labels are suspected of, from what contenders see in images they never learnt."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np

from pipelines.audit.classes import alike_classes, rivals
from pipelines.audit.clusters import SAME_IOU, Clusters, clustered
from pipelines.audit.doubled import doubled, labelled_too
from pipelines.audit.emptiness import nothing_there
from pipelines.audit.existence import PresentClusters, present
from pipelines.audit.labels import Labels, labels_beside, unlabelled_near
from pipelines.audit.placement import badly_placed
from pipelines.audit.suspicion import Box, Suspicion
from pipelines.audit.witnesses import Seen, Witnessed, flat, objects_at, seen_at
from pipelines.evaluation.pairs import FlatDetections, Floats

LEAST = 0.05  # probability of what is worth a look
LIKELY = 0.5  # and of what is more likely right than not


@dataclass(frozen=True, eq=False)
class Found:
    """What was found: suspicions, the likeliest first, and pairs of classes that seem to be one."""

    suspicions: tuple[Suspicion, ...]
    alike_classes: tuple[tuple[int, int, float], ...]


def find(given: Witnessed, least: float = LEAST) -> Found:
    """Return all that is at least so probably wrong with the labels of the images."""
    found, classes = flat(given), len(given.classes)
    clusters = clustered(found, classes)
    labels = labels_beside(given.images, clusters)
    seen = seen_at(found, labels.objects, SAME_IOU, classes)
    there = present(clusters, labels, seen.of_any_class, classes)
    placed = badly_placed(clusters, labels, there.real, classes)
    each = [
        *_missing(given, clusters, there.missing, least),
        *_badly_placed(given, clusters, labels, placed, least),
        *_nothing_there(given, found, clusters, labels, there, placed, least),
        *_wrong_class(given, seen, labels, least),
        *_doubled(given, found, seen, labels, least),
    ]
    ranked = sorted(each, key=lambda one: (-one.probability, one.id))
    return Found(tuple(_distinct(ranked)), alike_classes(seen, labels.objects.label, classes))


def _missing(
    given: Witnessed, clusters: Clusters, probability: Floats, least: float
) -> Iterator[Suspicion]:
    for row in np.flatnonzero((probability >= least) & (probability > 0)):
        box, label = _box(clusters.boxes[row]), int(clusters.label[row])
        at = int(clusters.image[row])
        yield _of_image(
            given, at, "missing", clusters.scores[row], float(probability[row]), None, box, label
        )


def _badly_placed(
    given: Witnessed, clusters: Clusters, labels: Labels, probability: Floats, least: float
) -> Iterator[Suspicion]:
    for row in np.flatnonzero((probability >= least) & (probability > 0)):
        of = labels.cluster[row]
        box, label = _box(clusters.boxes[of]), int(labels.objects.label[row])
        scores = clusters.scores[of]
        yield _of_label(given, labels, row, "badly_placed", scores, probability[row], box, label)


def _nothing_there(
    given: Witnessed,
    found: tuple[FlatDetections, ...],
    clusters: Clusters,
    labels: Labels,
    there: PresentClusters,
    placed: Floats,
    least: float,
) -> Iterator[Suspicion]:
    """Yield labels of nothing: neither where they are nor where they may have been meant to be."""
    sizes = np.array([(each.image.width_px, each.image.height_px) for each in given.images])
    pixels = sizes.reshape(-1, 2).astype(np.float64)
    real = np.flatnonzero(there.real >= LIKELY)
    taken = objects_at(clusters.image[real], clusters.boxes[real])
    empty = nothing_there(found, labels, pixels, len(given.classes), 1 - placed, taken)
    probability = empty.probability * (1 - unlabelled_near(clusters, labels, there.real))
    for row in np.flatnonzero(probability >= least):
        yield _of_label(given, labels, row, "nothing_there", empty.scores[row], probability[row])


def _wrong_class(given: Witnessed, seen: Seen, labels: Labels, least: float) -> Iterator[Suspicion]:
    """Yield labels of another class than what is there; if that has a label too, one is doubled."""
    other = rivals(seen, labels.objects.label)
    partner = labelled_too(labels, other.label)
    likely = (other.probability >= least) & (other.scores.sum(axis=1) > 0)
    for row in np.flatnonzero(likely):
        box, label = _box(labels.objects.boxes[row]), int(other.label[row])
        scores, probability = other.scores[row], other.probability[row]
        if partner[row] >= 0:
            rival = partner[row]
            is_mutual = likely[rival] and partner[rival] == row
            # Of two that may each repeat the other, one stays.
            if not is_mutual or (probability, -row) > (other.probability[rival], -rival):
                yield _of_label(given, labels, row, "doubled", scores, probability)
        else:
            yield _of_label(given, labels, row, "wrong_class", scores, probability, box, label)


def _doubled(
    given: Witnessed,
    found: tuple[FlatDetections, ...],
    seen: Seen,
    labels: Labels,
    least: float,
) -> Iterator[Suspicion]:
    rows, probability, scores = doubled(found, seen, labels)
    for place in np.flatnonzero(probability >= least):
        yield _of_label(
            given, labels, rows[place], "doubled", scores[place], float(probability[place])
        )


def _of_label(
    given: Witnessed,
    labels: Labels,
    row: int | np.int64,
    kind: str,
    scores: Floats,
    probability: float,
    proposed_box: Box | None = None,
    proposed: int | None = None,
) -> Suspicion:
    objects = labels.objects
    label = int(labels.row[row]), _box(objects.boxes[row]), int(objects.label[row])
    at = int(objects.image[row])
    return _of_image(given, at, kind, scores, probability, label, proposed_box, proposed)


def _of_image(
    given: Witnessed,
    at: int,
    kind: str,
    scores: Floats,
    probability: float,
    label: tuple[int, Box, int] | None,
    proposed_box: Box | None,
    proposed: int | None,
) -> Suspicion:
    split, place, image = given.images[at]
    row, box, own = (None, None, None) if label is None else label
    return Suspicion(
        id=_identity(kind, image.name, proposed_box if box is None else box, box is None),
        kind=kind,
        split=split,
        image=place,
        file=image.name,
        object=row,
        label_box=box,
        label=own,
        proposed_box=proposed_box,
        proposed=proposed,
        scores={n: float(s) for n, s in zip(given.names, scores, strict=True) if s > 0},
        probability=float(probability),
    )


def _identity(kind: str, file: str, box: Box | None, is_proposed: bool) -> str:
    """Return what a suspicion is called, the same where another audit suspects the same.

    A box that contenders propose is a little different each time, so its centre and size are
    rounded, to steps by its size.
    """
    numbers: tuple[float, ...] = box or ()
    if is_proposed and box is not None:
        width, height = box[2] - box[0], box[3] - box[1]
        size = round(np.log2(max(width * height, 1.0)) / 2)
        step = 2.0 ** (size - 1)
        numbers = ((box[0] + box[2]) // (2 * step), (box[1] + box[3]) // (2 * step), size)
    text = "\t".join([kind, file, *(f"{number:.2f}" for number in numbers)])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _distinct(ranked: list[Suspicion]) -> Iterator[Suspicion]:
    """Yield suspicions, of those of one name the later ones with a number behind it."""
    times: Counter[str] = Counter()
    for each in ranked:
        times[each.id] += 1
        number = times[each.id]
        yield each if number == 1 else msgspec.structs.replace(each, id=f"{each.id}-{number}")


def _box(box: Floats) -> Box:
    left, top, right, bottom = map(float, box)
    return left, top, right, bottom
