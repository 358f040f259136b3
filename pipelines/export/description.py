"""``network.json``: all that a program needs, besides the network, to turn pixels into boxes."""

from __future__ import annotations

import msgspec

from models.yolo.decoding import DISTANCES, LIMIT, LOGITS, MOST_CANDIDATES, STRIDES, grid_points
from models.yolo.exported import INPUT, LITERT
from models.yolo.letterbox import GREY
from pipelines.detections import LOWEST_SCORE
from pipelines.evaluation.significance import Difference
from pipelines.export.agreement import Agreement
from pipelines.postprocessing.calibration import Calibration
from pipelines.postprocessing.nms import VOTING_SCORE


class NetworkInput(msgspec.Struct, frozen=True, kw_only=True):
    """The one input; a None in its shape is any number of pictures."""

    name: str = INPUT
    shape: tuple[int | None, int, int, int]
    dtype: str = "float32"
    colours: str = "RGB"
    values: str = "0 to 255, as decoded; the network scales them itself"


class NetworkOutput(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two outputs; a None in its shape is any number of pictures."""

    name: str
    shape: tuple[int | None, int, int]
    dtype: str = "float32"
    row: str
    row_order: str = "by stride as in `strides`, then row by row of the grid, left to right"


class ScoreThreshold(msgspec.Struct, frozen=True):
    """From which score, calibrated, on to believe a detection, and where that comes from."""

    score: float
    source: str


class MapCheck(msgspec.Struct, frozen=True):
    """What int8 costs: figures of both networks by name, and their paired difference."""

    images: int
    exported: dict[str, float]
    original: dict[str, float]
    exported_minus_original: dict[str, Difference]


class NoiseCheck(msgspec.Struct, frozen=True, kw_only=True):
    """How far raw outputs for noise differ, and why no test images could be used."""

    images: int = 0
    unreachable: str
    largest_raw_difference_on_noise: float


class NetworkDescription(msgspec.Struct, frozen=True, kw_only=True):
    """What ``network.json`` holds; sides are pixels, ``exported_from`` is the model's folder."""

    network: str
    form: str
    int8: bool
    exported_from: str
    libraries: dict[str, str | None]
    classes: tuple[str, ...]
    input: NetworkInput
    preprocessing: tuple[str, ...]
    padding_value: int = GREY
    outputs: tuple[NetworkOutput, ...]
    strides: tuple[int, ...] = STRIDES
    decoding: tuple[str, ...] = (
        "a stride s has input_height / s rows and input_width / s columns",
        "point = ((column + 0.5) * s, (row + 0.5) * s)",
        "distance = exp(raw) * s",
        "box = point_x - left, point_y - top, point_x + right, point_y + bottom",
        "score of a class = 1 / (1 + exp(-logit)); each class of a row is a candidate",
    )
    postprocessing: tuple[str, ...] = (
        "keep candidates from lowest_score on, the best most_candidates of them",
        "where flip_test is true, so many more from the input with the resized image, without the "
        "padding, mirrored left to right: their left = small_width - right, right = small_width - "
        "left",
        "divide x by small_width / image_width and y by small_height / image_height",
        "cut boxes to the image; drop those without area",
        "NMS in each class: of two boxes whose IoU is above nms_iou the better one stays",
        "keep the best most_detections of all classes",
        "a box kept with voting_score or more becomes the mean, weighted by their scores, of the "
        "candidates of its class with voting_score or more, itself among them, whose IoU with it "
        "is voting_iou or more; where voting_iou is 1 it stays",
        "where there is a calibration: z = slope * ln(score / (1 - score)) + offset, and then "
        "score = lowest_score + (1 - lowest_score) / (1 + exp(-z))",
    )
    lowest_score: float = LOWEST_SCORE
    most_candidates: int = MOST_CANDIDATES
    nms_iou: float
    voting_iou: float
    voting_score: float = VOTING_SCORE
    flip_test: bool
    most_detections: int
    calibration: Calibration | None
    boxes: str = (
        "left, top, right, bottom in pixels of the upright image; right and bottom are exclusive"
    )
    threshold: ScoreThreshold
    check: Agreement | MapCheck | NoiseCheck


def network_ends(
    input_hw: tuple[int, int], classes: int, form: str
) -> tuple[NetworkInput, tuple[NetworkOutput, NetworkOutput]]:
    """Return the input and outputs of a network in that form; LiteRT's takes one picture."""
    batch, cells = 1 if form == LITERT else None, len(grid_points(input_hw)[0])
    distances = NetworkOutput(
        name=DISTANCES,
        shape=(batch, cells, 4),
        row=f"raw left, top, right, bottom distances, {-LIMIT:g} to {LIMIT:g}",
    )
    logits = NetworkOutput(name=LOGITS, shape=(batch, cells, classes), row="a logit for each class")
    return NetworkInput(shape=(batch, *input_hw, 3)), (distances, logits)


def preprocessing(input_hw: tuple[int, int]) -> tuple[str, ...]:
    """Return the steps from a file to an input of that height and width."""
    height, width = input_hw
    return (
        "decode the image and turn it upright as its EXIF orientation says",
        f"scale = min({height} / image_height, {width} / image_width)",
        "small_height = min(max(1, round(image_height * scale)), input_height), and so the "
        "width; round() takes halves to the even number",
        "resize to small_width x small_height: OpenCV's INTER_AREA where scale < 1, "
        "INTER_LINEAR elsewhere",
        "put it into the top left corner of the input; the rest has the padding value",
    )
