"""Suspicions in words, for the terminal and for pages."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.audit.suspicion import Audit, Suspicion
from pipelines.report.wording import listed

KINDS = {
    "missing": "missing label",
    "wrong_class": "wrong class",
    "badly_placed": "badly placed box",
    "nothing_there": "nothing there",
    "doubled": "labelled twice",
}


def suspicion_sentence(each: Suspicion, classes: Sequence[str]) -> str:
    """Return what is suspected of a label or of a place without one."""
    labelled = "" if each.label is None else classes[each.label]
    seen = "" if each.proposed is None else classes[each.proposed]
    said = {
        "missing": f"{seen} is seen where nothing is labelled",
        "wrong_class": f"labelled {labelled}, seen as {seen}",
        "badly_placed": f"{labelled} is seen at another place than its box",
        "nothing_there": f"labelled {labelled}, nothing is seen",
        "doubled": f"{labelled} seems to be labelled twice",
    }
    return said[each.kind]


def kind_counts(audit: Audit) -> dict[str, int]:
    """Return how many suspicions there are of each kind that has any, by its title."""
    counts = {
        title: sum(each.kind == kind for each in audit.suspicions) for kind, title in KINDS.items()
    }
    return {title: count for title, count in counts.items() if count}


def audit_sentences(audit: Audit) -> list[str]:
    """Return how much was suspected, by whom, in which images."""
    counts = [f"{title} {count}" for title, count in kind_counts(audit).items()]
    number = len(audit.suspicions)
    first = f"{number:,} suspicion{'s' * (number != 1)}" + (f": {listed(counts)}" if counts else "")
    images = listed([f"{count} {split}" for split, count in audit.images.items()] or ["no"])
    how = (
        f"each seen by detectors that were trained without it, {audit.folds} times on the rest"
        if audit.folds
        else "of which the detectors had not learnt"
    )
    sentences = [f"{first}.", f"They are of {images} images, {how}."]
    if len(audit.contenders) == 1:
        sentences.append(
            f"{audit.contenders[0]} alone is the witness, whose own mistakes look like mistakes of "
            "the labels: a second, unlike contender would make suspicions surer."
        )
    elif audit.contenders:
        sentences.append(f"The witnesses are {listed(audit.contenders)}.")
    return sentences


def alike_rows(audit: Audit) -> list[tuple[str, str, str]]:
    """Return the pairs of classes that seem to be one, with the share confused."""
    return [
        (audit.classes[one], audit.classes[other], f"{100 * share:.0f} %")
        for one, other, share in audit.alike_classes
    ]
