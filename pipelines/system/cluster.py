"""The workers of a Dask cluster that the user already has, as an executor like that of processes.

Workers find code and data where this machine has them, in a folder that all share, and work in this
process's own folder, so that relative paths mean the same. Calls travel as bytes, so that the
scheduler needs none of the project. They may start processes with `in_own_process`.
"""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

from datasets.errors import UserError

P = ParamSpec("P")
R = TypeVar("R")
ROOT = Path(__file__).resolve().parents[2]
TRIES = 5  # of a call, each on another worker, where workers die
PATIENCE = 20.0  # seconds to reach a scheduler
INSTALL = 'pip install ".[cluster]"'


@dataclass(frozen=True, eq=False)
class Workers:
    """What does calls at the same time.

    Attributes:
        pool: takes them.
        count: how many at the same time.
    """

    pool: Executor
    count: int


@contextmanager
def cluster_workers(
    address: str, shared: Sequence[Path], begin: Callable[..., object], *arguments: Any
) -> Iterator[Workers]:
    """Give the workers of a cluster, each begun by ``begin(*arguments, share)``.

    ``share`` is how many of them share a machine's cores. A worker that joins later is begun too,
    and a call whose worker dies is done by another.

    Args:
        address: of the scheduler, as ``tcp://10.0.0.1:8786``.
        shared: files and folders that every worker must see as this machine does.
        begin: a function of a module of the project.
        arguments: what can be pickled.

    Raises:
        UserError: there is no such cluster, its workers have several threads or do not see the
            files, or too many die.
    """
    try:
        from distributed import Client, KilledWorker
    except ModuleNotFoundError as error:
        raise UserError(f"--cluster needs Dask: {INSTALL}") from error
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UserError(f"--cluster {address}: can't be reached ({error})") from error
    with client:
        share = _most_on_one_machine(address, _threads(client))
        seen = [path.absolute() for path in shared]
        plugin = _beginning(Path.cwd(), seen, pickle.dumps(partial(begin, *arguments, share)))
        try:
            client.register_plugin(plugin)
        except Exception as error:
            raise UserError(f"--cluster {address}: a worker can't begin ({error})") from error
        pool = _Calls(client.get_executor(pure=False, retries=TRIES))
        try:
            yield Workers(pool, len(client.nthreads()))
        except KilledWorker as error:
            raise UserError(
                f"--cluster {address}: {error.last_worker.address} and others before it died in "
                "one and the same call; give workers more memory, then go on with --resume"
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            client.unregister_worker_plugin(plugin.name)


def check_cluster(address: str, shared: Sequence[Path]) -> None:
    """Check that calls can be given to a cluster later.

    Raises:
        UserError: as `cluster_workers` does.
    """
    with cluster_workers(address, shared, _idle):
        pass


def _idle(share: int) -> None:
    """Begin a worker that does nothing."""


def _threads(client: Any) -> dict[str, int]:
    """Return how many threads each worker has, after waiting a while for the first."""
    with suppress(TimeoutError):
        client.wait_for_workers(1, timeout=PATIENCE)
    threads: dict[str, int] = client.nthreads()
    return threads


def _most_on_one_machine(address: str, threads: dict[str, int]) -> int:
    """Return how many workers share a machine, at most.

    Raises:
        UserError: there are none, or one has several threads.
    """
    if not threads:
        raise UserError(f"--cluster {address}: has no workers; start some with `dask worker`")
    if max(threads.values()) > 1:
        raise UserError(
            f"--cluster {address}: has workers of several threads, whose trainings would disturb "
            "each other; start them with --nthreads 1"
        )
    return max(Counter(urlsplit(each).hostname for each in threads).values())


def _beginning(here: Path, shared: Sequence[Path], call: bytes) -> Any:
    """Return what Dask does with each worker, those that join later included.

    The class is made here so that it travels whole: workers can't import it before it has worked.
    """
    from distributed import WorkerPlugin

    folder, *paths, root = map(str, (here, *shared, ROOT))

    class Beginning(WorkerPlugin):  # type: ignore[misc]
        name = f"begin-{abs(hash(call))}"

        def setup(self, worker: Any) -> None:
            import multiprocessing
            import os
            import pickle
            import sys

            del worker
            for path in (folder, *paths, root):
                if not os.path.exists(path):  # noqa: PTH110
                    raise FileNotFoundError(f"{path} is not there; share that folder with all")
            # Daemons may start no processes, which would outlive them; ours end with their parent.
            process = multiprocessing.current_process()
            self.before = os.getcwd(), process.daemon  # noqa: PTH109
            process.daemon = False
            os.chdir(folder)
            if root not in sys.path:
                sys.path.insert(0, root)
            pickle.loads(call)()  # noqa: S301

        def teardown(self, worker: Any) -> None:
            import multiprocessing
            import os

            del worker
            here, multiprocessing.current_process().daemon = self.before
            os.chdir(here)

    return Beginning()


class _Calls(Executor):
    """Dask's executor, whose calls travel as bytes."""

    def __init__(self, pool: Executor) -> None:
        self._pool = pool

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Have a worker call the function, which is one of a module."""
        call = pickle.dumps(partial(fn, *args, **kwargs))
        # A lambda travels whole, where a function of ours would have to be imported on the way.
        return self._pool.submit(lambda data: __import__("pickle").loads(data)(), call)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End what is not done yet; the workers stay."""
        del cancel_futures  # Dask cancels whatever is not waited for
        self._pool.shutdown(wait=wait)
