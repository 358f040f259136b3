"""How every script ends: its exit status, and one sentence instead of a traceback."""

from __future__ import annotations

import argparse
import re
import sys
import unicodedata
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Never

from msgspec import Meta

from datasets.checked_settings import converted
from datasets.errors import UserError, came_of_interruption
from pipelines.system.interruptions import keep_interruptions, stopped_alike

MOST = 2**31 - 1  # of counts and seeds, which C's integers hold everywhere
_COMMANDS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # categories of Unicode
_JOINERS = "\u200c\u200d"  # within words and emoji
STOPPED = 130  # the exit status of a program that Ctrl-C ended


Work = Callable[[argparse.Namespace], int]


class Options(argparse.ArgumentParser):
    """A parser that a script's docstring describes, and whose refusals are errors like all others.

    Its first line is the description; ``further`` are the arguments of any parser.
    """

    def __init__(self, doc: str | None = None, **further: Any) -> None:
        super().__init__(description=(doc or "").partition("\n")[0], **further)

    def error(self, message: str) -> Never:
        """Refuse what was given.

        Raises:
            UserError: always.
        """
        raise UserError(re.sub(r"^argument (\S+): (must|takes) ", r"\1 \2 ", message))


def whole(least: int, most: int = MOST) -> Callable[[str], int]:
    """Return the type of an option that is a whole number of that range."""
    return _option(Annotated[int, Meta(ge=least, le=most)])


def real(least: float, most: float, *, above: bool = False) -> Callable[[str], float]:
    """Return the type of an option that is a number of that range, which may begin ``above``."""
    limits = Meta(gt=least, le=most) if above else Meta(ge=least, le=most)
    return _option(Annotated[float, limits])


def _option(kind: Any) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            return converted(kind, text, "", strict=False)
        except UserError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return read


def command(
    script: str, options: Options, stopped: str = ""
) -> Callable[[Work], Callable[[Sequence[str]], int]]:
    """Make a script's work its ``main``, which takes a command line and returns the exit status."""
    return lambda work: lambda argv: run(script, options, argv, work, stopped)


def run(
    script: str,
    options: Options,
    argv: Sequence[str] | None,
    work: Work,
    stopped: str = "",
) -> int:
    """Return what ``work`` returns, or the exit status of how it failed, with a sentence for why.

    ``work`` is all that the script of that name does with its arguments, ``argv`` or the program's
    own; ``stopped`` is what is to be known after Ctrl-C: what was written, how to go on.
    """
    keep_interruptions()
    came: list[int] = []
    try:
        with stopped_alike() as came:
            return work(options.parse_args(argv))
    except BaseException as error:
        if came or came_of_interruption(error):
            print(file=sys.stderr)  # behind the terminal's own ^C
            status, sentence = STOPPED, "; ".join(filter(None, ("stopped", stopped)))
        elif isinstance(error, UserError):
            status, sentence = error.exit_status, str(error)
        elif isinstance(error, OSError):  # a full disk, a file without permission
            status, sentence = UserError.exit_status, why(error)
        else:
            raise
    say(f"{script}: {sentence}", error=True)
    return status


def why(error: OSError) -> str:
    """Return the file, where the system names one, and what is wrong with it."""
    reason = error.strerror or str(error)
    return reason if error.filename is None else f"{error.filename}: {reason}"


def say(*lines: str, error: bool = False) -> None:
    """Print lines as they are, in results or beside them, but for control characters."""
    for line in lines:
        print(printable(line), file=sys.stderr if error else sys.stdout)


def printable(text: str) -> str:
    """Return the text with control characters escaped: in file names they command terminals."""
    if text.isprintable():
        return text
    return "".join(
        character.encode("unicode_escape").decode("ascii")
        if unicodedata.category(character) in _COMMANDS and character not in _JOINERS
        else character
        for character in text
    )
