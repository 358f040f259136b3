"""What reaches the terminal: names out of files can command it, so they are escaped here, once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from pipelines.system.command_line import printable


class Terminal(Console):
    """A console that shows control characters as their codes, whatever they came in with.

    Rich's own, for styles and progress, are untouched; names like ``:cat:`` are no emoji.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(emoji=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """Return a text that is measured, wrapped and printed."""
        return super().render_str(_escaped(text), **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Yield the segments of what is to be printed, also of what was no text before."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=_escaped(segment.text))

    def print_line(self, text: str) -> None:
        """Print a text as one line, brackets and line feeds in it as they are."""
        self.print(printable(text), markup=False, highlight=False, soft_wrap=True)


def _escaped(text: str) -> str:
    """Return a text of several lines with all other control characters as their codes."""
    return text if text.isprintable() else "\n".join(map(printable, text.split("\n")))
