"""Outputs: written whole or not at all, and only where nothing but an earlier one is replaced."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from datasets.errors import UserError
from datasets.path_names import overlap


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
    if not output.exists() or (output.is_dir() and not any(output.iterdir())):
        return
    if not is_earlier(output):
        raise UserError(f"{output}: is there already and is no {kind}; choose another --output")
    if not overwrite:
        raise UserError(f"{output}: already holds a {kind}; add --overwrite or choose another")


@contextmanager
def replacing(output: Path) -> Iterator[Path]:
    """Give a folder to write into, beside the output, that takes its place when all went well.

    Whatever is raised, the output stays as it was.

    Raises:
        UserError: it can't be written.
    """
    with _beside(output) as place:
        work = place / output.name
        work.mkdir()
        yield work
        put_in_place(work, output)


@contextmanager
def replacing_file(path: Path) -> Iterator[Path]:
    """Give a path to write to, of the same name, that takes the file's place when all went well.

    Raises:
        UserError: it can't be written.
    """
    with _beside(path) as place:
        yield place / path.name
        (place / path.name).replace(path)


def put_in_place(work: Path, output: Path) -> None:
    """Rename a folder to the output, which goes once the folder has its name."""
    with tempfile.TemporaryDirectory(prefix=f"{output.name}.", dir=output.parent) as place:
        if output.exists():
            output.rename(Path(place) / output.name)
        work.rename(output)


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f"{path.name}.", dir=path.parent) as place:
            yield Path(place)
    except OSError as error:
        raise UserError(f"{path}: can't be written ({error.strerror or error})") from error


def write_json(path: Path, values: object) -> None:
    """Write a file that is whole or not there; nan is not allowed."""
    write_text(path, json.dumps(values, indent=2, allow_nan=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a file that is whole or not there."""
    with replacing_file(path) as beside:
        beside.write_text(text, encoding="utf-8")
