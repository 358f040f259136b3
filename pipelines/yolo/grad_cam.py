"""YOLO's own explanation: the gradient of a detection's logit by the features it was made from.

Grad-CAM (Selvaraju et al. 2017) weighs feature maps by gradients averaged over the whole picture,
which marks all objects of the class. Of one detection the gradients are taken where they are, as
ODAM does (Zhao & Chan, ICLR 2023), which separates one object's pixels from its neighbours'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.boxes import iou
from models.yolo.decoding import STRIDES, grid_points
from models.yolo.letterbox import letterbox
from pipelines.detections import Image

if TYPE_CHECKING:
    import keras

CELLS_OF = 5  # best cells whose logits are added: a detection is what several of them agree on


class GradCam:
    """Explains the detections of one network."""

    def __init__(self, network: keras.Model) -> None:
        """Cut the network at its necks, the features its heads answer from."""
        import keras
        import tensorflow as tf

        self.input_hw: tuple[int, int] = network.input_shape[1:3]
        features = [network.get_layer(f"neck_{stride}").output for stride in STRIDES]
        model = keras.Model(network.input, [*features, network.output])
        heads = keras.Model(features, network.output)

        def gradients(picture: Any, chosen: Any) -> Any:
            *levels, _ = model(tf.cast(picture, tf.float32), training=False)
            with tf.GradientTape() as tape:
                tape.watch(levels)
                total = tf.reduce_sum(heads(levels) * chosen)
            return levels, tape.gradient(total, levels)

        self._answer = model
        self._gradients = tf.function(gradients, autograph=False)

    def __call__(self, image: Image, box: NDArray[np.float64], label: int) -> NDArray[np.float64]:
        """Return the ``(H, W)`` map of one detection, nothing below 0.

        Args:
            image: ``(H, W, 3)`` uint8 RGB.
            box: ``(4,)`` xyxy pixels of the detection.
            label: of its class.
        """
        picture, scales = letterbox(image, self.input_hw)
        answers = np.asarray(self._answer(picture[None].astype(np.float32), training=False)[-1])[0]
        chosen = np.zeros_like(answers)
        chosen[self._cells(answers, box, label, scales), 4 + label] = 1.0
        levels, slopes = self._gradients(picture[None], chosen[None])
        total = np.zeros(self.input_hw, np.float32)
        for level, slope in zip(levels, slopes, strict=True):
            found = np.maximum((np.asarray(level) * np.asarray(slope))[0].sum(axis=2), 0.0)
            total += cv2.resize(found, self.input_hw[::-1], interpolation=cv2.INTER_LINEAR)
        high = max(1, round(image.shape[0] * scales[1]))
        wide = max(1, round(image.shape[1] * scales[0]))
        inside = total[:high, :wide]
        large = cv2.resize(inside, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        return np.asarray(large, np.float64)

    def _cells(
        self,
        answers: NDArray[np.float32],
        box: NDArray[np.float64],
        label: int,
        scales: NDArray[np.float64],
    ) -> NDArray[np.int64]:
        """Return the cells whose answers are most like the detection: by score and by IoU."""
        points, strides = grid_points(self.input_hw)
        reach = np.exp(answers[:, :4]) * strides[:, None]
        boxes = np.concatenate([points - reach[:, :2], points + reach[:, 2:]], axis=1)
        overlap = iou(boxes / scales, box[None])[:, 0]
        score = 1 / (1 + np.exp(-answers[:, 4 + label].astype(np.float64)))
        match = overlap * score
        best = np.argsort(-match, kind="stable")[:CELLS_OF]
        return np.asarray(best[match[best] > 0.5 * match[best[0]]])
