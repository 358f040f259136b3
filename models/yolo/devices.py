"""What a network is trained on: one device or several, in which precision, compiled by XLA or not.

Nothing else in the project knows of it. On one device there is no strategy at all; several GPUs
hold a copy each (`tf.distribute.MirroredStrategy`), and so do several `machines`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from models.errors import TrainingError
from models.yolo.machines import ALONE, Machines
from models.yolo.settings import YoloSettings

TENSOR_CORES = (7, 0)  # compute capability from which on float16 is faster


@dataclass(frozen=True, eq=False)
class Devices:
    """Where and how updates are made.

    Attributes:
        strategy: holds a copy of the weights on each device; None for a single device.
        precision: Keras's policy for layers; weights and losses are float32 in each.
        xla: whether XLA compiles what a device does.
        gpu: whether there are any GPUs.
        parts: of a batch that a single device learns from at the same time.
        machines: that make the same updates.
    """

    strategy: tf.distribute.Strategy | None
    precision: str
    xla: bool
    gpu: bool
    parts: int
    machines: Machines

    @classmethod
    def of(cls, settings: YoloSettings, machines: Machines = ALONE) -> Devices:
        """Return what the settings ask for, on the GPUs where there are any.

        Raises:
            TrainingError: there are not as many, or a batch can't be shared out evenly.
        """
        gpus, strategy = tf.config.list_logical_devices("GPU"), machines.strategy
        if strategy is None:
            strategy = _on_this_machine(gpus or tf.config.list_logical_devices("CPU"), settings)
        _check_shares(strategy, settings)
        precision = settings.precision
        if precision == "auto":
            precision = "mixed_float16" if gpus and _have_tensor_cores() else "float32"
        xla = bool(gpus) if settings.xla == "auto" else settings.xla == "on"
        parts = 1 if gpus or strategy else settings.parts
        return cls(strategy, precision, xla, bool(gpus), parts, machines)

    @contextmanager
    def building(self) -> Iterator[None]:
        """Make what is made meanwhile, networks and variables, fit for these devices."""
        before = keras.config.dtype_policy()
        keras.config.set_dtype_policy(self.precision)
        try:
            with self.strategy.scope() if self.strategy else nullcontext():
                yield
        finally:
            keras.config.set_dtype_policy(before)

    def optimizer(self, inner: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
        """Return the optimizer; for float16, whose small gradients would be 0, with a loss scale.

        It divides by the scale before the inner one clips, and leaves out an update that overflows.
        """
        if self.precision != "mixed_float16":
            return inner
        return keras.optimizers.LossScaleOptimizer(inner)


def distribute(strategy: tf.distribute.Strategy, arrays: Sequence[Any]) -> tuple[Any, ...]:
    """Return a batch's arrays as `all_reduce` takes them: to each device its own pictures."""

    def parts(whole: Any) -> Any:
        share = len(whole) // strategy.num_replicas_in_sync

        def part(context: Any) -> Any:
            first = context.replica_id_in_sync_group * share
            return tf.convert_to_tensor(whole[first : first + share])

        return strategy.experimental_distribute_values_from_function(part)

    return tuple(map(parts, arrays))


def all_reduce(
    strategy: tf.distribute.Strategy, work: Callable[..., Any], parts: Sequence[Any]
) -> list[Any]:
    """Return the sums over all devices of what ``work`` gives for the pictures of each."""
    values = strategy.run(work, parts)
    return [strategy.reduce(tf.distribute.ReduceOp.SUM, value, axis=None) for value in values]


def _on_this_machine(
    devices: Sequence[tf.config.LogicalDevice], settings: YoloSettings
) -> tf.distribute.Strategy | None:
    """Return how the weights are shared out, None for a single device."""
    if settings.devices > len(devices):
        raise TrainingError(
            f"{settings.PREFIX}devices={settings.devices}: there are {len(devices)} only"
        )
    count = settings.devices or max(
        number for number in range(1, len(devices) + 1) if settings.batch % number == 0
    )
    if count == 1:
        return None
    return tf.distribute.MirroredStrategy([device.name for device in devices[:count]])


def _check_shares(strategy: tf.distribute.Strategy | None, settings: YoloSettings) -> None:
    if strategy is not None and settings.batch % strategy.num_replicas_in_sync:
        raise TrainingError(
            f"{settings.PREFIX}batch={settings.batch} can't be shared out evenly over "
            f"{strategy.num_replicas_in_sync} devices; set {settings.PREFIX}batch or "
            f"{settings.PREFIX}devices"
        )


def _have_tensor_cores() -> bool:
    details = map(tf.config.experimental.get_device_details, tf.config.get_visible_devices("GPU"))
    return all((each.get("compute_capability") or (0, 0)) >= TENSOR_CORES for each in details)
