"""The network: CSP backbone, top-down FPN, decoupled anchor-free head.

A small relative of YOLOv8 as its documentation describes it: C2f blocks (after CSPNet, Wang et
al. 2020), SPPF (He et al. 2015, in its fast form), FPN (Lin et al. 2017), a decoupled head (YOLOX,
Ge et al. 2021) without objectness and with plain distances.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from models.yolo.decoding import STRIDES

# sigmoid(-4.6) = 0.01: at the start nearly every cell is background (RetinaNet, Lin et al. 2017)
CLASS_BIAS = -4.6
BATCH_NORM_MOMENTUM = 0.97  # statistics of the last ~30 updates; Keras's 0.99 lags in short runs


def conv(x: Any, channels: int, kernel: int = 3, stride: int = 1) -> Any:
    """Return convolution, batch normalisation and SiLU: ``(B, H/stride, W/stride, channels)``."""
    x = layers.Conv2D(
        channels, kernel, stride, padding="same", use_bias=False, kernel_initializer="he_normal"
    )(x)
    x = layers.BatchNormalization(momentum=BATCH_NORM_MOMENTUM, epsilon=1e-3)(x)
    return layers.Activation("silu")(x)


def c2f(x: Any, channels: int, depth: int, shortcut: bool) -> Any:
    """Return a CSP block: half the channels pass, half go through ``depth`` bottlenecks."""
    half = channels // 2
    passing = conv(x, half, 1)
    y = conv(x, half, 1)
    parts = [passing, y]
    for _ in range(depth):
        inner = conv(conv(y, half), half)
        y = layers.Add()([y, inner]) if shortcut else inner
        parts.append(y)
    return conv(layers.Concatenate()(parts), channels, 1)


def sppf(x: Any, channels: int) -> Any:
    """Return spatial pyramid pooling: three 5×5 maxima, one after the other, seen together."""
    x = conv(x, channels // 2, 1)
    parts = [x]
    for _ in range(3):
        parts.append(layers.MaxPooling2D(5, 1, padding="same")(parts[-1]))
    return conv(layers.Concatenate()(parts), channels, 1)


def head(x: Any, hidden: int, classes: int, name: str) -> Any:
    """Return ``(B, cells, 4 + classes)``: raw distances and logits of one level.

    The layer that joins the two has the name, so that `exported` finds them apart.
    """
    boxes = conv(conv(x, hidden), hidden)
    boxes = layers.Conv2D(4, 1)(boxes)
    logits = conv(conv(x, hidden), hidden)
    logits = layers.Conv2D(classes, 1, bias_initializer=keras.initializers.Constant(CLASS_BIAS))(
        logits
    )
    both = layers.Concatenate(name=name)([boxes, logits])
    return layers.Reshape((both.shape[1] * both.shape[2], 4 + classes))(both)


def build_network(
    input_hw: tuple[int, int], classes: int, width: int = 8, depth: int = 1
) -> keras.Model:
    """Return the network for one input size.

    Args:
        input_hw: height and width in pixels, multiples of 32.
        classes: number of classes C.
        width: channels after the stem.
        depth: bottlenecks in each CSP block.

    Returns:
        A model from ``(B, H, W, 3)`` float32 RGB, 0 to 255, to ``(B, A, 4 + C)`` float32, the
        cells ordered as `decoding.grid_points` has them.

    Raises:
        ValueError: a side is no multiple of 32.
    """
    if any(side % STRIDES[-1] for side in input_hw):
        raise ValueError(f"the input must be multiples of {STRIDES[-1]} pixels, not {input_hw}")
    image = keras.Input((*input_hw, 3), name="image")
    x = layers.Rescaling(1 / 127.5, offset=-1.0)(image)
    x = conv(x, width, 3, 2)
    levels = []
    for k in range(1, 5):  # strides 4, 8, 16, 32
        x = c2f(conv(x, width * 2**k, 3, 2), width * 2**k, depth, shortcut=True)
        levels.append(x)
    _, fine, middle, coarse = levels
    coarse = sppf(coarse, width * 16)
    middle = layers.Concatenate()([layers.UpSampling2D()(coarse), middle])
    middle = c2f(middle, width * 8, depth, shortcut=False)
    fine = layers.Concatenate()([layers.UpSampling2D()(middle), fine])
    fine = c2f(fine, width * 4, depth, shortcut=False)
    answers = [
        head(level, width * 4, classes, f"answers_{stride}")
        for level, stride in zip((fine, middle, coarse), STRIDES, strict=True)
    ]
    return keras.Model(image, layers.Concatenate(axis=1)(answers), name="yolo")


def multiply_adds(network: keras.Model) -> int:
    """Return the multiplications with addition that one image costs in the convolutions."""
    total = 0
    for layer in network.layers:
        if isinstance(layer, layers.Conv2D):
            _, rows, columns, _ = layer.output.shape
            total += int(rows * columns * ops.size(layer.kernel))
    return total
