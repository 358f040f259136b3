"""Impossible values for every number that can be set or given."""

from __future__ import annotations

import argparse
import importlib
import math
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from functools import partial
from pathlib import Path
from typing import Any, get_args

from msgspec import Meta

from datasets.checked_settings import Checked, is_several, kinds
from pipelines.settings import RunSettings, with_setting
from pipelines.system.command_line import Options
from scripts.measure.fault_kinds.cases import Case, refused

KIND = "impossible values"
IMPOSSIBLE = ("nan", "inf", "-inf", "-1", "-5", "1e300", "9" * 30, "9" * 5000)
SCRIPTS = ("detect", "compare_runs", "study_axes", "explain")
BELOW_ZERO = {"--threshold"}  # what may be: a score is any number


def value_cases() -> Iterator[Case]:
    """Yield each setting and each option that is a number, with each impossible value."""
    for name, number in _settings(RunSettings, _is_number):
        for value in (*IMPOSSIBLE, *(["0"] if _begins_above_zero(number) else [])):
            yield Case(KIND, f"{name}={value[:31]}", partial(_set, f"{name}={value}"))
    for name, _ in _settings(RunSettings, is_several):
        yield Case(KIND, f"{name}: a million", partial(_set, f"{name}={','.join(['1'] * 10**6)}"))
    for script in SCRIPTS:
        module = importlib.import_module(f"scripts.{script}")
        options: Options = module.OPTIONS if hasattr(module, "OPTIONS") else module.parser()
        for action in options._actions:
            kind = action.type
            if not callable(kind) or kind is Path or not action.option_strings:
                continue
            name = action.option_strings[0]
            for value in IMPOSSIBLE:
                if not (name in BELOW_ZERO and value in {"-1", "-5"}):
                    yield Case(KIND, f"{script} {name} {value[:31]}", partial(_given, kind, value))


def _settings(
    group: type[Checked], has: Callable[[Any], bool], prefix: str = ""
) -> Iterator[tuple[str, Any]]:
    """Yield the name and the type of each setting whose type has something, of all groups."""
    for name, kind in kinds(group).items():
        if is_dataclass(kind):
            below = "dataset." if name == "data" else f"{name}."
            yield from _settings(kind, has, below)  # type: ignore[arg-type]  # settings hold settings
        elif has(kind):
            yield f"{prefix}{name}", kind


def _is_number(kind: Any) -> bool:
    return kind in {int, float} or any(map(_is_number, get_args(kind)))


def _begins_above_zero(kind: Any) -> bool:
    """Say whether 0 is too small a number."""
    return any(
        (each.gt is not None or (each.ge or 0) > 0)
        if isinstance(each, Meta)
        else _begins_above_zero(each)
        for each in get_args(kind)
    )


def _set(assignment: str, place: Path) -> str:
    del place
    return refused(lambda: with_setting(RunSettings(), assignment))


def _given(kind: Any, value: str, place: Path) -> str:
    del place
    try:
        taken = kind(value)
    except (argparse.ArgumentTypeError, ValueError):
        return ""
    return f"{value[:31]} was taken as {taken}" if math.isfinite(taken) else "not finite"
