"""COCO's own evaluation, pycocotools, beside which this project's is put."""

import contextlib
import io

import numpy as np

from pipelines.evaluation.coco_files.format import ground_truth_to_coco
from pipelines.evaluation.coco_files.own_detections import detections_to_coco
from pipelines.evaluation.undefined import plain

TWELVE = (
    *("map_50_95", "map_50", "map_75", "small", "medium", "large"),
    *("average_recall_1", "average_recall_10", "average_recall"),
    *("average_recall_small", "average_recall_medium", "average_recall_large"),
)


def by_pycocotools(truths, founds, classes, max_detections, areas=None):
    """Return its evaluation object with all that it works out."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    coco = plain(ground_truth_to_coco(truths, classes))
    if areas is not None:
        for row, area in zip(coco["annotations"], np.concatenate(areas), strict=True):
            row["area"] = float(area)
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = coco
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(plain(detections_to_coco(founds))), "bbox")
        evaluation.params.maxDets = [1, 10, max_detections]
        evaluation.evaluate()
        evaluation.accumulate()
    return evaluation


def assert_equal_to_pycocotools(quality, truths, founds, classes, areas=None):
    """All twelve figures and each class's are equal but for the rounding of sums."""
    wanted = by_pycocotools(truths, founds, classes, quality.max_detections, areas).eval
    # (IoU, recall, class, size, most) and (IoU, class, size, most); it writes -1 for undefined
    precision, recall = (
        np.where(wanted[name] < 0, np.nan, wanted[name]) for name in ("precision", "recall")
    )
    twelve = [
        *(precision[ious, :, :, 0, 2] for ious in (slice(None), 0, 5)),
        *(precision[..., size, 2] for size in (1, 2, 3)),
        *(recall[..., 0, most] for most in (0, 1, 2)),
        *(recall[..., size, 2] for size in (1, 2, 3)),
    ]
    figures = [getattr(quality, name) for name in TWELVE]
    np.testing.assert_allclose(figures, [_mean(values) for values in twelve], rtol=0, atol=1e-14)
    for label, name in enumerate(classes):
        ours, curves = quality.per_class[name], precision[:, :, label, 0, 2]
        np.testing.assert_allclose(ours.precision_50, curves[0], rtol=0, atol=1e-14)
        np.testing.assert_allclose(
            [ours.ap_50_95, ours.ap_50, ours.average_recall],
            [curves.mean(), curves[0].mean(), recall[:, label, 0, 2].mean()],
            rtol=0,
            atol=1e-14,
        )


def _mean(values):
    known = values[~np.isnan(values)]
    return known.mean() if known.size else np.nan
