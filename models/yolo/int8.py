"""The network in 8-bit whole numbers, for LiteRT: smaller, and faster where a processor likes it.

Weights and activations are quantised after training (Jacob et al. 2018), the activations' ranges
being those met on training pictures. Its answers are other answers: whoever uses it measures them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.quiet import native_stderr_hidden
from models.yolo.forward import ConversionError

if TYPE_CHECKING:
    import keras


def save_int8(network: keras.Model, pictures: Sequence[NDArray[np.uint8]], path: Path) -> None:
    """Write the network for one picture as a quantised LiteRT file.

    Args:
        network: the trained network.
        pictures: ``(H, W, 3)`` uint8 of the input's size, like those it will meet.
        path: ending in ``.tflite``.

    Raises:
        ConversionError: the conversion failed; no file is left behind.
    """
    import keras
    import tensorflow as tf

    def met() -> Iterator[list[NDArray[np.float32]]]:
        for picture in pictures:
            yield [picture[None].astype(np.float32)]

    image = keras.Input(batch_shape=(1, *network.input_shape[1:]))
    single = keras.Model(image, network(image))
    try:
        with native_stderr_hidden():
            single.export(
                path,
                format="litert",
                verbose=False,
                optimizations=[tf.lite.Optimize.DEFAULT],
                representative_dataset=met,
            )
    except Exception as error:  # the converter raises what its C++ parts happen to raise
        path.unlink(missing_ok=True)
        raise ConversionError(f"the conversion to 8 bits failed: {error}") from error
