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
