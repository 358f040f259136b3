"""The trained network as one compiled call of a fixed shape, by LiteRT or by TensorFlow.

On a CPU LiteRT answers four to five times sooner than a graph and needs no TensorFlow to load;
`save_litert` holds it to the original's answers.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.quiet import native_stderr_hidden

if TYPE_CHECKING:
    import keras

# One picture, (H, W, 3) uint8, to its answers, (A, 4 + C) float32.
Forward = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
TOLERANCE = 1e-3  # of logits and log distances: boxes then differ by less than 0.1 %


class ConversionError(Exception):
    """The network has no LiteRT form that gives its answers; the message says why."""


def save_litert(network: keras.Model, path: Path) -> None:
    """Write the network for one picture as a LiteRT file, held to the original's answers.

    Raises:
        ConversionError: the conversion failed or the converted network answers otherwise; no file
            is left behind.
    """
    try:
        path.write_bytes(_converted(network))
        converted = litert_forward(path, threads=1)
    except Exception as error:  # the converter raises what its C++ parts happen to raise
        path.unlink(missing_ok=True)
        raise ConversionError(f"the conversion to LiteRT failed: {error}") from error
    difference = largest_difference(network, converted)
    if not difference <= TOLERANCE:
        path.unlink()
        raise ConversionError(f"LiteRT's answers differ from Keras's by {difference:.2g}")


def _converted(network: keras.Model) -> bytes:
    """Return the network with its weights as constants, converted.

    Keras's own export keeps them as variables and saves them one by one on the way: five times
    as long, for the same file.
    """
    import tensorflow as tf

    learnt = [tf.constant(np.asarray(weight)) for weight in network.trainable_variables]
    kept = [tf.constant(np.asarray(weight)) for weight in network.non_trainable_variables]
    call = tf.function(
        lambda picture: network.stateless_call(learnt, kept, picture, training=False)[0],
        input_signature=[tf.TensorSpec((1, *network.input_shape[1:]), tf.float32)],
        autograph=False,
    )
    converter = tf.lite.TFLiteConverter.from_concrete_functions([call.get_concrete_function()])
    with native_stderr_hidden():
        return bytes(converter.convert())


def largest_difference(network: keras.Model, forward: Forward) -> float:
    """Return the largest difference of raw answers on three pictures of noise."""
    random = np.random.default_rng(0)
    pictures = random.integers(0, 256, (3, *network.input_shape[1:]), dtype=np.uint8)
    wanted = np.asarray(network(pictures.astype(np.float32), training=False))
    got = np.stack([forward(picture) for picture in pictures])
    return float(np.abs(got - wanted).max())


def litert_forward(path: Path, threads: int) -> Forward:
    """Return the call of a saved LiteRT network on that many threads."""
    from ai_edge_litert.interpreter import Interpreter

    with native_stderr_hidden():
        interpreter = Interpreter(model_path=str(path), num_threads=threads)
        interpreter.allocate_tensors()
    (given,) = (detail["index"] for detail in interpreter.get_input_details())
    (answer,) = (detail["index"] for detail in interpreter.get_output_details())

    def forward(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        interpreter.set_tensor(given, picture[None].astype(np.float32))
        interpreter.invoke()
        return np.asarray(interpreter.get_tensor(answer)[0], dtype=np.float32)

    return forward


def graph_forward(network: keras.Model, *, xla: bool = True) -> Forward:
    """Return the call of a Keras network as a TensorFlow graph, with XLA unless told not to."""
    import tensorflow as tf

    compiled = tf.function(
        lambda pictures: network(tf.cast(pictures, tf.float32), training=False),
        input_signature=[tf.TensorSpec((1, *network.input_shape[1:]), tf.uint8)],
        jit_compile=xla,
    )

    def forward(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.asarray(compiled(picture[None])[0], dtype=np.float32)

    return forward
