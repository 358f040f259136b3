"""Outputs: written whole or not at all, and only where nothing but an earlier one is replaced."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from datasets.errors import UserError
from datasets.kept_files import flush_all, flush_folder
from datasets.path_names import overlap, real_path

_PARTIAL = ".partial"  # how the folders end in which outputs are made, beside them
_MARK = "made by classical-or-deep"  # a file in each: only such a folder is ever cleared
_EARLIER = "earlier"  # in one of them: the output that is being replaced


def check_output(
    output: Path,
    kind: str,
    is_earlier: Callable[[Path], bool],
    *,
    overwrite: bool = True,
    apart_from: Iterable[Path] = (),
) -> None:
    """Refuse an output that would touch anything but an earlier one of its kind.

    Args:
        output: a file or a folder; one that is not there or an empty folder is always free.
        kind: what it is called, as ``run``.
        is_earlier: says whether a path is an earlier output of that kind.
        overwrite: whether such a one may be replaced.
        apart_from: the user's images and their folders; it must not be in or around them.

    Raises:
        UserError: it would.
    """
    if any(overlap(output, path) for path in apart_from):
        raise UserError(f"{output}: is where the images are; choose an --output elsewhere")
    if output.is_dir() and not _may_be_renamed(output):
        raise UserError(f"{output}: can't be replaced by a {kind}; choose a new folder in it")
    if not output.exists() or (output.is_dir() and not any(output.iterdir())):
        return
    if not is_earlier(output):
        raise UserError(f"{output}: is there already and is no {kind}; choose another --output")
    if not overwrite:
        raise UserError(f"{output}: already holds a {kind}; add --overwrite or choose another")


def followed(output: Path) -> Path:
    """Return the folder that an output is, or that a link leads to, which stays a link."""
    return real_path(output) if output.is_symlink() else output


def _may_be_renamed(folder: Path) -> bool:
    """Say whether a folder is neither a disk's nor around the current one."""
    return not (os.path.ismount(folder) or Path.cwd().is_relative_to(real_path(folder)))


@contextmanager
def replacing(output: Path) -> Iterator[Path]:
    """Give a folder to write into, beside the output, that takes its place when all went well.

    Whatever is raised, the output stays as it was.

    Raises:
        UserError: it can't be written, or another has come to be there meanwhile.
    """
    before = _identity(output)
    with _beside(output) as place:
        work = place / output.name
        work.mkdir()
        yield work
        _exchange(work, output, place, lambda earlier: _identity(earlier) == before)


@contextmanager
def replacing_file(path: Path) -> Iterator[Path]:
    """Give a path to write to, of the same name, that takes the file's place when all went well.

    It is on the disk before it does.

    Raises:
        UserError: it can't be written.
    """
    with _beside(path) as place:
        yield place / path.name
        flush_all(place)
        (place / path.name).replace(path)
        flush_folder(path.parent)


def put_in_place(work: Path, output: Path, may_go: Callable[[Path], bool]) -> None:
    """Rename a folder to the output; one that is there goes then, if it may.

    Raises:
        UserError: it can't be.
    """
    with _beside(output) as place:
        _exchange(work, output, place, may_go)


def settle(output: Path) -> None:
    """Clear what writers that were killed left beside an output.

    One that was killed while it replaced the output has its earlier content put back. Only what
    `replacing` and its like made is touched; only the output's sole writer may call this.
    """
    pattern = re.compile(rf"\.{re.escape(output.name)}\.\w{{8}}\{_PARTIAL}")
    if not output.parent.is_dir():
        return
    for place in [each for each in output.parent.iterdir() if pattern.fullmatch(each.name)]:
        is_folder = place.is_dir() and not place.is_symlink()
        names = {each.name for each in place.iterdir()} if is_folder else {""}
        if names and _MARK not in names:
            continue  # somebody else's
        if _EARLIER in names and not output.exists():
            (place / _EARLIER).rename(output)
        remove_marked(place, _MARK)


def remove_marked(folder: Path, mark: str) -> None:
    """Remove a folder, the file that marks it as the project's last."""
    for each in folder.iterdir():
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each)
        elif each.name != mark:
            each.unlink()
    (folder / mark).unlink(missing_ok=True)
    folder.rmdir()


def _exchange(work: Path, output: Path, place: Path, may_go: Callable[[Path], bool]) -> None:
    """Rename ``work`` to the output, whose earlier content is in ``place`` meanwhile."""
    if output.exists():
        earlier = output.rename(place / _EARLIER)
        if not (may_go(earlier) or (earlier.is_dir() and not any(earlier.iterdir()))):
            earlier.rename(output)
            raise UserError(f"{output}: has come to be there meanwhile; move it away and go on")
    work.rename(output)


def _identity(folder: Path) -> tuple[int, int] | None:
    """Return what a folder keeps through renaming, None if there is none."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """Give a folder beside a path for what is to become it; at the end all is settled."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        settle(path)
        place = Path(tempfile.mkdtemp(_PARTIAL, f".{path.name}.", path.parent))
        try:
            (place / _MARK).touch()
            yield place
        finally:
            settle(path)
    except OSError as error:
        raise UserError(f"{path}: can't be written ({error.strerror or error})") from error


def write_json(path: Path, values: object) -> None:
    """Write a file that is whole or not there; nan is not allowed."""
    write_text(path, json.dumps(values, indent=2, allow_nan=False) + "\n")


def write_json_rows(path: Path, parts: Iterable[Sequence[object]]) -> None:
    """Write the very file that `write_json` would of all rows, given a part of them at a time.

    Parts are written as they come, so that none but the one at hand is held.
    """
    with replacing_file(path) as beside, beside.open("w", encoding="utf-8") as stream:
        before = "[\n"
        for part in filter(None, parts):
            stream.write(before + json.dumps(part, indent=2, allow_nan=False)[2:-2])
            before = ",\n"
        stream.write("[]\n" if before == "[\n" else "\n]\n")


def write_text(path: Path, text: str) -> None:
    """Write a file that is whole or not there."""
    with replacing_file(path) as beside:
        beside.write_text(text, encoding="utf-8")
