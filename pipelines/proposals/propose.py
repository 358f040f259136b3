"""The best N candidate boxes of an image, from windows and GrabCut, ranked by one objectness."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.boxes import Boxes, as_boxes, clip, xyxy_to_xywh
from models.hog import crop
from models.objectness import LENGTH, WINDOW_PX, Objectness, cells, window_features
from pipelines.classical_settings import ClassicalSettings
from pipelines.detections import Image
from pipelines.proposals.grabcut import grabcut_boxes
from pipelines.proposals.windows import WORKING_PX, all_windows

RANKED = 1500  # best windows that go on to thinning, which costs their square
SEEDS, SEED_IOU = 24, 0.2  # windows GrabCut starts from: few, apart, of the best RANKED_SEEDS
RANKED_SEEDS = 300
THINNING_IOU = 0.75  # candidates that overlap more are one


@dataclass(frozen=True, eq=False)
class Proposals:
    """Candidate boxes, best first.

    Attributes:
        boxes: ``(N, 4)`` float64 xyxy pixels, inside the image, with an area.
        objectness: ``(N,)`` float32 log odds.
        from_grabcut: ``(N,)`` bool, which of them GrabCut found.
    """

    boxes: Boxes
    objectness: NDArray[np.float32]
    from_grabcut: NDArray[np.bool_]


def propose(
    image: Image,
    shapes: NDArray[np.float64],
    objectness: Objectness,
    settings: ClassicalSettings,
    jobs: int = 1,
) -> Proposals:
    """Return at most ``settings.proposals`` candidates of an image.

    Args:
        image: ``(H, W, 3)`` uint8 RGB.
        shapes: of the windows, from `windows.fit_shapes`.
        objectness: ranks all candidates alike.
        settings: the arm, the budget and GrabCut's sizes.
        jobs: threads that cut; the answer is the same with any number.
    """
    scale = min(1.0, WORKING_PX / max(image.shape[:2]))
    width, height = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    small = np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    windows, window_scores = _best_windows(small, shapes, objectness)
    cuts = as_boxes(())
    if "grabcut" in settings.arm:
        best = slice(RANKED_SEEDS)
        seeds = windows[best][_thin(windows[best], window_scores[best], SEED_IOU, SEEDS)]
        cuts = grabcut_boxes(small, seeds, settings.grabcut_sizes, settings.grabcut_iterations)
        cuts = clip(cuts, width, height)
        cuts = cuts[((cuts[:, 2:] - cuts[:, :2]) >= 2).all(axis=1)]
    if "windows" not in settings.arm:
        windows, window_scores = windows[:0], window_scores[:0]
    boxes = np.concatenate([windows, cuts])
    scores = np.concatenate([window_scores, objectness.score(_box_features(small, cuts))])
    from_grabcut = np.arange(len(boxes)) >= len(windows)
    keep = _thin(boxes, scores, THINNING_IOU, settings.proposals)
    back = np.tile([image.shape[1] / width, image.shape[0] / height], 2)
    return Proposals(boxes[keep] * back, scores[keep], from_grabcut[keep])


def _best_windows(
    image: Image, shapes: NDArray[np.float64], objectness: Objectness
) -> tuple[Boxes, NDArray[np.float32]]:
    every = [(boxes, objectness.score(rows)) for boxes, rows in all_windows(image, shapes)]
    boxes = np.concatenate([as_boxes(()), *(found for found, _ in every)])
    scores = np.concatenate([np.zeros(0, np.float32), *(found for _, found in every)])
    best = np.argsort(-scores, kind="stable")[:RANKED]
    return boxes[best], scores[best]


def _box_features(image: Image, boxes: Boxes) -> NDArray[np.float32]:
    """Return the features of boxes of any shape, each seen as one window."""
    rows = [window_features(cells(crop(image, box, 0.0, WINDOW_PX)))[0] for box in boxes]
    return np.array(rows, np.float32).reshape(-1, LENGTH)


def _thin(
    boxes: Boxes, scores: NDArray[np.float32], iou_threshold: float, limit: int
) -> NDArray[np.int64]:
    """Return the places of at most ``limit`` boxes, best first, none too much like a better one."""
    if not len(boxes):
        return np.zeros(0, np.int64)
    above_zero = (scores - scores.min()).astype(float)  # OpenCV takes no negative scores
    kept = cv2.dnn.NMSBoxes(xyxy_to_xywh(boxes).tolist(), above_zero.tolist(), 0.0, iou_threshold)
    return np.asarray(kept, np.int64).reshape(-1)[:limit]
