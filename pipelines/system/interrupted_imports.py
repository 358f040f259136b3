"""Imported by scripts before all else: Ctrl-C while the rest is imported shows no traceback.

`command_line` answers Ctrl-C from the moment a script works; before that, Python would print where
in which library's import it was. What it does at its own start can't be helped.
"""

from __future__ import annotations

import os
import sys
from types import TracebackType

from datasets.errors import came_of_interruption


def _excepthook(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    if came_of_interruption(error):
        print("\nstopped", file=sys.stderr, flush=True)
        os._exit(130)  # as `command_line` ends; Python's own status would be of the error
    else:
        sys.__excepthook__(kind, error, traceback)


sys.excepthook = _excepthook
