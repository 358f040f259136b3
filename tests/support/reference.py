"""Slow versions of the detector's mathematics in plain numpy, to hold the fast ones to."""

import math

import numpy as np


def iou(a, b):
    w = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    h = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h
    return w * h / union if union else 0.0


def ciou(a, b):
    overlap = iou(a, b)
    diagonal = (max(a[2], b[2]) - min(a[0], b[0])) ** 2 + (max(a[3], b[3]) - min(a[1], b[1])) ** 2
    apart = ((a[0] + a[2] - b[0] - b[2]) ** 2 + (a[1] + a[3] - b[1] - b[3]) ** 2) / 4
    angle = math.atan2(b[2] - b[0], b[3] - b[1]) - math.atan2(a[2] - a[0], a[3] - a[1])
    v = 4 / math.pi**2 * angle**2
    alpha = v / (1 - overlap + v + 1e-7)
    return overlap - apart / diagonal - alpha * v


def assign(scores, boxes, points, strides, true_boxes, true_labels, alpha, beta, top):
    """One image: ``(A, C)`` targets and ``(A, 4)`` boxes, by the letter of TOOD."""
    cells, classes = scores.shape
    truths = len(true_boxes)
    overlap = np.array([[iou(t, b) for b in boxes] for t in true_boxes]).reshape(truths, cells)
    wants = np.zeros((truths, cells), bool)
    alignment = np.zeros((truths, cells))
    for m, (x1, y1, x2, y2) in enumerate(true_boxes):
        for a in range(cells):
            reach_x = max((x2 - x1) / 2, strides[a] / 2)
            reach_y = max((y2 - y1) / 2, strides[a] / 2)
            inside = (
                abs(points[a, 0] - (x1 + x2) / 2) <= reach_x
                and abs(points[a, 1] - (y1 + y2) / 2) <= reach_y
            )
            if inside:
                alignment[m, a] = scores[a, true_labels[m]] ** alpha * overlap[m, a] ** beta
        best = np.argsort(-alignment[m], kind="stable")[:top]
        wants[m, [a for a in best if alignment[m, a] > 0]] = True
    targets, places = np.zeros((cells, classes)), np.zeros((cells, 4))
    owner = np.full(cells, -1)
    for a in range(cells):
        rivals = np.flatnonzero(wants[:, a])
        if len(rivals):
            owner[a] = rivals[np.argmax(overlap[rivals, a])]
    for m in range(truths):
        mine = np.flatnonzero(owner == m)
        if len(mine):
            quality = alignment[m, mine] / alignment[m, mine].max() * overlap[m, mine].max()
            targets[mine, true_labels[m]] = quality
            places[mine] = true_boxes[m]
    return targets, places


def raw_distances(boxes, points, strides):
    """``(A, 4)`` raw distances of ``(A, 4)`` boxes around their points."""
    reach = np.concatenate([points - boxes[:, :2], boxes[:, 2:] - points], axis=1)
    return np.log(np.maximum(reach / strides[:, None], math.exp(-8.0))).astype(np.float32)
