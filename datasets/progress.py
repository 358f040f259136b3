"""Progress of long steps: they are given a `Track` and loop through it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

T = TypeVar("T")
Description = str | Callable[[], str]  # a function where it changes as the step goes on


class Track(Protocol):
    """Loops over ``items`` while somebody watches."""

    def __call__(self, items: Iterable[T], description: Description, total: int) -> Iterable[T]:
        """Return ``items`` unchanged, showing how many of ``total`` are done."""
        ...


def silently(items: Iterable[T], description: Description, total: int) -> Iterator[T]:
    """Loop and show nothing: the `Track` for tests and for callers with a display of their own."""
    del description, total
    return iter(items)
