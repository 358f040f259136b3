"""Training of the end-to-end pipeline: the input's size, the choice on validation, the files."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from datasets.annotations import LabelledImage
from datasets.images import pixels_of
from datasets.progress import Track
from datasets.splits import with_an_object
from datasets.threads import in_order
from models.yolo.forward import GraphForward
from models.yolo.letterbox import input_size, letterbox
from models.yolo.scalars import Log, unlogged
from models.yolo.schedule import TrainingLength
from models.yolo.settings import YoloSettings
from pipelines.detections import Stage, limit_for, run_stages
from pipelines.evaluation.quality import Quality, score
from pipelines.yolo.detector import Letterboxed, YoloDetector
from pipelines.yolo.storage import TRAINING_STATE, save_yolo

if TYPE_CHECKING:
    import keras

    from models.yolo.machines import Machines
    from models.yolo.training import TrainingResult

INPUT_SIDES_PX = (256, 320, 384, 448)  # the network's longer side, chosen by the objects' size
LEAST_OBJECT_PX = 16.0  # two of the finest cells
MOST_VALIDATION_IMAGES = 500  # held in memory while training; more would not choose better


class Choice(NamedTuple):
    """The network's input, height and width in pixels, and in words why it is that."""

    input_hw: tuple[int, int]
    reason: str


def choose_input(
    images: Sequence[LabelledImage], classes: Sequence[str], image_size: int | None
) -> Choice:
    """Return the network's input for a training split.

    Without an ``image_size`` the longer side is the smallest of `INPUT_SIDES_PX` at which, of
    every class, nine of ten objects are at least two of the finest cells wide, or the largest of
    them. The shape is the images' usual one.
    """
    sizes = [(image.width_px, image.height_px) for image in images]
    if image_size is not None:
        return Choice(input_size(sizes, image_size), "as set")
    share, label = _smallest_share(images)
    small = f"small {classes[label]}" if label is not None else "objects"
    for side in INPUT_SIDES_PX:
        if side * share >= LEAST_OBJECT_PX:
            reason = f"least of {INPUT_SIDES_PX} that shows {small} {LEAST_OBJECT_PX:.0f} px wide"
            break
    else:
        reason = f"largest of {INPUT_SIDES_PX}; {small} are only {side * share:.0f} px wide there"
    return Choice(input_size(sizes, side), f"the {reason}")


def train_yolo(
    train: Sequence[LabelledImage],
    val: Sequence[LabelledImage],
    classes: Sequence[str],
    settings: YoloSettings,
    input_hw: tuple[int, int],
    length: TrainingLength,
    seed: int,
    folder: Path,
    track: Track,
    is_stopped: Callable[[], bool] = lambda: False,
    log: Log = unlogged,
    machines: Machines | None = None,
) -> TrainingResult:
    """Train on ``train``, choose on ``val``, and save the detector into ``folder``.

    A training that was stopped or killed goes on from the state it left there.

    Raises:
        TrainingError: it can't be trained.
        KeyboardInterrupt: ``is_stopped`` is true; the state is saved.
    """
    from models.yolo.checkpoint import Checkpoint
    from models.yolo.machines import ALONE
    from models.yolo.training import train_network

    crowd = max((len(image.annotations) for image in (*train, *val)), default=0)
    limit = limit_for(crowd)
    some = with_an_object(val[:MOST_VALIDATION_IMAGES], val)
    judge = validation(some, classes, input_hw, settings, limit)
    checkpoint = Checkpoint(folder / TRAINING_STATE)
    trained = train_network(
        train,
        len(classes),
        input_hw,
        settings,
        length,
        seed,
        lambda network: judge(network).map_50_95,
        track,
        checkpoint,
        is_stopped,
        log=log,
        machines=machines or ALONE,
    )
    chosen = time.monotonic()
    save_yolo(trained.network, classes, settings, limit, folder)
    checkpoint.remove()
    return replace(trained, seconds=trained.seconds + time.monotonic() - chosen)


def _smallest_share(images: Sequence[LabelledImage]) -> tuple[float, int | None]:
    """Return the size of small objects of the smallest class, as a share of the longer side.

    An object's size is the root of its area. Small is a tenth of a class; classes are measured
    one by one, since each counts alike in mAP however rare it is. The class comes with it.
    """
    shares, labels = [np.zeros(0)], [np.zeros(0, np.int64)]
    for image in images:
        sides = image.annotations.boxes[:, 2:] - image.annotations.boxes[:, :2]
        shares.append(np.sqrt(sides.prod(axis=1)) / max(image.width_px, image.height_px))
        labels.append(image.annotations.labels)
    every, of_class = np.concatenate(shares), np.concatenate(labels)
    small = [(float(np.quantile(every[of_class == c], 0.1)), int(c)) for c in set(of_class)]
    return min(small, default=(0.1, None))


def detector_of(
    network: keras.Model, classes: Sequence[str], settings: YoloSettings, limit: int
) -> YoloDetector:
    """Return a detector that uses the network as it is then: its weights may go on changing."""
    height, width = network.input_shape[1:3]
    forward = GraphForward(network, xla=False)
    overlaps = settings.nms_iou, settings.voting_iou
    shape = height, width
    return YoloDetector(forward, shape, tuple(classes), *overlaps, limit, settings.flip_test)


def validation(
    images: Sequence[LabelledImage],
    classes: Sequence[str],
    input_hw: tuple[int, int],
    settings: YoloSettings,
    limit: int,
) -> Callable[[keras.Model], Quality]:
    """Return the function that scores a network on the validation split."""
    pictures = [
        Letterboxed(*letterbox(pixels_of(image), input_hw), (image.height_px, image.width_px))
        for image in images
    ]
    truth = [image.annotations for image in images]

    @cache  # one network: its weights change, the graph does not
    def stages_of(network: keras.Model) -> tuple[Stage, ...]:
        return detector_of(network, classes, settings, limit).stages[1:]

    def judge(network: keras.Model) -> Quality:
        stages = stages_of(network)
        found = list(in_order(pictures, partial(run_stages, stages), settings.parts))
        return score(truth, found, classes)

    return judge
