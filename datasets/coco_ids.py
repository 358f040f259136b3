"""Ids of COCO's files: ``1`` and ``"1"`` are one, as tools write either."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TypeVar

import msgspec

Id = int | float | str
_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,17}")


T = TypeVar("T", Id, Id | None)


def plain_id(key: T) -> T:
    """Return an id such that ``1``, ``1.0`` and ``"1"`` are one; ``"01"`` is another."""
    if type(key) is int:  # nearly always, of very many
        return key
    if isinstance(key, float):
        return int(key) if key.is_integer() else key
    if isinstance(key, str) and _NUMBER.fullmatch(key):
        return int(key)
    return key


def name_of(written: object) -> str:
    """Return a class's name as it is written, which may be a number or another of JSON's words."""
    return written if isinstance(written, str) else msgspec.json.encode(written).decode()


def names_by_id(categories: Iterable[tuple[Id, object]]) -> Mapping[Id, str]:
    """Return the name of each category, which come as id and written name.

    Raises:
        ValueError: one id has two names, in half a sentence.
    """
    names: dict[Id, str] = {}
    for key, written in categories:
        name = name_of(written)
        if names.setdefault(plain_id(key), name) != name:
            both = f"{names[plain_id(key)]!r} and {name!r}"
            raise ValueError(f"calls category {key} {both}; give each class its own id")
    return names
