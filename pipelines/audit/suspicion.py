"""What an audit finds: places where a set's labels and its trained detectors disagree."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

KINDS = ("missing", "wrong_class", "badly_placed", "nothing_there", "doubled")
SCHEMA_VERSION = 1

Box = tuple[float, float, float, float]  # xyxy pixels of the upright image


class Suspicion(msgspec.Struct, frozen=True):
    """One label, or one place without a label, that is probably wrong.

    Attributes:
        id: the same in every audit of the same set for the same place and kind.
        kind: one of `KINDS`.
        split, image: the split, and the place of the image in it.
        file: the image's path below the set's folder, or its name where it has none there.
        object: row of the label in the image's annotations; None where there is no label.
        label_box, label: what the label says; None where there is no label.
        proposed_box, proposed: what should stand there; None where nothing should.
        scores: each contender's probability for what it sees there; absent where it sees nothing.
        probability: that the label is wrong in this way, between 0 and 1.
    """

    id: str
    kind: str
    split: str
    image: int
    file: str
    object: int | None
    label_box: Box | None
    label: int | None
    proposed_box: Box | None
    proposed: int | None
    scores: Mapping[str, float]
    probability: float


class Audit(msgspec.Struct, frozen=True):
    """Everything an audit found, as ``audit.json`` has it.

    Attributes:
        dataset, classes: whose labels were audited.
        split_sha256: of the set as it was audited.
        contenders: the witnesses, and whether one alone had to do.
        images: how many of each split were audited.
        folds: how many trainings each contender had; 0 where the run's own were taken.
        suspicions: the likeliest first.
        alike_classes: pairs of classes that all contenders confuse, with the share confused.
    """

    dataset: str
    classes: tuple[str, ...]
    split_sha256: str
    contenders: tuple[str, ...]
    images: Mapping[str, int]
    folds: int
    suspicions: tuple[Suspicion, ...]
    alike_classes: tuple[tuple[int, int, float], ...] = ()
    schema_version: int = SCHEMA_VERSION


class Decisions(msgspec.Struct, frozen=True):
    """What a person decided, as ``decisions.json`` has it: a suspicion's id to yes or no."""

    split_sha256: str
    accepted: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    schema_version: int = SCHEMA_VERSION
