"""Results as plain values for a JSON file: a figure that does not exist is null."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any


def plain(value: Any) -> Any:
    """Return dataclasses as objects, tuples as lists and numbers that are not finite as None."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def iou_name(iou: float) -> str:
    """Return what figures at an IoU are called by: 30 for 0.3, as in ``map_30``."""
    return f"{round(100 * iou, 6):g}"
