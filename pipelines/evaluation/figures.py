"""Figures found by their names in what ``metrics.json`` holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


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
    elif (extra := quality.get("at_iou")) and name == f"map_{iou_name(extra['iou'])}":
        value = extra["map"]
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
