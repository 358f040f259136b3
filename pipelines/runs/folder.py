"""The folder of a run: worked on under another name, whole or not there, resumed stage by stage."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from datasets.errors import UserError
from pipelines.system.files import check_output, put_in_place, write_json

METRICS, STAGES, SETTINGS = "metrics.json", "stages", "settings.json"
SCHEMA_VERSION = 1  # of metrics.json


class RunFolder:
    """A run in the making at ``DIR.partial``, renamed to ``DIR`` when it is whole.

    Attributes:
        final: the folder asked for.
        partial: where the work happens.
    """

    def __init__(self, final: Path) -> None:
        """Only note the names; `open` touches the disk."""
        self.final = final
        self.partial = final.with_name(f"{final.name}.partial")

    @property
    def is_whole(self) -> bool:
        """Say whether a finished run is there."""
        return (self.final / METRICS).is_file()

    def open(self, settings: dict[str, Any], *, overwrite: bool, resume: bool) -> None:
        """Make the working folder, or go on with the one there.

        Raises:
            UserError: something is in the way that was not said to go.
        """
        check_output(self.final, "run", lambda path: self.is_whole, overwrite=overwrite)
        if self.partial.exists():
            if resume:
                self._check_same(settings)
                return
            if not overwrite:
                raise UserError(
                    f"{self.partial}: holds a run that was cut off; add --resume to go on with it "
                    "or --overwrite to start again"
                )
            if not (self.partial / SETTINGS).is_file() and any(self.partial.iterdir()):
                raise UserError(f"{self.partial}: is no run of this project; move it away")
            shutil.rmtree(self.partial)
        write_json(self.partial / SETTINGS, settings)

    def stage(self, name: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return what a stage gave: from an earlier attempt if it finished there, else by working.

        A stage counts as finished once its result is written, which is its last act.
        """
        path = self.partial / STAGES / f"{name}.json"
        if path.is_file():
            result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return result
        result = work()
        write_json(path, result)
        return result

    def finish(self) -> None:
        """Rename the working folder to the final one, which an older run leaves first."""
        shutil.rmtree(self.partial / STAGES, ignore_errors=True)
        (self.partial / SETTINGS).unlink()
        put_in_place(self.partial, self.final)

    def _check_same(self, settings: dict[str, Any]) -> None:
        path = self.partial / SETTINGS
        try:
            before = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UserError(
                f"{path}: can't be read, so the run can't go on; start again with --overwrite"
            ) from error
        now = json.loads(json.dumps(settings))
        changed = sorted(key for key in {*before, *now} if before.get(key) != now.get(key))
        if changed:
            raise UserError(
                f"{self.partial}: was started with another {', '.join(changed)}; repeat the "
                "command it was started with, or start again with --overwrite"
            )
