"""The folder of a run: worked on under another name, whole or not there, resumed stage by stage."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from datasets.errors import UserError

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
        name = self.final
        if self.final.exists() and not self.is_whole:
            if not self.final.is_dir() or any(self.final.iterdir()):
                raise UserError(f"{name}: holds something that is no run; choose another")
        elif self.is_whole and not overwrite:
            raise UserError(f"{name}: already holds a run; add --overwrite or choose another")
        if self.partial.exists():
            if resume:
                self._check_same(settings)
                return
            if not overwrite:
                raise UserError(
                    f"{self.partial}: holds a run that was cut off; add --resume to go on with it "
                    "or --overwrite to start anew"
                )
            if not (self.partial / SETTINGS).is_file() and any(self.partial.iterdir()):
                raise UserError(f"{self.partial}: is no run of this project; move it away")
            shutil.rmtree(self.partial)
        try:
            (self.partial / STAGES).mkdir(parents=True)
            write_json(self.partial / SETTINGS, settings)
        except OSError as error:
            raise UserError(
                f"{self.partial}: can't be written ({error.strerror}); choose another --output"
            ) from error

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
        shutil.rmtree(self.partial / STAGES)
        (self.partial / SETTINGS).unlink()
        old = self.final.with_name(f"{self.final.name}.old")
        if self.final.exists():
            self.final.rename(old)
        self.partial.rename(self.final)
        shutil.rmtree(old, ignore_errors=True)

    def _check_same(self, settings: dict[str, Any]) -> None:
        path = self.partial / SETTINGS
        try:
            before = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UserError(
                f"{path}: can't be read, so the run can't go on; start anew with --overwrite"
            ) from error
        now = json.loads(json.dumps(settings))
        changed = sorted(key for key in {*before, *now} if before.get(key) != now.get(key))
        if changed:
            raise UserError(
                f"{self.partial}: was started with another {', '.join(changed)}; repeat the "
                "command it was started with, or start anew with --overwrite"
            )


@contextmanager
def replacing(output: Path) -> Iterator[Path]:
    """Give a folder to write into that takes the output's place when all went well.

    Until then it lies beside; whatever is raised, the output stays as it was.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{output.name}.", dir=output.parent) as partial:
        work = Path(partial) / output.name
        work.mkdir()
        yield work
        if output.exists():
            shutil.rmtree(output)
        work.rename(output)


def write_json(path: Path, values: object) -> None:
    """Write beside and rename, so that a file is whole or not there; nan is not allowed."""
    write_text(path, json.dumps(values, indent=2, allow_nan=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write beside and rename, so that a file is whole or not there."""
    beside = path.with_name(f"{path.name}.writing")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
