"""Labels as they would be with suspicions accepted, and each change as a row and a sentence."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from datasets.annotations import Annotations, Dataset, LabelledImage
from datasets.boxes import as_boxes, clip
from datasets.cleaning import DECIMALS
from datasets.errors import UserError
from pipelines.audit.suspicion import Box, Suspicion

REMOVING = ("nothing_there", "doubled")
COLUMNS = ("id", "kind", "split", "image", "class_before", "class_after", "before_px", "after_px")


def by_image(suspicions: Iterable[Suspicion]) -> dict[tuple[str, int], list[Suspicion]]:
    """Return suspicions by split and place of their image, in their order."""
    found: dict[tuple[str, int], list[Suspicion]] = defaultdict(list)
    for each in suspicions:
        found[each.split, each.image].append(each)
    return dict(found)


def audited_image(dataset: Dataset, each: Suspicion) -> LabelledImage:
    """Return the image that a suspicion is of.

    Raises:
        UserError: the set has another there.
    """
    images = dataset.splits.get(each.split, ())
    if not 0 <= each.image < len(images) or images[each.image].name != each.file:
        raise UserError(
            f"{each.file}: is not where it was when it was audited; audit the run again"
        )
    return images[each.image]


def corrected(
    truth: Annotations, accepted: Sequence[Suspicion], size_px: tuple[float, float]
) -> Annotations:
    """Return the labels of an image with what is suspected of them corrected.

    Labels stay in their order, new ones follow. Of two corrections of one label's class or box the
    first, likelier one is made; a label that is to go is gone, whatever else is suspected of it.

    Args:
        truth: the labels as they were audited.
        accepted: suspicions of this image, the likeliest first.
        size_px: its width and height; proposed boxes are cut to it.

    Raises:
        UserError: a label is not as it was when it was audited, or a proposed box has no area.
    """
    boxes, labels = truth.boxes.copy(), truth.labels.copy()
    kept = np.ones(len(truth), bool)
    added: list[tuple[Box, int]] = []
    for each in reversed(accepted):  # so that of two the likelier is the last, which stands
        row = checked_row(truth, each)
        if row is None:
            if each.proposed is not None:
                added.insert(0, (_inside(each, size_px), each.proposed))
        elif each.kind in REMOVING:
            kept[row] = False
        elif each.kind == "wrong_class" and each.proposed is not None:
            labels[row] = each.proposed
        elif each.kind == "badly_placed":
            boxes[row] = _inside(each, size_px)
    return Annotations(
        np.concatenate([boxes[kept], as_boxes([box for box, _ in added])]),
        [*labels[kept].tolist(), *(label for _, label in added)],
        [*truth.ignore[kept].tolist(), *(False for _ in added)],
    )


def checked_row(truth: Annotations, each: Suspicion) -> int | None:
    """Return which label of an image is suspected, None where it has none there.

    Raises:
        UserError: there is no such label any more.
    """
    row = each.object
    if row is None or each.label_box is None:
        return None
    is_there = 0 <= row < len(truth) and truth.labels[row] == each.label
    if not is_there or not np.allclose(truth.boxes[row], each.label_box, rtol=0, atol=1e-6):
        raise UserError(
            f"{each.file}: its labels are not as they were when they were audited; audit the run "
            "again"
        )
    return row


def _inside(each: Suspicion, size_px: tuple[float, float]) -> Box:
    """Return the proposed box within its image, on the grid that labels lie on.

    Raises:
        UserError: nothing is left of it.
    """
    box = clip(as_boxes([each.proposed_box or (0.0,) * 4]), *size_px).round(DECIMALS)[0]
    left, top, right, bottom = box.tolist()
    if right <= left or bottom <= top:
        raise UserError(f"{each.file}: a proposed box has no area in it; audit the run again")
    return left, top, right, bottom


def change_row(each: Suspicion, classes: Sequence[str]) -> tuple[str, ...]:
    """Return what accepting a suspicion changes, a text for each of `COLUMNS`, empty for nothing.

    Boxes are left, top, right and bottom in pixels, with blanks between.
    """
    is_gone = each.kind in REMOVING
    class_after = each.label if each.kind == "badly_placed" else each.proposed
    box_after = each.label_box if each.kind == "wrong_class" else each.proposed_box
    return (
        each.id,
        each.kind,
        each.split,
        each.file,
        _name(each.label, classes),
        _name(None if is_gone else class_after, classes),
        _place(each.label_box, " "),
        _place(None if is_gone else box_after, " "),
    )


def change_sentence(each: Suspicion, classes: Sequence[str]) -> str:
    """Return what accepting a suspicion changes, as a line that begins with the image."""
    labelled, seen = _name(each.label, classes), _name(each.proposed, classes)
    where, to = _place(each.label_box, ", "), _place(each.proposed_box, ", ")
    done = {
        "missing": f"{seen} added at {to}",
        "wrong_class": f"{labelled} at {where} is now {seen}",
        "badly_placed": f"the box of {labelled} moved from {where} to {to}",
        "nothing_there": f"{labelled} at {where} removed, nothing is there",
        "doubled": f"{labelled} at {where} removed, it was labelled twice",
    }
    return f"{each.file}: {done[each.kind]}"


def changes_table(accepted: Iterable[Suspicion], classes: Sequence[str]) -> str:
    """Return what accepting suspicions changes as CSV with a header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(change_row(each, classes) for each in accepted)
    return text.getvalue()


def _name(label: int | None, classes: Sequence[str]) -> str:
    return "" if label is None else classes[label]


def _place(box: Box | None, between: str) -> str:
    return "" if box is None else between.join(f"{side:.1f}".removesuffix(".0") for side in box)
