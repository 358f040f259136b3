"""Numbers that may be undefined: nan in Python, null in JSON, never 0 or -1.

A figure without ground truth, a percentile without enough samples and an interval of two images do
not exist. Fields for such a number are typed `Number`; results with such fields go to JSON and come
back by the functions here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import numpy as np

T = TypeVar("T")

if TYPE_CHECKING:
    Number = float
else:

    class _AnyFloat(type):
        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, float)

    class Number(metaclass=_AnyFloat):
        """A float as a type of its own, so that msgspec asks here how to read it."""


def encode(value: object) -> bytes:
    """Return a result as JSON; numbers that are not finite become null."""
    return msgspec.json.encode(value, enc_hook=_scalar)


def plain(value: object) -> Any:
    """Return a result as a JSON reader would give it: objects, lists and None for null."""
    return msgspec.json.decode(encode(value))


def decode(data: bytes | str, kind: type[T]) -> T:
    """Return a result of that type from JSON; null becomes nan where a `Number` is wanted.

    Raises:
        msgspec.ValidationError: it is of another shape.
        msgspec.DecodeError: it is not JSON.
    """
    return msgspec.json.decode(data, type=kind, dec_hook=_number)


def convert(value: object, kind: type[T]) -> T:
    """Return a result of that type from what `plain` gave.

    Raises:
        msgspec.ValidationError: it is of another shape.
    """
    return msgspec.convert(value, kind, dec_hook=_number)


def schema(kind: type) -> dict[str, Any]:
    """Return the JSON Schema of a type of result."""
    return msgspec.json.schema(kind, schema_hook=lambda _: {"type": ["number", "null"]})


def _scalar(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise NotImplementedError(f"{type(value).__name__} has no form in JSON")


def _number(kind: type, value: object) -> float:
    if value is None:
        return float("nan")
    if kind is not Number or isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"expected a number or null, not {type(value).__name__}")
    return float(value)
