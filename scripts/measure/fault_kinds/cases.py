"""Cases of faults, each tried in a folder of its own, and what came of them, kept on disk."""

from __future__ import annotations

import random
import shutil
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from datasets.errors import UserError

SKIPPED = "skipped: "  # how the note of a case begins that can't be tried here


@dataclass(frozen=True)
class Case:
    """One thing that may go wrong.

    Attributes:
        kind: the row of the table it counts in.
        name: unique in its kind.
        attempt: does it in an empty folder, and returns what was not as it must be, in a few
            words, or nothing.
    """

    kind: str
    name: str
    attempt: Callable[[Path], str]


class Outcome(msgspec.Struct, frozen=True):
    """What came of a case; without a note it went as it must."""

    kind: str
    name: str
    note: str

    @property
    def is_skipped(self) -> bool:
        """Say whether it could not be tried here."""
        return self.note.startswith(SKIPPED)


class Outcomes:
    """What came of the cases so far, a line each in a file, so that a measurement can go on."""

    def __init__(self, folder: Path) -> None:
        """Read what is there."""
        self._file, self._place = folder / "outcomes.jsonl", folder / "case"
        lines = self._file.read_bytes().splitlines() if self._file.is_file() else []
        self.all = [msgspec.json.decode(line, type=Outcome) for line in lines]

    def attempt(self, cases: Iterable[Case]) -> None:
        """Try the cases that were not tried before."""
        done = {(each.kind, each.name) for each in self.all}
        for case in cases:
            if (case.kind, case.name) in done:
                continue
            shutil.rmtree(self._place, ignore_errors=True)
            self._place.mkdir(parents=True)
            try:
                note = case.attempt(self._place)
            except Exception as error:  # whatever a case meets counts against the project
                frame = traceback.extract_tb(error.__traceback__)[-1]
                note = f"{type(error).__name__} at {frame.filename}:{frame.lineno}: {error}"
            outcome = Outcome(case.kind, case.name, " ".join(note.split())[:300])
            self.all.append(outcome)
            with self._file.open("ab") as stream:
                stream.write(msgspec.json.encode(outcome) + b"\n")
        shutil.rmtree(self._place, ignore_errors=True)

    def rows(self) -> list[Sequence[str]]:
        """Return a row a kind: how many went as they must, how many were tried and skipped."""
        rows: list[Sequence[str]] = []
        for kind in dict.fromkeys(each.kind for each in self.all):
            of_kind = [each for each in self.all if each.kind == kind]
            tried = [each for each in of_kind if not each.is_skipped]
            right = sum(not each.note for each in tried)
            rows.append((kind, f"{right} of {len(tried)}", str(len(of_kind) - len(tried))))
        return rows


def refused(work: Callable[[], object], *, must: bool = True) -> str:
    """Return what is wrong if the work is not refused with one sentence.

    Where it ``must`` not be, it may also go well.
    """
    try:
        work()
    except UserError as error:
        return "more than a line" if "\n" in str(error) else ""
    return "was taken" if must else ""


def sampled(cases: Sequence[Case], most: int | None, seed: int) -> list[Case]:
    """Return at most so many of the cases, drawn by chance and in their order."""
    if most is None or most >= len(cases):
        return list(cases)
    chosen = set(random.Random(seed).sample(range(len(cases)), most))  # noqa: S311 - no secret
    return [case for number, case in enumerate(cases) if number in chosen]
