"""Figures of quality by their names in options and tables."""

from __future__ import annotations

from math import nan

from pipelines.evaluation.report_card import FullQuality
from pipelines.evaluation.resampling import iou_name

__all__ = ["iou_name", "named_figure"]


def named_figure(quality: FullQuality, name: str) -> tuple[float, tuple[float, float]]:
    """Return a figure and its 95 % interval, nan for what does not exist.

    Args:
        quality: of a detector.
        name: as ``map_50``, ``map_30`` for another IoU, ``operating_point.f1``,
            ``conventions.<name>.map_50`` or ``per_class.<class>.ap_50``; a class's name may hold
            dots.
    """
    group, _, rest = name.partition(".")
    member, _, last = rest.rpartition(".")
    extra = quality.at_iou
    if extra is not None and name == f"map_{iou_name(extra.iou)}":
        value = extra.map
    elif group == "per_class":
        value = getattr(quality.per_class.get(member), last, nan)
    elif group == "conventions":
        value = getattr(quality.conventions.get(member), last, nan)
    elif group == "operating_point":
        value = getattr(quality.operating_point, rest, nan)
    else:
        value = getattr(quality, name, nan)
    return value, quality.interval_95.get(name, (nan, nan))
