"""Results as plain values for a JSON file, and found there again: what does not exist is null."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
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


def named_figure(
    quality: Mapping[str, Any], name: str
) -> tuple[float | None, tuple[float, float] | None]:
    """Return a figure of ``quality`` and its 95 % interval, None for what does not exist.

    Args:
        quality: of a pipeline, as ``metrics.json`` has it.
        name: as ``map_50`` or ``per_class.<class>.ap_50``; a class's name may hold dots.
    """
    if name.startswith("per_class."):
        label, _, kind = name.removeprefix("per_class.").rpartition(".")
        value = quality["per_class"].get(label, {}).get(kind)
    else:
        value = quality.get(name)
    low, high = quality["interval_95"].get(name) or (None, None)
    return value, None if low is None or high is None else (low, high)


def at(values: Any, path: Iterable[str]) -> Any:
    """Return what stands at the end of a path of names, None where it breaks off."""
    for name in path:
        values = values.get(name) if isinstance(values, Mapping) else None
    return values


def iou_name(iou: float) -> str:
    """Return what figures at an IoU are called by: 30 for 0.3, as in ``map_30``."""
    return f"{round(100 * iou, 6):g}"
