"""The best N candidate boxes of an image, from windows and GrabCut, ranked by one objectness."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.boxes import Boxes, as_boxes, clip, xyxy_to_xywh
from models.classical.channels import Channels, channels
from models.classical.objectness import Objectness, view
from models.classical.settings import ClassicalSettings
from pipelines.classical.proposals.grabcut import grabcut_boxes, reduced
from pipelines.classical.proposals.windows import best_windows
from pipelines.detections import Image

WORKING_PX = 640  # longer side of the image that is searched: bounds time and memory
WINDOWS = 900  # best windows that the second objectness ranks again
SEEDS, SEED_IOU = 24, 0.2  # windows GrabCut starts from: few, apart, of the best RANKED_SEEDS
RANKED_SEEDS = 300
SPREAD_IOUS = (0.5, 0.75)  # candidates that overlap more are one, at first and at last
DISTINCT = 0.1  # of a side or its logarithm: candidates nearer than that are one
MOVED_BEYOND = 200  # candidates beyond the budget that are moved and ranked once more
MOST_THINNED = 600  # candidates beyond the budget that are compared pair by pair
LEAST_SIDE_PX = 2.0  # of a candidate, in the searched image


@dataclass(frozen=True, eq=False)
class Search:
    """An image as it is searched.

    Attributes:
        image: ``(h, w, 3)`` uint8 RGB, the longer side 640 pixels at most.
        levels: its channels.
        back: ``(4,)`` pixels of the original for one of these, as x, y, x, y.
    """

    image: Image
    levels: Channels
    back: NDArray[np.float64]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.image.shape[1], self.image.shape[0]


@dataclass(frozen=True, eq=False)
class Proposer:
    """What proposing has learnt.

    Attributes:
        shapes: ``(K, 2)`` of the windows, as shares of the longer side.
        prior: ``(P, 4)`` boxes that training images often have, as shares of width and height.
        first: ranks windows.
        second: ranks and moves the best of them and GrabCut's boxes.
    """

    shapes: NDArray[np.float64]
    prior: Boxes
    first: Objectness
    second: Objectness


@dataclass(frozen=True, eq=False)
class Proposals:
    """Candidate boxes, best first.

    Attributes:
        boxes: ``(N, 4)`` float64 xyxy pixels of the searched image, inside it, with an area.
        log_odds: ``(N,)`` float32, of an object.
        from_grabcut: ``(N,)`` bool, which of them GrabCut found.
    """

    boxes: Boxes
    log_odds: NDArray[np.float32]
    from_grabcut: NDArray[np.bool_]


def search(image: Image) -> Search:
    """Return the ``(H, W, 3)`` uint8 RGB image at the size it is searched, with its channels."""
    small, back = reduced(image, WORKING_PX)
    return Search(small, channels(small), back)


def candidates(
    searched: Search,
    shapes: NDArray[np.float64],
    prior: Boxes,
    first: Objectness,
    settings: ClassicalSettings,
    threads: int = 1,
) -> tuple[Boxes, NDArray[np.bool_]]:
    """Return the ``(N, 4)`` boxes of the chosen source before ranking, and which GrabCut found."""
    width, height = searched.size
    if settings.proposal_source == "prior":
        boxes = prior * [width, height, width, height]
        return boxes, np.zeros(len(boxes), bool)
    windows, log_odds = best_windows(searched.levels, width, height, shapes, first, WINDOWS)
    cuts = as_boxes(())
    if "grabcut" in settings.proposal_source:
        seeds = seeds_among(windows, log_odds)
        sizes_px, iterations = settings.grabcut_sizes, settings.grabcut_iterations
        cuts = grabcut_boxes(searched.image, seeds, sizes_px, iterations, threads)
        cuts = clip(cuts, width, height)
    if "windows" not in settings.proposal_source:
        windows = windows[:0]
    windows, cuts = windows[_large_enough(windows)], cuts[_large_enough(cuts)]
    return np.concatenate([windows, cuts]), np.arange(len(windows) + len(cuts)) >= len(windows)


def propose(
    searched: Search, proposer: Proposer, settings: ClassicalSettings, threads: int = 1
) -> Proposals:
    """Return at most ``settings.proposals`` candidates of an image.

    The best candidates are there twice: as they were found, and as `second` moves them. Of two
    that are almost the same the better one is kept. The result does not depend on ``threads``.
    """
    boxes, from_grabcut = candidates(
        searched, proposer.shapes, proposer.prior, proposer.first, settings, threads
    )
    log_odds, moved = proposer.second.score_and_refine(view(searched.levels, boxes), boxes)
    best = np.argsort(-log_odds, kind="stable")[: settings.proposals + MOVED_BEYOND]
    moved = clip(moved[best], *searched.size)
    moved_log_odds = proposer.second.score(view(searched.levels, moved))
    boxes = np.concatenate([moved, boxes])
    large = _large_enough(boxes)
    boxes, log_odds = boxes[large], np.concatenate([moved_log_odds, log_odds])[large]
    from_grabcut = np.concatenate([from_grabcut[best], from_grabcut])[large]
    keep = chosen(boxes, log_odds, settings.proposals)
    return Proposals(boxes[keep], log_odds[keep], from_grabcut[keep])


def chosen(boxes: Boxes, log_odds: NDArray[np.float32], limit: int) -> NDArray[np.int64]:
    """Return the indices of at most ``limit`` boxes, best first and each index once.

    First come boxes that are the best of all that show the same object; what is left of the budget
    goes to their next best neighbours, in finer and finer steps. A small budget is thereby spread
    over the image, and a large one holds several tries at an object.
    """
    left = distinct(boxes, log_odds)[: MOST_THINNED + limit]
    kept = np.zeros(0, np.int64)
    for iou_threshold in SPREAD_IOUS:
        order = np.concatenate([kept, left[~np.isin(left, kept)]])
        rank = -np.arange(len(order), dtype=np.float32)
        kept = order[thinned(boxes[order], rank, iou_threshold, limit)]
    return kept


def distinct(boxes: Boxes, log_odds: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the indices of boxes that no better one almost equals, best first.

    Boxes almost equal each other if centres and sides fall into the same cell of a grid whose
    steps are a tenth of the sides: found by sorting, where comparing all pairs takes their square.
    """
    best = np.argsort(-log_odds, kind="stable")
    sides = boxes[best, 2:] - boxes[best, :2]
    logs = np.rint(np.log(sides) / DISTINCT)
    centres = (boxes[best, :2] + boxes[best, 2:]) / 2
    places = np.rint(centres / (np.exp(logs * DISTINCT) * DISTINCT))
    _, first = np.unique(np.concatenate([logs, places], axis=1), axis=0, return_index=True)
    return np.asarray(best[np.sort(first)])


def seeds_among(windows: Boxes, log_odds: NDArray[np.float32]) -> Boxes:
    """Return the windows that GrabCut starts from: few, apart, and among the best."""
    best = slice(RANKED_SEEDS)
    return windows[best][thinned(windows[best], log_odds[best], SEED_IOU, SEEDS)]


def thinned(
    boxes: Boxes, scores: NDArray[np.float32], iou_threshold: float, limit: int
) -> NDArray[np.int64]:
    """Return the indices of at most ``limit`` boxes, best first, none too like a better one."""
    if not len(boxes):
        return np.zeros(0, np.int64)
    above_zero = (scores - scores.min()).astype(float)  # OpenCV takes no negative scores
    kept = cv2.dnn.NMSBoxes(xyxy_to_xywh(boxes).tolist(), above_zero.tolist(), 0.0, iou_threshold)
    return np.asarray(kept, np.int64).reshape(-1)[:limit]


def _large_enough(boxes: Boxes) -> NDArray[np.bool_]:
    return np.asarray(((boxes[:, 2:] - boxes[:, :2]) >= LEAST_SIDE_PX).all(axis=1))
