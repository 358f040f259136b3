"""A matplotlib figure as SVG in a page: it takes the page's fonts and colours, dark ones too.

Figures are drawn in stand-in colours, for which the page's variables are put. No text of a user's
goes into a figure, names stand in the page around it: fonts here may not have their letters.
"""

from __future__ import annotations

import io
import re
from typing import Any

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.figure import Figure

INK, FAINT = "#010203", "#010204"
SERIES = tuple(f"#0102{number:02x}" for number in range(0x10, 0x16))  # as the page's --series-1 …
DASHES = ("-", (0, (6, 2)), (0, (1, 1.4)), (0, (6, 2, 1, 2)), (0, (3, 1)), (0, (8, 2, 2, 2)))
_VARIABLES = {
    INK: "var(--ink)",
    FAINT: "var(--line)",
    **{colour: f"var(--series-{place})" for place, colour in enumerate(SERIES, 1)},
}
STYLE: dict[Any, Any] = {  # matplotlib's parameters
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "lines.linewidth": 1.8,
}


def inline(figure: Figure, name: str, alternative: str) -> Markup:
    """Return the figure as an ``<svg>`` element that is an image to a screen reader.

    It is drawn in `INK`, `FAINT` and `SERIES` within ``rc_context(STYLE)``; ``name`` is unique in
    the page, its ids begin with it, and ``alternative`` says in words what the figure shows.
    """
    stream = io.StringIO()
    # The metadata would say when it was drawn.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    text = stream.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r"font(-family)?: [^;\"]*'[^;\"]*", _without_family, text)
    text = re.sub(r' id="([^"]*)"', rf' id="{name}-\1"', text)
    text = re.sub(r'href="#([^"]*)"', rf'href="#{name}-\1"', text)
    text = re.sub(r"url\(#([^)]*)\)", rf"url(#{name}-\1)", text)
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, variable)
    # The size is the page's to give, the shape is in the viewBox.
    head, body = text.split(">", 1)
    head = re.sub(r' (width|height)="[^"]*"', "", head)
    label = Markup.escape(alternative)
    return Markup(f'{head} role="img" aria-label="{label}">{body}')  # noqa: S704  drawn here


def _without_family(found: re.Match[str]) -> str:
    """Return a ``font`` of its size alone, in the page's family."""
    size = re.search(r"([\d.]+)px", found[0])
    return f"font-size: {size[1]}px" if size else ""
