"""The folder of a run: worked on under another name, whole or not there, resumed stage by stage."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from datasets.errors import UserError
from datasets.kept_files import flush_all, keep, kept
from datasets.regular_files import content
from pipelines.evaluation import undefined
from pipelines.runs.metrics import METRICS, write_schema
from pipelines.system.files import (
    check_output,
    put_in_place,
    remove_marked,
    settle,
    write_json,
)

STAGES, SETTINGS, SCHEMA = "stages", "settings.json", "metrics.schema.json"
FORGOTTEN = f"{STAGES}.old"  # while they are removed
REPLACES = "replaces-a-run"  # a file: the run may replace one that is there
MADE_BY = {"made_by": "scripts/compare_detection.py"}  # in the settings, by which they are ours
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
    """A run in the making at ``DIR.partial``, renamed to ``DIR``, `final`, when it is whole.

    Its ``settings.json`` is written first and removed last: it marks the folder as the project's.
    Only the sole writer of ``DIR`` may change anything.
    """

    def __init__(self, final: Path) -> None:
        """Only note the names; `open` touches the disk."""
        self.final = final
        self.partial = final.parent / f"{final.name}.partial"
        self._works = False  # on a stage in this attempt: later ones begin from its result

    @property
    def is_whole(self) -> bool:
        """Say whether a finished run is there."""
        return (self.final / METRICS).is_file()

    def open(self, settings: object, *, overwrite: bool, resume: bool) -> None:
        """Make the working folder, or go on with the one there, with ``resume``.

        Args:
            settings: all that decides the run's figures; what JSON can hold.
            overwrite: replace a run that is there.
            resume: go on with one that was cut off; it may replace a run if that was to be
                replaced when it was begun.

        Raises:
            UserError: something is in the way that may not go.
        """
        settle(self.final)
        is_begun = self.partial.exists()
        may_replace = overwrite or (resume and (self.partial / REPLACES).is_file())
        check_output(self.final, "run", lambda path: self.is_whole, overwrite=may_replace)
        if is_begun:
            if not self._is_ours():
                raise UserError(f"{self.partial}: is no run of this project; move it away")
            if resume:
                self._check_same(settings)
            elif overwrite:
                self._forget_stages()
                remove_marked(self.partial, SETTINGS)
            else:
                raise UserError(
                    f"{self.partial}: holds a run that was cut off; add --resume to go on with it "
                    "or --overwrite to start again"
                )
        if not self.partial.exists():
            write_json(self.partial / SETTINGS, MADE_BY | undefined.plain(settings))
        if self.is_whole:
            (self.partial / REPLACES).touch()

    def stage(self, name: str, kind: type[R], work: Callable[[], R]) -> R:
        """Return what a stage gave: from an earlier attempt if it finished there, else by working.

        A stage counts as finished once its result, of type ``kind``, is on the disk behind all
        that it wrote; one whose result is torn is done again, with all that come after it.

        Raises:
            UserError: what an earlier attempt kept can't be read.
        """
        before = self.kept(name, kind)
        if before is not None:
            return before
        self._works = True
        result = work()
        self.keep(name, result)
        return result

    def kept(self, name: str, kind: type[R]) -> R | None:
        """Return what a stage gave in an earlier attempt, None where it has to be worked on.

        Raises:
            UserError: it can't be read.
        """
        path = self._stage_file(name)
        with reading_kept(path):
            if not self._works and (data := kept(path)) is not None:
                return undefined.decode(data, kind)
        return None

    def keep(self, name: str, result: object) -> None:
        """Count a stage as finished in this attempt, with all that it wrote."""
        self._works = True
        flush_all(self.partial)
        keep(self._stage_file(name), undefined.encode(result))

    def _stage_file(self, name: str) -> Path:
        return self.partial / STAGES / f"{name}.json"

    def _forget_stages(self) -> None:
        """Have no stage count as finished, at once: what they wrote goes one by one."""
        shutil.rmtree(self.partial / FORGOTTEN, ignore_errors=True)
        with suppress(FileNotFoundError):
            shutil.rmtree((self.partial / STAGES).rename(self.partial / FORGOTTEN))

    def abandon(self) -> None:
        """Remove the working folder, if no stage is finished in it."""
        if not (self.partial / STAGES).exists():
            remove_marked(self.partial, SETTINGS)

    def finish(self) -> None:
        """Rename the working folder to the final one, which an older run leaves first.

        Raises:
            UserError: something is there that was not when the run began.
        """
        write_schema(self.partial / SCHEMA)
        replaces = (self.partial / REPLACES).is_file()
        put_in_place(self.partial, self.final, lambda run: replaces and (run / METRICS).is_file())
        self.tidy()

    def tidy(self) -> None:
        """Remove what only going on with the run needed, and what was left beside it."""
        settle(self.final)
        for name in (STAGES, FORGOTTEN):
            shutil.rmtree(self.final / name, ignore_errors=True)
        for name in (REPLACES, SETTINGS):
            (self.final / name).unlink(missing_ok=True)

    def _is_ours(self) -> bool:
        """Say whether the working folder is a run's, or what is left of one at its begin or end."""
        if (self.partial / SETTINGS).exists():
            with suppress(UserError):
                return bool(self._begun_with().items() >= MADE_BY.items())
            return False
        return all(
            each.name.startswith(f".{SETTINGS}.")
            or (each.name == STAGES and not any(each.iterdir()))
            for each in self.partial.iterdir()
        )

    def _begun_with(self) -> dict[str, Any]:
        """Return the settings that the run was begun with.

        Raises:
            UserError: they can't be read.
        """
        path = self.partial / SETTINGS
        with reading_kept(path):
            return msgspec.json.decode(content(path), type=dict[str, Any])

    def _check_same(self, settings: object) -> None:
        before, now = self._begun_with(), MADE_BY | undefined.plain(settings)
        changed = sorted(key for key in {*before, *now} if before.get(key) != now.get(key))
        if changed:
            raise UserError(
                f"{self.partial}: was started with another {', '.join(changed)}; repeat the "
                "command it was started with, or start again with --overwrite"
            )
