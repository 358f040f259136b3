"""The run that is left alone, with which all others are compared."""

from __future__ import annotations

import json
import time
from pathlib import Path

from scripts.measure.fault_kinds.tiny import done, main_job


def whole_run(shared: Path, *, networks: bool) -> float:
    """Return how many seconds the main job takes on ``shared/set``, whose run is ``shared/whole``.

    Raises:
        RuntimeError: it fails.
    """
    note = shared / "seconds.json"
    if not note.is_file():
        began = time.monotonic()
        result = done(main_job(shared, networks=networks), shared)
        if result.status:
            raise RuntimeError(f"the run that is left alone fails: {result.text[-500:]}")
        seconds = time.monotonic() - began
        (shared / "run").rename(shared / "whole")
        note.write_text(json.dumps(seconds), encoding="utf-8")
    return float(json.loads(note.read_bytes()))
