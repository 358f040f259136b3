"""The axes along which a run can be studied: one row each, with a folder of that name beside."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Axis:
    """One axis.

    Attributes:
        name: in options, in ``metrics.json`` and of its folder in `pipelines/studies/`, whose
            ``study.py`` has ``study(subject, cells)`` and ``draw(result)``.
        part: of the time for all axes that are studied, against the others' parts.
        shows_cost: whether it shows which contender costs less.
        in_every_run: cheap enough to be studied unasked.
        has_settings: whether there is a group of settings of its name, which may be changed where
            a finished run is studied, since what was measured does not depend on them.
    """

    name: str
    part: float
    shows_cost: bool = False
    in_every_run: bool = False
    has_settings: bool = False


# In the order of tables.
AXES = (
    Axis("data", 22.0),
    Axis("hardware", 4.0, shows_cost=True),
    Axis("features", 5.0),
    Axis("approach", 2.0, in_every_run=True),
    Axis("time", 1.0, shows_cost=True, in_every_run=True),
    Axis("interpretability", 4.5),
    Axis("conditions", 4.0, has_settings=True),
)
NAMES = tuple(axis.name for axis in AXES)
DEFAULT = tuple(axis.name for axis in AXES if axis.in_every_run)
