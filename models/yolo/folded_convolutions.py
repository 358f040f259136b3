"""The convolutions of a TFLite file, batch norms folded into them, in the order they are computed.

The file is parsed as TFLite's published flatbuffer schema (version 3) describes it; nothing in it
is run.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from datasets.regular_files import content
from models.errors import TrainingError
from models.yolo.weights_file import MOST_BYTES, check_regular

MOST_OPERATORS = 10_000
MARK = b"TFL3"  # bytes 4 to 7 of every such file


class Convolution(NamedTuple):
    """A kernel as Keras has it, ``(H, W, in, out)`` or depthwise ``(H, W, in, 1)``, and a bias."""

    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]


def chain_of_convolutions(path: Path, count: int) -> list[Convolution]:
    """Return the first convolution that needs ``count - 1`` others, behind those, in float32.

    So heads that branch off on the way are left out. Constants may be float32, or float16 behind a
    ``DEQUANTIZE``.

    Raises:
        TrainingError: the file can't be read or parsed, has no such convolution, or holds other
            constants or a number that is not finite.
    """
    check_regular(path)
    try:
        data = content(path, MOST_BYTES)
        found = _chain(data, count) if data[4:8] == MARK else None
    except TrainingError as error:
        raise TrainingError(f"{path}: {error}") from error
    except Exception as error:  # the parser follows offsets, and raises what that leads to
        raise TrainingError(
            f"{path}: can't be read as a TFLite file ({error}); get it again"
        ) from error
    if found is None:
        raise TrainingError(f"{path}: is no TFLite file; give one, or Keras weights without top")
    if not found:
        raise TrainingError(
            f"{path}: has no {count} convolutions one after the other, as the backbone has; give "
            "the file of an SSD MobileNetV2"
        )
    return found


def _chain(data: bytes, count: int) -> list[Convolution]:
    from ai_edge_litert import schema_py_generated as schema

    model = schema.Model.GetRootAs(data, 0)
    graph, kinds = model.Subgraphs(0), schema.BuiltinOperator
    halves: dict[int, int] = {}  # by a dequantized tensor, the float16 one it is made of
    needed: dict[int, int] = {}  # by a tensor, the convolutions it comes from, a bit each
    convolutions: list[Any] = []
    for place in range(min(graph.OperatorsLength(), MOST_OPERATORS)):
        operator = graph.Operators(place)
        code = model.OperatorCodes(operator.OpcodeIndex())
        kind = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())  # old files have the second
        inputs = operator.InputsAsNumpy().tolist() if operator.InputsLength() else []
        bits = reduce(or_, (needed.get(number, 0) for number in inputs), 0)
        if kind == kinds.DEQUANTIZE:
            halves[operator.Outputs(0)] = inputs[0]
        elif kind in {kinds.CONV_2D, kinds.DEPTHWISE_CONV_2D}:
            bits |= 1 << len(convolutions)
            convolutions.append(inputs)
        if bits.bit_count() == count:
            break
        needed |= {operator.Outputs(each): bits for each in range(operator.OutputsLength())}
    else:
        return []
    found = []
    for number, (_, *constants) in enumerate(convolutions):
        if bits >> number & 1:
            if len(constants) != 2:
                raise TrainingError(f"convolution {number + 1} has no bias; give another file")
            kernel, bias = (
                _constant(model, graph, halves.get(each, each), number + 1) for each in constants
            )
            found.append(Convolution(kernel.transpose(1, 2, 3, 0), bias))
    return found


def _constant(model: Any, graph: Any, number: int, convolution: int) -> NDArray[np.float32]:
    """Return a tensor's constant values in its shape."""
    from ai_edge_litert import schema_py_generated as schema

    tensor = graph.Tensors(number)
    types = {schema.TensorType.FLOAT32: "<f4", schema.TensorType.FLOAT16: "<f2"}
    buffer = model.Buffers(tensor.Buffer())
    if tensor.Type() not in types or not buffer.DataLength():
        raise TrainingError(
            f"convolution {convolution} has no constants of float32 or float16; give a file that "
            "is not quantized to integers"
        )
    values = buffer.DataAsNumpy().view(types[tensor.Type()]).astype(np.float32)
    if not np.isfinite(values).all():
        raise TrainingError(f"convolution {convolution} holds a number that is not finite")
    return np.asarray(values.reshape(tensor.ShapeAsNumpy()))
