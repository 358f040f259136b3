"""Candidate boxes from superpixels, merged step by step (Uijlings et al. 2013, selective search).

The image is divided into superpixels (Felzenszwalb & Huttenlocher 2004) in two colour spaces at two
scales. In each division the two neighbours whose colours differ least become one, again and again
(Ward 1963), and whatever is one at some time has a box.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from skimage.segmentation import felzenszwalb
from sklearn.cluster import ward_tree

from datasets.boxes import Boxes, as_boxes
from pipelines.detections import Image

SIZE_PX = 100  # longer side of the divided image: 160 took twice the time and found no more
# Colour space and scale of each division: a larger scale makes larger superpixels.
DIVISIONS = ((cv2.COLOR_RGB2LAB, 30.0), (cv2.COLOR_RGB2HSV, 60.0))
SMOOTHED = 0.8  # standard deviation in pixels, of the image before it is divided
LEAST_PIXELS = 8  # of a superpixel
LARGEST_SHARE = 0.9  # of the image's sides: a merged box larger than that holds everything


def superpixel_boxes(image: Image, jobs: int = 1) -> Boxes:
    """Return the ``(N, 4)`` boxes of an ``(H, W, 3)`` uint8 RGB image's superpixels, merged.

    Two threads at most have work.
    """
    scale = min(1.0, SIZE_PX / max(image.shape[:2]))
    width, height = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    small = np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    back = np.tile([image.shape[1] / width, image.shape[0] / height], 2)

    def boxes_of(division: tuple[int, float]) -> Boxes:
        space, coarseness = division
        coloured = np.asarray(cv2.cvtColor(small, space) / 255, np.float32)
        places = felzenszwalb(
            coloured, scale=coarseness, sigma=SMOOTHED, min_size=LEAST_PIXELS, channel_axis=-1
        )
        return merged_boxes(np.asarray(places, np.int64), coloured)

    with ThreadPoolExecutor(jobs) as pool:
        found = np.concatenate([as_boxes(()), *pool.map(boxes_of, DIVISIONS)])
    sides = found[:, 2:] - found[:, :2]
    some = (sides < LARGEST_SHARE * np.array([width, height])).any(axis=1)
    return np.asarray(np.unique(found[some], axis=0) * back)


def merged_boxes(places: NDArray[np.int64], colours: NDArray[np.float32]) -> Boxes:
    """Return the ``(N, 4)`` boxes of superpixels and of all that their merging makes.

    Args:
        places: ``(h, w)`` the number of each pixel's superpixel, from 0 on, none left out.
        colours: ``(h, w, 3)``, in any space.
    """
    count = int(places.max()) + 1
    flat = places.ravel()
    rows, columns = np.divmod(np.arange(flat.size), places.shape[1])
    boxes = np.empty((count, 4))
    for side, values in enumerate((columns, rows)):
        low, high = np.full(count, np.inf), np.zeros(count)
        np.minimum.at(low, flat, values)
        np.maximum.at(high, flat, values)
        boxes[:, side], boxes[:, side + 2] = low, high + 1
    if count < 3:
        return boxes
    sizes = np.bincount(flat, minlength=count)
    means = [np.bincount(flat, part.ravel(), count) / sizes for part in np.moveaxis(colours, 2, 0)]
    pairs = np.concatenate(
        [
            np.stack([places[:, :-1].ravel(), places[:, 1:].ravel()], axis=1),
            np.stack([places[:-1].ravel(), places[1:].ravel()], axis=1),
        ]
    )
    touching = coo_matrix((np.ones(len(pairs)), pairs.T), (count, count))
    merges, *_ = ward_tree(np.stack(means, axis=1), connectivity=touching.tocsr())
    every = np.concatenate([boxes, np.empty((len(merges), 4))])
    for number, (one, other) in enumerate(merges, start=count):
        every[number, :2] = np.minimum(every[one, :2], every[other, :2])
        every[number, 2:] = np.maximum(every[one, 2:], every[other, 2:])
    return every
