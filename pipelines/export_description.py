"""What stands between pixels and boxes besides the network, for other programs.

Everything a program needs to turn a photograph into the very boxes this project gives is in it.
"""

from __future__ import annotations

from typing import Any

from models.yolo.decoding import LIMIT, STRIDES
from models.yolo.exported import INPUT, LITERT, OUTPUT
from models.yolo.letterbox import GREY
from pipelines.model_folder import Threshold

MOST_CANDIDATES = 1000  # `models.yolo.decoding.decode`'s limit


def description(
    *,
    classes: tuple[str, ...],
    input_hw: tuple[int, int],
    form: str,
    lowest_score: float,
    nms_iou: float,
    most_detections: int,
    threshold: Threshold,
) -> dict[str, Any]:
    """Return the pre- and post-processing of an exported network as plain values for JSON.

    Args:
        classes: names in label order.
        input_hw: height and width of the network's input, pixels.
        form: that it was written in; LiteRT's takes one picture at a time.
        lowest_score: of a detection that is kept before NMS.
        nms_iou: above which the lower-scored of two boxes of a class is dropped.
        most_detections: of an image.
        threshold: from which score on to believe a detection.
    """
    height, width = input_hw
    answers = sum((height // stride) * (width // stride) for stride in STRIDES)
    batch = 1 if form == LITERT else None
    return {
        "classes": list(classes),
        "input": {
            "name": INPUT,
            "shape": [batch, height, width, 3],
            "dtype": "float32",
            "colours": "RGB",
            "values": "0 to 255, as decoded; the network scales them itself",
        },
        "preprocessing": [
            "decode the image and turn it upright as its EXIF orientation says",
            f"scale = min({height} / image_height, {width} / image_width)",
            "small_height = min(max(1, round(image_height * scale)), input_height), and so the "
            "width; round() takes halves to the even number",
            "resize to small_width x small_height: OpenCV's INTER_AREA where scale < 1, "
            "INTER_LINEAR elsewhere",
            "put it into the top left corner of the input; the rest has the padding value",
        ],
        "padding_value": GREY,
        "output": {
            "name": OUTPUT,
            "shape": [batch, answers, 4 + len(classes)],
            "dtype": "float32",
            "row": "raw left, top, right, bottom distances, then a logit for each class",
            "row_order": "by stride as in `strides`, then row by row of the grid, left to right",
        },
        "strides": list(STRIDES),
        "distance_limit": LIMIT,
        "decoding": [
            "a stride s has input_height / s rows and input_width / s columns",
            "point = ((column + 0.5) * s, (row + 0.5) * s)",
            "distance = exp(clip(raw, -distance_limit, distance_limit)) * s",
            "box = point_x - left, point_y - top, point_x + right, point_y + bottom",
            "score of a class = 1 / (1 + exp(-logit)); each class of a row is a candidate",
        ],
        "postprocessing": [
            "keep candidates from lowest_score on, the best most_candidates of them",
            "divide x by small_width / image_width and y by small_height / image_height",
            "cut boxes to the image; drop those without area",
            "NMS in each class: of two boxes whose IoU is above nms_iou the better one stays",
            "keep the best most_detections of all classes",
        ],
        "lowest_score": lowest_score,
        "most_candidates": MOST_CANDIDATES,
        "nms_iou": nms_iou,
        "most_detections": most_detections,
        "boxes": "left, top, right, bottom in pixels of the upright image; right and bottom are "
        "exclusive",
        "threshold": {"score": threshold.score, "source": threshold.source},
    }
