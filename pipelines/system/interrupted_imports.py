"""Imported by scripts before all else: Ctrl-C while the rest is imported shows no traceback.

`command_line` answers Ctrl-C from the moment a script works; before that, Python would print where
in which library's import it was. What it does at its own start can't be helped.
"""

from __future__ import annotations

import sys
from types import TracebackType


def _excepthook(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        print("\nstopped", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, traceback)


sys.excepthook = _excepthook
