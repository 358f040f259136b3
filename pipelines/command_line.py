"""How every script ends: its exit status, and one sentence instead of a traceback."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable

from datasets.errors import UserError

STOPPED = 130  # the exit status of a program that Ctrl-C ended


def run(script: str, work: Callable[[], int], stopped: str = "") -> int:
    """Return what ``work`` returns, or the exit status of how it failed, with a sentence for why.

    Args:
        script: its name, which the sentence begins with.
        work: all that the script does with its arguments.
        stopped: what is to be known after Ctrl-C: what was written, how to go on.
    """
    try:
        return work()
    except UserError as error:
        status, sentence = error.exit_status, str(error)
    except OSError as error:  # a full disk, a file without permission
        status, sentence = UserError.exit_status, why(error)
    except KeyboardInterrupt:
        print(file=sys.stderr)  # behind the terminal's own ^C
        status, sentence = STOPPED, "; ".join(filter(None, ("stopped", stopped)))
    print(f"{script}: {printable(sentence)}", file=sys.stderr)
    return status


def why(error: OSError) -> str:
    """Return the file, where the system names one, and what is wrong with it."""
    reason = error.strerror or str(error)
    return reason if error.filename is None else f"{error.filename}: {reason}"


def printable(text: str) -> str:
    """Return the text with control characters escaped: in file names they command terminals."""
    return "".join(
        character.encode("unicode_escape").decode("ascii")
        if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        else character
        for character in text
    )
