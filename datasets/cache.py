"""Where sets that the project makes or downloads are kept."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def cache_homes() -> list[Path]:
    """Return where a set may be kept, best first: the user's cache, then the temporary folder."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification has relative paths ignored.
    first = Path(cache) if Path(cache).is_absolute() else Path("~/.cache").expanduser()
    user = os.getuid() if hasattr(os, "getuid") else "user"
    temporary = Path(tempfile.gettempdir()) / f"classical-or-deep-{user}"
    return [first / "classical-or-deep", temporary]
