"""What a YOLO-style contender needs before it can be trained: the weights of its backbone."""

from __future__ import annotations

from models.yolo.settings import SCRATCH, SMALL, YoloSettings


def prepare(settings: YoloSettings) -> None:
    """Make sure that the backbone's weights are there, downloading them if need be.

    Of a network that begins from nothing there is nothing to do.

    Raises:
        TrainingError: they are not to be had.
    """
    if settings.backbone == SMALL or settings.backbone_weights == SCRATCH:
        return
    from models.yolo.backbone_weights import check_backbone_weights  # with HDF5

    check_backbone_weights(settings.backbone, settings.backbone_weights)
