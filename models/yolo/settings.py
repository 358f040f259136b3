"""What can be set about the YOLO-style detector, each with its default and the reason for it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal, get_args

from msgspec import Meta

from datasets.checked_settings import Checked, Names

SMALL: Final = "small"  # the network's own backbone, from scratch
Backbone = Literal["small", "mobilenetv2", "resnet50", "mobilenetv3", "efficientnetv2b0"]
BACKBONES: tuple[str, ...] = get_args(Backbone)
MUON: Final = "muon"
ADAMW: Final = "adamw"
SCRATCH, IMAGENET = "none", "imagenet"  # in the place of a file of weights
Share = Annotated[float, Meta(ge=0, le=1)]


@dataclass(frozen=True)
class YoloSettings(Checked):
    """Settings reached by ``--set yolo.<name>=<value>``; 0 means "from the data"."""

    PREFIX: ClassVar[str] = "yolo."
    LABEL: ClassVar[str] = "YOLO"
    # Updates by default: so many times √images, and at least so many.
    ROOT_UPDATES: ClassVar[int] = 360
    LEAST_UPDATES: ClassVar[int] = 1200
    # Of a batch on a CPU, learnt from at the same time, each normalised by its own pictures: from
    # scratch the whole of a batch is little enough for that.
    PARTS: ClassVar[int] = 1

    # Channels after the stem; doubles at each stride: 0.4 M weights in all.
    width: Annotated[int, Meta(ge=2, le=1024)] = 8
    # Bottlenecks in each CSP block; more costs time that small sets don't repay.
    depth: Annotated[int, Meta(ge=1, le=100)] = 1
    backbone: Backbone = SMALL  # its own, or one of Keras Applications
    backbone_weights: str = IMAGENET  # of those, downloaded; or none; or a file without top
    # Classes that a file's weights were learnt on: some of the user's may be among them.
    backbone_classes: Names = ()
    # Of training, at most: a backbone that has learnt before stays as it is at first, which gives
    # 2.6 times the updates. Of 50 images in four minutes, mAP@[.50:.95] on val is .530 with a half,
    # .560 with a fifth and .554 with none of it (BCCD), and .766, .767, .708 (cards).
    frozen: Share = 0.2
    # Of the learning rate, for what it learns afterwards. At three tenths it gains .01 on those
    # sets, and on 28 pictures of cutlery forgets all for half of the training.
    backbone_rate: Share = 0.1
    # Images an update: twice the updates of half the size learn far more.
    batch: Annotated[int, Meta(ge=1, le=4096)] = 4
    # 0: `ROOT_UPDATES`·√images, so that ten times the images train three times as long.
    updates: Annotated[int, Meta(ge=0, le=1_000_000_000)] = 0
    # Of hidden kernels, or adamw: after as many updates, mAP@[.50:.95] on val is .59 for .44 on
    # playing cards (2000 updates) and .75 for .65 on the sample (1300).
    optimizer: Literal["muon", "adamw"] = MUON
    # At the end of the ramp; half of it learns half as much.
    learning_rate: Annotated[float, Meta(gt=0, le=1000)] = 4e-3
    # Decoupled; not on biases and normalisation.
    weight_decay: Annotated[float, Meta(ge=0, le=1000)] = 0.03
    # Of the whole gradient: an early batch of tiny boxes can be huge.
    clip_norm: Annotated[float, Meta(gt=0, le=1e9)] = 10.0
    # Updates of the ramp, at most a tenth of all.
    lr_warmup: Annotated[int, Meta(ge=0, le=1_000_000_000)] = 150
    # Of the weights; slower ones lag behind in a few thousand updates.
    ema: Annotated[float, Meta(ge=0, lt=1)] = 0.99
    box_weight: Annotated[float, Meta(ge=0, le=1e6)] = 4.0  # CIoU against classification
    mosaic: Share = 0.5  # share of training pictures put together from four
    close_mosaic: Share = 0.18  # the last share of training, which sees whole pictures only
    # Pictures are made up to this much larger or smaller.
    scale: Annotated[float, Meta(ge=0, le=10)] = 0.3
    # Or none, horizontal, all; auto finds which the objects allow.
    flips: Literal["auto", "none", "horizontal", "all"] = "auto"
    # Largest change of gain; colours and brightness.
    jitter: Annotated[float, Meta(ge=0, lt=1)] = 0.25
    augment: bool = True  # off: the network sees the plain letterboxed pictures
    # Times the validation split is scored in the second half of training.
    validations: Annotated[int, Meta(ge=1, le=10_000)] = 5
    # Times in the first half, each half as far on: how fast it learns.
    early_validations: Annotated[int, Meta(ge=0, le=1000)] = 4
    nms_iou: Share = 0.6  # detections of one class that overlap more are one object
    # What NMS drops and overlaps a detection at least so much says where it is; 1: nothing does.
    # On val, mAP@[.50:.95] was .530 for .522 (BCCD), and pre-trained .487 for .470 and .710 for
    # .688 (cards), of 50 images each.
    voting_iou: Annotated[float, Meta(ge=0.5, le=1)] = 0.8
    # Looks at each picture mirrored as well, for about twice the time; for sets where a mirrored
    # object is one of its class, and best with boxes that vote.
    flip_test: bool = False
    # Or float32, mixed_float16, mixed_bfloat16; auto: the GPU's best.
    precision: Literal["auto", "float32", "mixed_float16", "mixed_bfloat16"] = "auto"
    xla: Literal["auto", "on", "off"] = "auto"  # or on, off; auto: on a GPU
    # To train on at the same time, each with its part of a batch; 0: all GPUs.
    devices: Annotated[int, Meta(ge=0, le=1024)] = 0
    # Auto, litert or graph: what runs the trained network.
    runtime: Literal["auto", "litert", "graph"] = "auto"

    @property
    def parts(self) -> int:
        """How many parts of a batch a CPU learns from at the same time."""
        return math.gcd(self.PARTS, self.batch)

    @property
    def pretrained_on(self) -> str | None:
        """What the network has seen before training, None if nothing."""
        if self.backbone == SMALL or self.backbone_weights == SCRATCH:
            return None
        weights = self.backbone_weights
        return "ImageNet" if weights == IMAGENET else Path(weights).name


@dataclass(frozen=True)
class TransferSettings(YoloSettings):
    """Settings reached by ``--set transfer.<name>=<value>``: the network on a pre-trained backbone.

    They are `YoloSettings` with other defaults.
    """

    PREFIX: ClassVar[str] = "transfer."
    LABEL: ClassVar[str] = "transfer"
    ROOT_UPDATES: ClassVar[int] = 180  # which take as long: each costs more
    LEAST_UPDATES: ClassVar[int] = 500
    # Most of it keeps its normalisation; an update takes 291 ms for 441 on two cores, at 320×256
    # px. As many on every machine, so that the same seed learns the same.
    PARTS: ClassVar[int] = 2

    # Small: 2.2 M weights, a download of 9 MB, minutes of training on a CPU.
    backbone: Backbone = "mobilenetv2"
