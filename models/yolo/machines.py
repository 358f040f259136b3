"""Several machines that make the same updates: joined by a TF_CONFIG, as TensorFlow describes it.

Each learns from its share of every batch. What has to be the same on all of them, where a training
goes on and how well it does on validation, is what the first one has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from models.errors import TrainingError

LOST = (
    "another machine of this training has stopped, or can't be reached; start all of them again, "
    "with --resume"
)


@dataclass(frozen=True, eq=False)
class Machines:
    """All that make the same updates.

    Attributes:
        strategy: holds a copy of the weights on each; None for a machine alone.
        is_first: whether this is the one that decides and writes.
    """

    strategy: tf.distribute.Strategy | None = None
    is_first: bool = True

    def from_first(self, work: Callable[[], bytes]) -> bytes:
        """Return what the work gives on the first machine; it is not done on the others.

        Raises:
            TrainingError: another machine has stopped.
        """
        if self.strategy is None:
            return work()
        given = np.frombuffer(work() if self.is_first else b"", np.uint8).astype(np.int32)
        with self.together():
            (size,) = _sum(self.strategy, np.array([len(given)], np.int32))
            if not self.is_first:
                given = np.zeros(size, np.int32)
            return _sum(self.strategy, given).astype(np.uint8).tobytes() if size else b""

    @contextmanager
    def together(self) -> Iterator[None]:
        """Do what takes all machines.

        Raises:
            TrainingError: another machine has stopped.
        """
        try:
            yield
        except tf.errors.OpError as error:
            if self.strategy is None or isinstance(error, tf.errors.ResourceExhaustedError):
                raise
            raise TrainingError(LOST) from error


ALONE = Machines()


@cache
def joined(tf_config: str, *, is_first: bool) -> Machines:
    """Return the machines of a TF_CONFIG, which the environment has too, once all are there.

    Call it before anything asks TensorFlow for its devices.

    Raises:
        TrainingError: they don't come together.
    """
    del tf_config  # TensorFlow reads it from the environment, once in a process
    try:
        return Machines(tf.distribute.MultiWorkerMirroredStrategy(), is_first)
    except (tf.errors.OpError, ValueError, RuntimeError) as error:
        raise TrainingError(f"TF_CONFIG: the machines don't come together ({error})") from error


def _sum(strategy: tf.distribute.Strategy, array: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the sum of an array over all machines, whatever number of devices each has."""

    def part(context: Any) -> Any:
        first = context.replica_id_in_sync_group % strategy.extended._num_devices_per_worker == 0
        return tf.constant(array if first else np.zeros_like(array))

    values = strategy.experimental_distribute_values_from_function(part)
    total: NDArray[np.int32] = strategy.reduce(
        tf.distribute.ReduceOp.SUM, values, axis=None
    ).numpy()
    return total
