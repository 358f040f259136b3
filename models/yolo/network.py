"""The network: CSP backbone, top-down FPN, decoupled anchor-free head.

A small relative of YOLOv8 as its documentation describes it: C2f blocks (after CSPNet, Wang et
al. 2020), SPPF (He et al. 2015, in its fast form), FPN (Lin et al. 2017), a decoupled head (YOLOX,
Ge et al. 2021) without objectness and with plain distances.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import layers, ops

from models.yolo.backbones import BATCH_NORM_MOMENTUM, REDUCED, backbone_levels
from models.yolo.decoding import DISTANCES, LIMIT, LOGITS, STRIDES
from models.yolo.settings import SCRATCH, SMALL

# sigmoid(-4.6) = 0.01: at the start nearly every cell is background (RetinaNet, Lin et al. 2017)
CLASS_BIAS = -4.6
ANSWERS, BOXES, CLASSES = "answers_{}", "_boxes", "_logits"  # layers of the heads, by stride


def conv(
    x: Any,
    channels: int,
    kernel: int = 3,
    stride: int = 1,
    name: str | None = None,
    own: str | None = None,
) -> Any:
    """Return convolution, batch normalisation and SiLU: ``(B, H/stride, W/stride, channels)``.

    The ``name`` is that of the layer whose output it is, ``own`` that of the convolution.
    """
    x = layers.Conv2D(
        *(channels, kernel, stride),
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=own,
    )(x)
    x = layers.BatchNormalization(momentum=BATCH_NORM_MOMENTUM, epsilon=1e-3)(x)
    return layers.Activation("silu", name=name)(x)


def c2f(x: Any, channels: int, depth: int, shortcut: bool, name: str) -> Any:
    """Return a CSP block: half the channels pass, half go through ``depth`` bottlenecks."""
    half = channels // 2
    passing = conv(x, half, 1)
    y = conv(x, half, 1)
    parts = [passing, y]
    for _ in range(depth):
        inner = conv(conv(y, half), half)
        y = layers.Add()([y, inner]) if shortcut else inner
        parts.append(y)
    return conv(layers.Concatenate()(parts), channels, 1, name=name)


def sppf(x: Any, channels: int, name: str) -> Any:
    """Return spatial pyramid pooling: three 5×5 maxima, one after the other, seen together."""
    x = conv(x, channels // 2, 1)
    parts = [x]
    for _ in range(3):
        parts.append(layers.MaxPooling2D(5, 1, padding="same")(parts[-1]))
    return conv(layers.Concatenate()(parts), channels, 1, name=name)


def bounded(raw: Any) -> Any:
    """Return raw distances cut to `decoding.LIMIT`, with a gradient that lets them come back.

    A plain cut has none beyond the limit, where fast learning throws distances early on: they would
    stay there. It is an activation, not a layer: files of weights know layers by their order.
    """
    return ops.custom_gradient(_cut)(raw)


def _cut(raw: Any) -> tuple[Any, Callable[..., Any]]:
    """Return the distances within the limit, and their gradient from that of what follows."""

    def gradient(*given: Any, upstream: Any = None) -> Any:
        upstream = given[0] if upstream is None else upstream
        comes_back = (ops.abs(raw) <= LIMIT) | (raw * upstream > 0)
        return ops.where(comes_back, upstream, ops.zeros_like(upstream))

    return ops.clip(raw, -LIMIT, LIMIT), gradient


def head(x: Any, hidden: int, classes: int, name: str) -> Any:
    """Return ``(B, cells, 4 + classes)``: raw distances and logits of one level.

    The layers that give the two have the name with `BOXES` and `CLASSES`, so that `in_two` finds
    them.
    """
    boxes = conv(conv(x, hidden), hidden)
    boxes = layers.Conv2D(4, 1, activation=bounded, name=name + BOXES)(boxes)
    logits = conv(conv(x, hidden), hidden)
    bias = keras.initializers.Constant(CLASS_BIAS)
    logits = layers.Conv2D(classes, 1, bias_initializer=bias, name=name + CLASSES)(logits)
    both = layers.Concatenate(name=name)([boxes, logits])
    return layers.Reshape((both.shape[1] * both.shape[2], 4 + classes))(both)


def small_backbone(image: Any, width: int, depth: int) -> list[Any]:
    """Return feature maps at strides 8, 16 and 32, of 4, 8 and 16 times ``width`` channels."""
    x = layers.Rescaling(1 / 127.5, offset=-1.0)(image)
    x = conv(x, width, 3, 2)
    levels = []
    for k in range(1, 5):  # strides 4, 8, 16, 32
        x = conv(x, width * 2**k, 3, 2)
        x = c2f(x, width * 2**k, depth, shortcut=True, name=f"backbone_{2 ** (k + 1)}")
        levels.append(x)
    return levels[1:]


def build_network(
    input_hw: tuple[int, int],
    classes: int,
    width: int = 8,
    depth: int = 1,
    backbone: str = SMALL,
    backbone_weights: str = SCRATCH,
) -> keras.Model:
    """Return the network for one input size.

    Args:
        input_hw: height and width in pixels, multiples of 32.
        classes: number of classes C.
        width: channels after the stem.
        depth: bottlenecks in each CSP block.
        backbone: one of `settings.BACKBONES`.
        backbone_weights: of a backbone that is not the small one, see `pretrained_backbone`.

    Returns:
        A model from ``(B, H, W, 3)`` float32 RGB, 0 to 255, to ``(B, A, 4 + C)`` float32, the
        cells ordered as `decoding.grid_points` has them, distances before logits. Layers
        ``backbone_<stride>`` give the features of each level before they are mixed,
        ``neck_<stride>`` what the heads see.

    Raises:
        ValueError: a side is no multiple of 32.
        TrainingError: the backbone's weights are not to be had.
    """
    if any(side % STRIDES[-1] for side in input_hw):
        raise ValueError(f"the input must be multiples of {STRIDES[-1]} pixels, not {input_hw}")
    image = keras.Input((*input_hw, 3), name="image")
    if backbone == SMALL:
        fine, middle, coarse = small_backbone(image, width, depth)
    else:
        maps = backbone_levels(image, backbone, backbone_weights, STRIDES)
        fine, middle, coarse = (  # as many channels as the small one's, whatever they came with
            conv(
                level, width * stride // 2, 1, name=f"backbone_{stride}", own=REDUCED.format(stride)
            )
            for level, stride in zip(maps, STRIDES, strict=True)
        )
    coarse = sppf(coarse, width * 16, "neck_32")
    middle = layers.Concatenate()([layers.UpSampling2D()(coarse), middle])
    middle = c2f(middle, width * 8, depth, shortcut=False, name="neck_16")
    fine = layers.Concatenate()([layers.UpSampling2D()(middle), fine])
    fine = c2f(fine, width * 4, depth, shortcut=False, name="neck_8")
    answers = [
        head(level, width * 4, classes, ANSWERS.format(stride))
        for level, stride in zip((fine, middle, coarse), STRIDES, strict=True)
    ]
    return keras.Model(image, layers.Concatenate(axis=1)(answers), name="yolo")


def in_two(network: keras.Model) -> keras.Model:
    """Return the network with distances and logits as two outputs, in a dictionary.

    In whole numbers each then has steps of its own: distances reach from -`LIMIT` to `LIMIT` and
    logits several times as far.
    """
    outputs = {}
    for name, kind in ((DISTANCES, BOXES), (LOGITS, CLASSES)):
        levels = [network.get_layer(ANSWERS.format(stride) + kind).output for stride in STRIDES]
        rows = [
            layers.Reshape((level.shape[1] * level.shape[2], level.shape[3]))(level)
            for level in levels
        ]
        outputs[name] = layers.Concatenate(axis=1)(rows)
    return keras.Model(network.input, outputs)


def hidden_kernels(network: keras.Model) -> list[Any]:
    """Return the convolution kernels between picture and answers, not those that give them."""
    return [
        layer.kernel
        for layer in network.layers
        if isinstance(layer, layers.Conv2D) and not layer.name.startswith(ANSWERS.format(""))
    ]


def convolution_layers(network: keras.Model) -> list[Any]:
    """Return the network's layers that are convolutions, those of each channel alone among them."""
    kinds = (layers.Conv2D, layers.DepthwiseConv2D)  # the latter is none of the former
    return [layer for layer in network.layers if isinstance(layer, kinds)]


def multiply_adds(network: keras.Model) -> int:
    """Return the multiplications with addition that one image costs in the convolutions."""
    total = 0
    for layer in convolution_layers(network):
        _, rows, columns, _ = layer.output.shape
        total += int(rows * columns * ops.size(layer.kernel))
    return total
