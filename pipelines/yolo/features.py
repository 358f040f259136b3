"""What YOLO's boxes and the learnt features of its backbone offer to other learners."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RegularGridInterpolator

from datasets.boxes import Boxes
from models.yolo.letterbox import letterbox
from pipelines.detections import Describe, FeatureSource, Image, Pictures, recorded
from pipelines.postprocessing.nms import nms_indices
from pipelines.system.runtime import load_tensorflow
from pipelines.yolo.detector import YoloDetector
from pipelines.yolo.storage import load_network, load_yolo, saved_yolo

if TYPE_CHECKING:
    import keras

THIN_IOU, MOST_BOXES = 0.7, 100  # boxes before NMS: of those alike the best
BINS = 3  # samples across each level of the backbone in a box, each way
DESCRIBED_STRIDES, SHOWN_STRIDES = (8, 16, 32), (4, 8, 16, 32)  # of the small backbone
# Of a larger one the levels are its own, before the neck takes fewer channels of them. MobileNetV2
# has 192, 576 and 1280: in nine places of a box 18,432 numbers, which an SVM takes minutes and
# gigabytes for. The finest alone, 1728 numbers, are as many as the others' and describe better than
# the 2016 that the neck takes: mAP@.50 .78 to .73 on BCCD and .38 to .32 on playing cards, of 50
# training images. With the next level it is .82 and .37, for four times the numbers; coarse levels
# hardly tell a box from the one beside it, and means over a box do not at all (.31 and .03).
LARGE_DESCRIBED, LARGE_SHOWN = (8,), (8, 16, 32)
SHOWN = 6  # first filters, and channels of each stride


def feature_source(folder: Path, threads: int) -> FeatureSource:
    """Return the boxes and the backbone's features of the detector saved in the folder."""
    load_tensorflow()
    network = load_network(folder)
    detector = load_yolo(folder, threads=threads)
    pretrained = saved_yolo(folder).settings.pretrained_on is not None
    return FeatureSource(
        boxes="pre-trained YOLO's boxes" if pretrained else "YOLO's boxes",
        propose=partial(boxes_before_nms, detector),
        descriptors={
            "pre-trained backbone" if pretrained else "YOLO backbone": backbone_descriptor(network)
        },
        nms_iou=detector.nms_iou,
        pictures=partial(feature_pictures, network),
    )


def boxes_before_nms(detector: YoloDetector, image: Image) -> Boxes:
    """Return the best boxes of an image, of any class, none much like a better one."""
    found = recorded(detector.stages[:-1], image)[-1]
    rows = nms_indices(
        found.boxes,
        found.scores,
        np.zeros_like(found.labels),
        iou_threshold=THIN_IOU,
        score_threshold=0.0,
        limit=MOST_BOXES,
    )
    return np.asarray(found.boxes[rows])


def backbone_descriptor(network: keras.Model) -> Describe:
    """Return what describes boxes by the backbone's features there."""
    import tensorflow as tf

    levels_of, strides = _backbone(network, DESCRIBED_STRIDES, LARGE_DESCRIBED)
    levels_of = tf.function(levels_of, autograph=False)

    def describe(image: Image, boxes: Boxes) -> NDArray[np.float32]:
        picture, scales = letterbox(image, network.input_shape[1:3])
        levels = levels_of(picture[None].astype(np.float32))
        parts = [
            sampled(np.asarray(level)[0], boxes * scales / stride).reshape(len(boxes), -1)
            for level, stride in zip(levels, strides, strict=True)
        ]
        return np.concatenate(parts, axis=1)

    return describe


def sampled(level: NDArray[np.float32], boxes: Boxes) -> NDArray[np.float32]:
    """Return the ``(N, 3, 3, C)`` features in the middles of each box's parts (He et al. 2017).

    Args:
        level: ``(h, w, C)``.
        boxes: ``(N, 4)`` xyxy in cells, whose centres are at halves.
    """
    steps = (np.arange(BINS)[:, None] + 0.5) / BINS
    middles = boxes[:, None, :2] + steps * (boxes[:, None, 2:] - boxes[:, None, :2]) - 0.5
    x, y = middles[..., 0], middles[..., 1]
    points = np.stack(np.broadcast_arrays(y[:, :, None], x[:, None, :]), axis=-1)
    rows, columns = (np.arange(side) for side in level.shape[:2])
    between = RegularGridInterpolator((rows, columns), level)
    return np.asarray(between(np.clip(points, 0, [rows[-1], columns[-1]])), np.float32)


def feature_pictures(
    network: keras.Model, image: Image, box: NDArray[np.float64]
) -> dict[str, Pictures]:
    """Return the first filters, 0 to 1, and each stride's most distinct channels, cut to a box."""
    import keras

    first = next(each for each in network.layers if isinstance(each, keras.layers.Conv2D))
    kernel = np.asarray(first.kernel)
    low, high = kernel.min(axis=(0, 1, 2)), kernel.max(axis=(0, 1, 2))
    filters = np.moveaxis((kernel - low) / np.maximum(high - low, 1e-9), 3, 0)
    rows: dict[str, Pictures] = {"first filters": list(filters[:SHOWN])}
    picture, scales = letterbox(image, network.input_shape[1:3])
    levels_of, strides = _backbone(network, SHOWN_STRIDES, LARGE_SHOWN)
    levels = levels_of(picture[None].astype(np.float32))
    for stride, level in zip(strides, levels, strict=True):
        x1, y1 = np.floor(box[:2] * scales[:2] / stride).astype(int)
        x2, y2 = np.maximum(np.ceil(box[2:] * scales[2:] / stride).astype(int), [x1 + 1, y1 + 1])
        inside = np.asarray(level)[0, y1:y2, x1:x2]
        best = np.argsort(inside.mean(axis=(0, 1)) - inside.max(axis=(0, 1)))[:SHOWN]
        rows[f"stride {stride}"] = [inside[..., channel] for channel in best]
    return rows


def _backbone(
    network: keras.Model, small: tuple[int, ...], large: tuple[int, ...]
) -> tuple[Callable[[Any], list[Any]], tuple[int, ...]]:
    """Return what gives the backbone's levels of ``(1, H, W, 3)`` pictures, and their strides.

    They are those for the ``small`` backbone or for a ``large`` one, whichever it has.
    """
    import keras

    from models.yolo.backbones import backbone_part

    model, strides = backbone_part(network, large), large
    if model is None:
        levels = [network.get_layer(f"backbone_{stride}").output for stride in small]
        model, strides = keras.Model(network.input, levels), small
    # a model with one output gives it without a list
    return lambda picture: list(keras.tree.flatten(model(picture, training=False))), strides
