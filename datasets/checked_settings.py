"""Settings that can't be wrong: each declares what it may be, and every instance is checked.

A number's range is declared beside its type, ``Annotated[int, msgspec.Meta(ge=1, le=9)]``, and the
choices of a word as ``Literal``; nan and infinity lie outside every range.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Annotated, Any, ClassVar, TypeVar, get_args, get_type_hints

import msgspec

from datasets.errors import UserError
from datasets.path_names import is_text

C = TypeVar("C", bound="Checked")
T = TypeVar("T")
Few = Annotated[tuple[T, ...], msgspec.Meta(max_length=32)]  # values, each of which costs time
Names = Annotated[tuple[str, ...], msgspec.Meta(max_length=100_000)]
_BOUND = re.compile(r"Expected `\w+(?: \| null)?` ([<>]=?) (\S+)")
_LENGTH = re.compile(r"Expected `array` of length <= (\d+)")
_MOST_SHOWN = 40  # characters of a value that is refused
_LIMITS = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}
_TYPES = {"int": "a whole number", "float": "a number", "str": "a word", "bool": "true or false"}


@dataclass(frozen=True)
class Checked:
    """A frozen dataclass whose values are checked when it is made, also by ``replace``.

    Attributes:
        PREFIX: of the names by which a user sets its fields; ``--`` for options.
    """

    PREFIX: ClassVar[str] = ""

    def __post_init__(self) -> None:
        """Check each field.

        Raises:
            UserError: a value is not what its field may be.
        """
        for name, kind in kinds(type(self)).items():
            shown = name.replace("_", "-") if self.PREFIX == "--" else name
            if not is_dataclass(kind):  # those have checked themselves
                converted(kind, getattr(self, name), f"{self.PREFIX}{shown}")


def kinds(settings: type) -> dict[str, Any]:
    """Return what each field of a dataclass may be."""
    hints = get_type_hints(settings, include_extras=True)
    return {field.name: hints[field.name] for field in fields(settings)}


def check_pattern(name: str, pattern: str, example: str) -> None:
    """Hold the setting of that name to being a regular expression.

    Raises:
        UserError: it is none.
    """
    try:
        re.compile(pattern)
    except re.error as error:
        raise UserError(
            f"{name} is a regular expression as in {example}, not {pattern!r}: {error}"
        ) from error


def is_several(kind: Any) -> bool:
    """Say whether a field's values are a row of any length, as `Few` and `Names` are."""
    of_all = get_args(kind)[0] if hasattr(kind, "__metadata__") else kind
    return Ellipsis in get_args(of_all)


def converted(kind: Any, value: object, name: str, *, strict: bool = True) -> Any:
    """Return the value of a setting as its type; texts are read as numbers unless ``strict``.

    Raises:
        UserError: it can't be; the sentence has the name, what is allowed and what was given.
    """
    if isinstance(value, str) and not is_text(value):  # no file of results could hold it
        raise UserError(f"{name} must be text in UTF-8, not {value!r}".lstrip())
    try:
        return msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as error:
        given = ",".join(map(str, value)) if isinstance(value, list | tuple) else value
        if len(str(given)) > _MOST_SHOWN:
            given = f"{str(given)[:_MOST_SHOWN]}…"
        bound = _BOUND.match(str(error))
        if length := _LENGTH.match(str(error)):
            sentence = f"takes at most {length[1]} values"
        elif bound:
            sentence = f"must be {_LIMITS[bound[1]]} {bound[2].removesuffix('.0')}, not {given}"
        elif "multiple of" in str(error):
            sentence = f"must be a multiple of {str(error).split()[-1]}, not {given}"
        elif "out of range" in str(error):
            sentence = f"is out of range: {given}"
        elif str(error).startswith("Invalid enum value"):
            sentence = f"is one of {', '.join(get_args(kind))}, not {given!r}"
        else:
            wanted = re.findall(r"\w+", str(error))[1]
            sentence = f"takes {_TYPES.get(wanted, 'a list')}, not {given!r}"
        raise UserError(f"{name} {sentence}".lstrip()) from error


def from_json(kind: type[C], values: object, name: str = "settings") -> C:
    """Return settings of that kind from what `asdict` gave; what is missing has its default.

    Raises:
        UserError: a name is unknown or a value can't be used.
    """
    if not isinstance(values, Mapping):
        raise UserError(f"{name} must be an object of names and values")
    known = kinds(kind)
    unknown = sorted(set(map(str, values)) - set(known))
    if unknown:
        raise UserError(f"{name} has no setting {unknown[0]!r}; known: {', '.join(known)}")
    made = {
        key: (from_json if is_dataclass(known[key]) else converted)(
            known[key], value, f"{name}.{key}"
        )
        for key, value in values.items()
    }
    return kind(**made)
