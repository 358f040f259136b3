"""Loading a trained detector, whose files may be anybody's: a broken one is said in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from datasets.errors import UserError


class LoadingError(UserError):
    """A trained detector can't be loaded; the message is one sentence that names its folder."""


@contextmanager
def loading(folder: Path) -> Iterator[None]:
    """Let a trained detector's files be read within.

    Raises:
        LoadingError: they can't be, or are not what they should be.
    """
    try:
        yield
    except LoadingError:
        raise
    except Exception as error:  # libraries raise what they happen to when a file is broken
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise LoadingError(
            f"{folder}: can't be loaded ({reason}); copy it again from its run or train it again"
        ) from error
