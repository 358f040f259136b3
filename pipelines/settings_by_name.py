"""Frozen settings changed by name, as ``--set`` and JSON files do, and checked by type."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from datasets.errors import UserError

S = TypeVar("S")


def with_setting(settings: S, assignment: str) -> S:
    """Return the settings with one changed, as ``classical.proposals=300``.

    Raises:
        UserError: no such setting, or a value of another type.
    """
    name, equals, text = assignment.partition("=")
    if not equals:
        raise UserError(f"--set takes NAME=VALUE, not {assignment!r}")
    path = name.split(".")
    if path[0] == "dataset" and len(path) > 1:  # a field of that name already is the folder
        path[0] = "data"
    return _changed(settings, path, text, name)


def from_json(kind: type[S], values: object, name: str = "settings") -> S:
    """Return settings of that kind from what `asdict` gave; what is missing has its default.

    Raises:
        UserError: a name is unknown or a value has another type.
    """
    if not isinstance(values, Mapping):
        raise UserError(f"{name} must be an object of names and values")
    hints = get_type_hints(kind)
    unknown = sorted(set(map(str, values)) - set(hints))
    if unknown:
        raise UserError(f"{name} has no setting {unknown[0]!r}; known: {', '.join(hints)}")
    made = {
        key: from_json(hints[key], value, f"{name}.{key}")
        if is_dataclass(hints[key])
        else _from_value(hints[key], value, f"{name}.{key}")
        for key, value in values.items()
    }
    return kind(**made)


def _changed(settings: S, path: list[str], text: str, name: str) -> S:
    known = {f.name for f in fields(settings)}  # type: ignore[arg-type]
    head, *rest = path
    if head not in known:
        raise UserError(f"no setting {name!r}; known here: {', '.join(sorted(known))}")
    old = getattr(settings, head)
    if is_dataclass(old) != bool(rest):
        raise UserError(f"{name!r} is not one setting; name it as in classical.proposals=300")
    kind = get_type_hints(type(settings))[head]
    new = _changed(old, rest, text, name) if rest else _from_text(kind, text, name)
    return replace(settings, **{head: new})  # type: ignore[type-var]


def _from_text(kind: Any, text: str, name: str) -> Any:
    """Return the value of a setting as written on the command line."""
    if get_origin(kind) in {Union, types.UnionType}:
        if text.lower() == "none":
            return None
        kind = next(k for k in get_args(kind) if k is not types.NoneType)
    if get_origin(kind) is tuple:
        return tuple(_from_text(get_args(kind)[0], t, name) for t in text.split(",") if t)
    if kind is bool:
        truths = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        if text.lower() in truths:
            return truths[text.lower()]
        raise UserError(f"{name} is true or false, not {text!r}")
    try:
        return kind(text)
    except ValueError as error:
        raise UserError(f"{name} takes {_article(kind)}, not {text!r}") from error


def _from_value(kind: Any, value: object, name: str) -> Any:
    """Return the value of a setting as read from JSON."""
    if get_origin(kind) in {Union, types.UnionType}:
        if value is None:
            return None
        kind = next(k for k in get_args(kind) if k is not types.NoneType)
    if get_origin(kind) is tuple and isinstance(value, list | tuple):
        return tuple(_from_value(get_args(kind)[0], item, name) for item in value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is kind:
        return value
    raise UserError(f"{name} takes {_article(kind)}, not {value!r}")


def _article(kind: Any) -> str:
    names = {int: "a whole number", float: "a number", str: "a word", bool: "true or false"}
    return names.get(kind, "a list")
