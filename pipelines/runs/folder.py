"""The folder of a run: worked on under another name, whole or not there, resumed stage by stage."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from datasets.errors import UserError
from pipelines.evaluation import undefined
from pipelines.runs.metrics import METRICS, write_schema
from pipelines.system.files import check_output, put_in_place, write_json, write_text

STAGES, SETTINGS, SCHEMA = "stages", "settings.json", "metrics.schema.json"
# Where each split's detections and ground truth are, below the run's folder.
SPLIT_FOLDERS = {"val": Path("validation"), "test": Path()}
AXES, CELLS = "axes", "cells"  # folders: of the plots, and in that one of what was measured
R = TypeVar("R")


@contextmanager
def reading_kept(path: Path) -> Iterator[None]:
    """Let what a run that was cut off has kept in a file be read within.

    Raises:
        UserError: it can't be, or another version kept it.
    """
    try:
        yield
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(
            f"{path}: can't be read ({error}), so the run can't go on; start again with --overwrite"
        ) from error


class RunFolder:
    """A run in the making at ``DIR.partial``, renamed to ``DIR``, `final`, when it is whole."""

    def __init__(self, final: Path) -> None:
        """Only note the names; `open` touches the disk."""
        self.final = final
        self.partial = final.with_name(f"{final.name}.partial")

    @property
    def is_whole(self) -> bool:
        """Say whether a finished run is there."""
        return (self.final / METRICS).is_file()

    def open(self, settings: object, *, overwrite: bool, resume: bool) -> None:
        """Make the working folder, or go on with the one there, with ``resume``.

        Args:
            settings: all that decides the run's figures; what JSON can hold.
            overwrite: replace a run that is there.
            resume: go on with one that was cut off.

        Raises:
            UserError: something is in the way that may not go.
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
        write_json(self.partial / SETTINGS, undefined.plain(settings))

    def stage(self, name: str, kind: type[R], work: Callable[[], R]) -> R:
        """Return what a stage gave: from an earlier attempt if it finished there, else by working.

        A stage counts as finished once its result, of type ``kind``, is written: its last act.

        Raises:
            UserError: what an earlier attempt kept can't be read.
        """
        path = self.partial / STAGES / f"{name}.json"
        if path.is_file():
            with reading_kept(path):
                return undefined.decode(path.read_bytes(), kind)
        result = work()
        write_text(path, undefined.encode(result).decode())
        return result

    def abandon(self) -> None:
        """Remove the working folder, if no stage is finished in it."""
        if not (self.partial / STAGES).exists():
            shutil.rmtree(self.partial)

    def finish(self) -> None:
        """Rename the working folder to the final one, which an older run leaves first."""
        write_schema(self.partial / SCHEMA)
        shutil.rmtree(self.partial / STAGES, ignore_errors=True)
        (self.partial / SETTINGS).unlink()
        put_in_place(self.partial, self.final)

    def _check_same(self, settings: object) -> None:
        path = self.partial / SETTINGS
        with reading_kept(path):
            before = json.loads(path.read_text(encoding="utf-8"))
        now = undefined.plain(settings)
        changed = sorted(key for key in {*before, *now} if before.get(key) != now.get(key))
        if changed:
            raise UserError(
                f"{self.partial}: was started with another {', '.join(changed)}; repeat the "
                "command it was started with, or start again with --overwrite"
            )
