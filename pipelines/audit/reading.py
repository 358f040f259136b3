"""The files of an audit, read: what it found, and what a person decided about it."""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import TypeVar

import msgspec

from datasets.errors import UserError
from datasets.regular_files import content
from pipelines.audit.suspicion import KINDS, SCHEMA_VERSION, Audit, Decisions, Suspicion

AUDIT, FOUND, EFFECT = "audit", "audit.json", "effect.json"  # a run's folder, and files in it
# `Decisions` come by mail and from downloads; an id is short, and nobody decides on a million.
MOST_DECISION_BYTES = 16 * 2**20
WITHOUT_LABEL = "missing"  # the one kind that is of no label

T = TypeVar("T", Audit, Decisions)


def read_audit(folder: Path) -> Audit | None:
    """Return what an audit left in a folder, None where there is none.

    Raises:
        UserError: its ``audit.json`` is broken.
    """
    path = folder / FOUND
    if not path.exists():
        return None
    try:
        audit = _decoded(content(path), Audit)
        for each in audit.suspicions:
            _check(each, len(audit.classes))
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path}: can't be read ({error}); audit the run again") from error
    return audit


def read_decisions(path: Path, audit: Audit) -> Decisions:
    """Return what a person decided about an audit's suspicions, from a file of anybody's.

    Raises:
        UserError: it can't be read, is of another set, or decides on what was not suspected, or on
            one suspicion in two ways.
    """
    try:
        decisions = _decoded(content(path, MOST_DECISION_BYTES), Decisions)
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(
            f"{path}: can't be read as decisions ({error}); save them again from audit.html"
        ) from error
    if decisions.split_sha256 != audit.split_sha256:
        raise UserError(
            f"{path}: is of another set, or of this one before its labels changed; decide again on "
            "the audit of this run"
        )
    known = {each.id for each in audit.suspicions}
    for each in (*decisions.accepted, *decisions.rejected):
        if each not in known:
            raise UserError(
                f"{path}: decides on {_short(each)}, which this audit does not suspect; save the "
                "decisions again from its audit.html"
            )
    if both := set(decisions.accepted) & set(decisions.rejected):
        raise UserError(f"{path}: both accepts and rejects {_short(min(both))}; decide for one")
    return decisions


def _decoded(data: bytes, kind: type[T]) -> T:
    """Return what JSON holds, of this version.

    Raises:
        ValueError: it is of another shape or version.
    """
    made = msgspec.json.decode(data, type=kind)
    if made.schema_version != SCHEMA_VERSION:
        raise ValueError(f"it is of schema {made.schema_version}, this version: {SCHEMA_VERSION}")
    return made


def _check(each: Suspicion, classes: int) -> None:
    """Refuse a suspicion that says too little, or what can't be.

    Raises:
        ValueError: it does.
    """
    boxes = [box for box in (each.label_box, each.proposed_box) if box is not None]
    labels = [label for label in (each.label, each.proposed) if label is not None]
    is_bare = None in (each.object, each.label_box, each.label)
    if (
        each.kind not in KINDS
        or is_bare != (each.kind == WITHOUT_LABEL)
        or (each.kind == "missing" and None in (each.proposed_box, each.proposed))
        or (each.kind == "wrong_class" and each.proposed is None)
        or (each.kind == "badly_placed" and each.proposed_box is None)
        or not all(0 <= label < classes for label in labels)
        or not all(isfinite(side) for box in boxes for side in box)
        or not 0 <= each.probability <= 1
    ):
        raise ValueError(f"suspicion {_short(each.id)} is none")


def _short(name: str) -> str:
    return repr(name if len(name) <= 60 else f"{name[:60]}…")
