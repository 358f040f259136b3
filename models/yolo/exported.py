"""The network as a file for other programs: LiteRT, ONNX or TensorFlow's SavedModel.

All are written by Keras's own export. int8 is LiteRT's: weights and activations in 256 steps, whose
ranges are measured on training pictures.
"""

from __future__ import annotations

import io
import shutil
import warnings
from collections.abc import Callable, Iterable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.quiet import native_stderr_hidden
from models.yolo.decoding import DISTANCES, LOGITS
from models.yolo.forward import BatchForward, ConversionError, Forward, LiteRtForward

if TYPE_CHECKING:
    import keras

Picture = NDArray[np.uint8]
Call = Callable[[Picture], ArrayLike]
LITERT, ONNX, SAVED_MODEL = "litert", "onnx", "saved_model"
FILES = {LITERT: "network.tflite", ONNX: "network.onnx", SAVED_MODEL: "saved_model"}
KERAS_NAMES = {LITERT: "litert", ONNX: "onnx", SAVED_MODEL: "tf_saved_model"}
INPUT, OUTPUTS = "image", (DISTANCES, LOGITS)
OPSET = 17  # of ONNX: read by every runtime of the last years


def write_network(
    network: keras.Model, form: str, path: Path, calibration: Iterable[Picture] | None = None
) -> None:
    """Write the network in one of the `FILES` forms, distances and logits as outputs of their own.

    LiteRT's takes one picture, the others any number at once.

    Args:
        network: as `models.yolo.network.build_network` makes it, trained.
        form: ``litert``, ``onnx`` or ``saved_model``.
        path: not there yet.
        calibration: ``(H, W, 3)`` uint8 input pictures from which LiteRT learns the ranges of int8
            numbers; None for float32.

    Raises:
        ConversionError: the export failed; the message has Keras's version and its reason. Nothing
            is left at the path.
    """
    import keras

    from models.yolo.network import in_two

    more: dict[str, Any] = {"opset_version": OPSET} if form == ONNX else {}
    if calibration is not None:
        more = _int8(calibration)
    output = io.StringIO()
    try:
        with (
            native_stderr_hidden(),
            redirect_stdout(output),
            redirect_stderr(output),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")  # of converters, about themselves
            shape = (1 if form == LITERT else None, *network.input_shape[1:])
            image = keras.Input(batch_shape=shape, name=INPUT)
            named = keras.Model(image, in_two(network)(image))
            named(np.zeros((1, *shape[1:]), np.float32))  # ONNX's export wants it called once
            named.export(str(path), format=KERAS_NAMES[form], verbose=False, **more)
    except Exception as error:  # converters raise what their C++ parts happen to raise
        remove(path)
        raise ConversionError(
            f"the export to {form} of Keras {keras.__version__} failed "
            f"({type(error).__name__}: {error})"
        ) from error


def exported_forward(form: str, path: Path, threads: int = 1) -> Forward:
    """Return the exported network, ready to answer pictures.

    Raises:
        ImportError: what runs the form is not installed.
    """
    if form == LITERT:
        return LiteRtForward(path, threads)
    return BatchForward(_onnx(path, threads) if form == ONNX else _saved_model(path))


def remove(path: Path) -> None:
    """Remove an exported network, a file or a folder, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _onnx(path: Path, threads: int) -> Call:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    providers = ["CPUExecutionProvider"]
    session = onnxruntime.InferenceSession(str(path), options, providers=providers)
    return lambda pictures: np.concatenate(
        session.run(OUTPUTS, {INPUT: pictures.astype(np.float32)}), axis=-1
    )


def _saved_model(path: Path) -> Call:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))  # kept by the call: its variables live as long

    def call(pictures: Picture) -> ArrayLike:
        outputs = loaded.signatures["serving_default"](**{INPUT: tf.constant(pictures, tf.float32)})
        return np.concatenate([outputs[name] for name in OUTPUTS], axis=-1)

    return call


def _int8(calibration: Iterable[Picture]) -> dict[str, Any]:
    """Return the converter's settings for int8 inside and float32 at both ends."""
    import tensorflow as tf

    pictures = [picture[None].astype(np.float32) for picture in calibration]
    return {
        "optimizations": [tf.lite.Optimize.DEFAULT],
        "representative_dataset": lambda: ([picture] for picture in pictures),
        "target_spec": {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]},
    }
