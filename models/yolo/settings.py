"""What can be set about the YOLO-style detector, each with its default and the reason for it."""

from __future__ import annotations

from dataclasses import dataclass

SMALL = "small"  # the network's own backbone, from scratch
BACKBONES = (SMALL, "resnet50", "mobilenetv3", "efficientnetv2b0")
MUON, ADAMW = "muon", "adamw"
SCRATCH, IMAGENET = "none", "imagenet"  # in the place of a file of weights

WORDS = {  # what settings that are words may be
    "backbone": BACKBONES,
    "optimizer": (MUON, ADAMW),
    "flips": ("auto", "none", "horizontal", "all"),
    "precision": ("auto", "float32", "mixed_float16", "mixed_bfloat16"),
    "xla": ("auto", "on", "off"),
    "runtime": ("auto", "litert", "graph"),
}


@dataclass(frozen=True)
class YoloSettings:
    """Settings reached by ``--set yolo.<name>=<value>``; 0 means "from the data"."""

    width: int = 8  # channels after the stem; doubles at each stride: 0.4 M weights in all
    depth: int = 1  # bottlenecks in each CSP block; more costs time that small sets don't repay
    backbone: str = SMALL  # from scratch; or resnet50, mobilenetv3, efficientnetv2b0
    backbone_weights: str = IMAGENET  # of those, downloaded; or none; or a file without top
    batch: int = 4  # images an update: twice the updates of half the size learn far more
    updates: int = 0  # 0: 360·√images, so that ten times the images train three times as long
    # Of hidden kernels, or adamw: after as many updates, mAP@[.50:.95] on val is .59 for .44 on
    # playing cards (2000 updates) and .75 for .65 on the sample (1300).
    optimizer: str = MUON
    learning_rate: float = 4e-3  # at the end of the ramp; half of it learns half as much
    weight_decay: float = 0.03  # decoupled; not on biases and normalisation
    clip_norm: float = 10.0  # of the whole gradient: an early batch of tiny boxes can be huge
    lr_warmup: int = 150  # updates of the ramp, at most a tenth of all
    ema: float = 0.99  # of the weights; slower ones lag behind in a few thousand updates
    box_weight: float = 4.0  # CIoU against classification
    mosaic: float = 0.5  # share of training pictures put together from four
    close_mosaic: float = 0.18  # the last share of training, which sees whole pictures only
    scale: float = 0.3  # pictures are made up to this much larger or smaller
    flips: str = "auto"  # or none, horizontal, all; auto finds which the objects allow
    jitter: float = 0.25  # largest change of gain; colours and brightness
    augment: bool = True  # off: the network sees the plain letterboxed pictures
    validations: int = 5  # times the validation split is scored in the second half of training
    early_validations: int = 4  # in the first half, each half as far on: how fast it learns
    nms_iou: float = 0.6  # detections of one class that overlap more are one object
    precision: str = "auto"  # or float32, mixed_float16, mixed_bfloat16; auto: the GPU's best
    xla: str = "auto"  # or on, off; auto: on a GPU
    devices: int = 0  # to train on at the same time, each with its part of a batch; 0: all GPUs
    runtime: str = "auto"  # auto, litert or graph: what runs the trained network

    @property
    def pretrained_on(self) -> str | None:
        """What the network has seen before training, None if nothing."""
        if self.backbone == SMALL or self.backbone_weights == SCRATCH:
            return None
        return "ImageNet" if self.backbone_weights == IMAGENET else self.backbone_weights
