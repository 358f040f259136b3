"""What a YOLO-style contender needs before it can be trained: the weights of its backbone."""

from __future__ import annotations

from models.errors import UnavailableError
from models.yolo.settings import YoloSettings
from pipelines.settings import RunSettings


def prepare(settings: RunSettings, group: str) -> None:
    """Make sure that the backbone's weights are there, downloading them if need be.

    Of a network that begins from nothing there is nothing to do. ``group`` names its settings.

    Raises:
        UnavailableError: they can't be downloaded.
        TrainingError: the file that the user gave can't be used.
    """
    own: YoloSettings = getattr(settings, group)
    if own.pretrained_on is None:
        return
    from models.yolo.backbone_weights import check_backbone_weights  # with HDF5
    from models.yolo.seen_classes import classes_seen

    try:
        check_backbone_weights(own.backbone, own.backbone_weights)
    except UnavailableError as error:
        raise UnavailableError(f"{error} (--set {own.PREFIX}backbone_weights=FILE)") from error
    classes_seen(own.backbone_weights, own.backbone_classes)  # while there is a network
