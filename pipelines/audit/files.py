"""The files of an audit: ``audit.json`` with all that was found, ``audit.csv`` for spreadsheets."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import msgspec

from pipelines.audit.reading import FOUND
from pipelines.audit.suspicion import Audit, Box, Suspicion
from pipelines.system.files import write_json, write_text

TABLE = "audit.csv"
COLUMNS = ("probability", "kind", "split", "file", "object", "label", "proposed")


def write_audit(folder: Path, audit: Audit) -> None:
    """Write both files into a folder."""
    write_text(folder / TABLE, _table(audit))
    write_json(folder / FOUND, msgspec.to_builtins(audit))


def _table(audit: Audit) -> str:
    """Return a row for each suspicion; boxes are left, top, right, bottom in pixels."""
    boxes = [
        f"{which}_{side}" for which in ("label", "proposed") for side in (["x1", "y1", "x2", "y2"])
    ]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", *COLUMNS, *boxes, *(f"score_{name}" for name in audit.contenders)])
    for each in audit.suspicions:
        writer.writerow(
            [
                each.id,
                f"{each.probability:.4f}",
                each.kind,
                each.split,
                each.file,
                "" if each.object is None else each.object,
                *(_name(audit, label) for label in (each.label, each.proposed)),
                *_sides(each.label_box),
                *_sides(each.proposed_box),
                *(_score(each, name) for name in audit.contenders),
            ]
        )
    return text.getvalue()


def _name(audit: Audit, label: int | None) -> str:
    return "" if label is None else audit.classes[label]


def _sides(box: Box | None) -> list[str]:
    return [""] * 4 if box is None else [f"{side:.2f}" for side in box]


def _score(each: Suspicion, name: str) -> str:
    return f"{each.scores[name]:.4f}" if name in each.scores else ""
