"""What a user can cause and put right: one base, which is all that a script has to catch."""

from __future__ import annotations

from typing import ClassVar


class UserError(Exception):
    """Something the user gave can't be used; the message is one sentence with the way out.

    A subclass exists only where some code has to act on that case alone.

    Attributes:
        exit_status: of a script that ends so.
    """

    exit_status: ClassVar[int] = 2


def came_of_interruption(error: BaseException | None) -> bool:
    """Say whether Ctrl-C is the error, or what led to it.

    An extension module that is interrupted while it is imported says that it can't be initialised.
    """
    seen: set[int] = set()  # causes may go round
    while error is not None and id(error) not in seen:
        if isinstance(error, KeyboardInterrupt):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False
