"""Figures of a training as it goes, in TensorBoard's files; TensorBoard itself is not needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

# Takes the number of updates done and figures by name, as ``loss/boxes``.
Log = Callable[[int, Mapping[str, float]], None]


def unlogged(update: int, figures: Mapping[str, float]) -> None:
    """Keep nothing: the `Log` where none is wanted."""
    del update, figures


def scalar_log(folder: Path) -> Log:
    """Return what writes figures into a new event file in the folder, at once.

    A training that goes on after a break begins a new file; updates since its last saved state are
    then in both.
    """
    import tensorflow as tf

    writer = tf.summary.create_file_writer(str(folder))
    # What TensorBoard's `summary.scalar` notes of its values, which TensorFlow has no call for.
    scalar = tf.compat.v1.SummaryMetadata(data_class="DATA_CLASS_SCALAR")
    scalar.plugin_data.plugin_name = "scalars"

    def log(update: int, figures: Mapping[str, float]) -> None:
        with writer.as_default():
            for name, value in figures.items():
                tf.summary.write(name, tf.constant(value, tf.float32), update, scalar)
        writer.flush()

    return log
