"""Pages that are one file each: templates, and the style and the one script that they carry."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from math import isnan
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipelines.report import rows


def environment(*folders: Path) -> Environment:
    """Return how templates are filled that lie in those folders: every text is escaped."""
    made = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["shown"] = rows.shown
    made.tests["unknown"] = isnan
    made.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "allow_nan": False}
    return made


def own_code(styles: Sequence[Path], scripts: Sequence[Path]) -> dict[str, Any]:
    """Return ``style`` and ``script``, and the hash of the one script that the page lets run.

    The files are our own; in their order they are one.
    """
    style = "\n".join(path.read_text(encoding="utf-8") for path in styles)
    parts = [path.read_text(encoding="utf-8") for path in scripts]
    script = '"use strict";\n' + "\n".join(parts)
    digest = hashlib.sha256(script.encode()).digest()
    return {
        "style": Markup(style),  # noqa: S704  our own file
        "script": Markup(script),  # noqa: S704
        "script_sha256": b64encode(digest).decode("ascii"),
    }
