"""The trained network as one compiled call of a fixed shape, by LiteRT or by TensorFlow.

On a CPU LiteRT answers four to five times sooner than a graph and needs no TensorFlow to load;
`save_litert` holds it to the original's answers.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasets.errors import UserError
from models.quiet import native_stderr_hidden
from models.yolo.decoding import DISTANCES, LOGITS

if TYPE_CHECKING:
    import keras

TOLERANCE = 1e-3  # of logits and log distances: boxes then differ by less than 0.1 %


class Forward(Protocol):
    """A network ready to answer."""

    def __call__(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the ``(A, 4 + C)`` answers to one ``(H, W, 3)`` picture."""
        ...

    def many(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the ``(N, A, 4 + C)`` answers to ``(N, H, W, 3)`` pictures."""
        ...


class ConversionError(UserError):
    """The network has no LiteRT form that gives its answers; the message says why."""


def save_litert(network: keras.Model, path: Path) -> None:
    """Write the network for one picture as a LiteRT file, held to the original's answers.

    Raises:
        ConversionError: the conversion failed or the converted network answers otherwise; no file
            is left behind.
        OSError: the file can't be written.
    """
    try:
        data = converted(network)
    except Exception as error:  # the converter raises what its C++ parts happen to raise
        raise ConversionError(f"the conversion to LiteRT failed: {error}") from error
    path.write_bytes(data)  # that the disk is full says nothing about the network
    try:
        runtime = LiteRtForward(path, threads=1)
    except Exception as error:  # so does the interpreter
        path.unlink()
        raise ConversionError(f"LiteRT can't read the converted network: {error}") from error
    difference = largest_difference(network, runtime)
    if not difference <= TOLERANCE:
        path.unlink()
        raise ConversionError(f"LiteRT's answers differ from Keras's by {difference:.2g}")


def converted(network: keras.Model, batch: int = 1) -> bytes:
    """Return the network for a batch of pictures as a LiteRT file, its weights as constants.

    Keras's own export keeps them as variables and saves them one by one on the way: five times
    as long, for the same file.
    """
    import tensorflow as tf

    learnt = [tf.constant(np.asarray(weight)) for weight in network.trainable_variables]
    kept = [tf.constant(np.asarray(weight)) for weight in network.non_trainable_variables]
    call = tf.function(
        lambda picture: network.stateless_call(learnt, kept, picture, training=False)[0],
        input_signature=[tf.TensorSpec((batch, *network.input_shape[1:]), tf.float32)],
        autograph=False,
    )
    concrete = call.get_concrete_function()
    with native_stderr_hidden():  # it wants to be given what holds variables, and there are none
        return bytes(tf.lite.TFLiteConverter.from_concrete_functions([concrete]).convert())


def largest_difference(network: keras.Model, forward: Forward) -> float:
    """Return the largest difference of raw answers on three pictures of noise."""
    random = np.random.default_rng(0)
    pictures = random.integers(0, 256, (3, *network.input_shape[1:]), dtype=np.uint8)
    wanted = np.asarray(network(pictures.astype(np.float32), training=False))
    got = np.stack([forward(picture) for picture in pictures])
    return float(np.abs(got - wanted).max())


class BatchForward:
    """A network that takes any number of pictures in one call, whatever runs it."""

    def __init__(self, call: Callable[[NDArray[np.uint8]], ArrayLike]) -> None:
        """Keep the call, from ``(N, H, W, 3)`` pictures to ``(N, A, 4 + C)`` answers."""
        self._call = call

    def __call__(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the answers to one picture."""
        return np.asarray(self.many(picture[None])[0])

    def many(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the answers to several pictures."""
        return np.asarray(self._call(pictures), dtype=np.float32)


class LiteRtForward:
    """A LiteRT network: all threads on one picture, or each thread on pictures of its own."""

    def __init__(self, path: Path, threads: int) -> None:
        self.path, self.threads = path, threads
        self._shared = LiteRtNetwork(path, threads)

    @property
    def ends(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The shapes of what the network takes and gives."""
        return self._shared.ends

    def __call__(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the answers to one picture."""
        return self._shared.answer(picture)

    def many(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the answers to several pictures."""

        def one(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
            network = self._idle.get()
            try:
                return network.answer(picture)
            finally:
                self._idle.put(network)

        # Not joblib: it polls for results every 10 ms, longer than a picture takes.
        with ThreadPoolExecutor(self.threads) as pool:
            return np.stack(list(pool.map(one, pictures)))

    @cached_property
    def _idle(self) -> SimpleQueue[LiteRtNetwork]:
        """The single-threaded networks that are free at the moment, one a thread."""
        idle: SimpleQueue[LiteRtNetwork] = SimpleQueue()
        for _ in range(self.threads):
            idle.put(LiteRtNetwork(self.path, 1))
        return idle


class LiteRtNetwork:
    """One interpreter of a LiteRT file, for one caller at a time."""

    def __init__(self, path: Path, threads: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        with native_stderr_hidden():
            self._interpreter = Interpreter(model_path=str(path), num_threads=threads)
            self._interpreter.allocate_tensors()
        (given,) = self._interpreter.get_input_details()
        outputs = self._interpreter.get_output_details()
        if len(outputs) > 1:  # whose order is not that of their names
            named = self._interpreter.get_signature_runner().get_output_details()
            outputs = [named[name] for name in (DISTANCES, LOGITS)]
        self._given = given["index"]
        self._answers = [each["index"] for each in outputs]
        shapes = [tuple(map(int, each["shape"])) for each in outputs]
        together = (*shapes[0][:-1], sum(shape[-1] for shape in shapes))
        self.ends = tuple(map(int, given["shape"])), together

    def answer(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the ``(A, 4 + C)`` answers to an ``(H, W, 3)`` picture."""
        self._interpreter.set_tensor(self._given, picture[None].astype(np.float32))
        self._interpreter.invoke()
        answers = [self._interpreter.get_tensor(index)[0] for index in self._answers]
        return np.concatenate(answers, axis=-1, dtype=np.float32)


class GraphForward(BatchForward):
    """A Keras network as one TensorFlow graph; XLA compiles it for each size of batch."""

    def __init__(self, network: keras.Model, *, xla: bool = True) -> None:
        import tensorflow as tf

        graph = tf.function(
            lambda pictures: network(tf.cast(pictures, tf.float32), training=False),
            input_signature=[tf.TensorSpec((None, *network.input_shape[1:]), tf.uint8)],
            jit_compile=xla,
            autograph=False,
        )
        super().__init__(graph)
