"""One writer an output: whoever comes second is refused with a sentence instead of mixing in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import Timeout

from datasets.errors import UserError
from datasets.path_names import real_path
from pipelines.system.files import check_output, settle
from pipelines.system.locks import exclusive


@contextmanager
def sole_writer(output: Path) -> Iterator[None]:
    """Let only this process write to an output, a file or a folder, until the block ends.

    The lock is the system's own on the hidden file ``.<name>.lock`` beside the output, so it ends
    with the process however that ends. The file goes with the lock, and with it folders that were
    made for it and hold no output now.

    Raises:
        UserError: another process writes there, or the folder around it can't be written.
    """
    own = real_path(output)
    place = own.parent / f".{own.name}.lock"
    with ExitStack() as held:
        try:
            held.callback(_remove_empty, [each for each in place.parents if not each.exists()])
            place.parent.mkdir(parents=True, exist_ok=True)
            held.enter_context(exclusive(place))
        except Timeout as error:
            raise UserError(
                f"{output}: another process is writing there; wait for it or choose another "
                "--output"
            ) from error
        except OSError as error:
            raise UserError(f"{output}: can't be written ({error.strerror or error})") from error
        yield


@contextmanager
def claimed(
    output: Path,
    kind: str,
    is_earlier: Callable[[Path], bool],
    *,
    overwrite: bool = True,
    apart_from: Iterable[Path] = (),
) -> Iterator[None]:
    """Be the sole writer of an output that `check_output` allows, which has the arguments.

    Raises:
        UserError: it does not, or another process writes there.
    """
    apart = tuple(apart_from)
    check_output(output, kind, is_earlier, overwrite=overwrite, apart_from=apart)
    with sole_writer(output):
        settle(output)
        check_output(output, kind, is_earlier, overwrite=overwrite)  # as the last one left it
        yield


def _remove_empty(folders: Sequence[Path]) -> None:
    """Remove the folders, innermost first, that were made for the lock and hold no output now."""
    with suppress(OSError):
        for folder in folders:
            folder.rmdir()
