"""What can be set about the classical detector, each with its default and the reason for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, get_args

from msgspec import Meta

from datasets.checked_settings import Checked

Arm = Literal["grabcut+windows", "grabcut", "windows", "prior"]
Seeds = Literal[
    "windows", "windows+superpixels", "windows+saliency", "windows+superpixels+saliency"
]
ARMS: tuple[str, ...] = get_args(Arm)
SEEDS: tuple[str, ...] = get_args(Seeds)
Share = Annotated[float, Meta(ge=0, le=1)]


@dataclass(frozen=True)
class ClassicalSettings(Checked):
    """Settings reached by ``--set classical.<name>=<value>``."""

    PREFIX: ClassVar[str] = "classical."

    # Boxes an image that are described; recall hardly grows beyond.
    proposals: Annotated[int, Meta(ge=1, le=100_000)] = 400
    arm: Arm = "grabcut+windows"  # or grabcut, windows or prior alone: what proposes boxes
    seeds: Seeds = "windows"  # or one of `SEEDS`: no more recall on two of three sets
    # Longer side of the cut image: cost grows squared.
    grabcut_sizes: tuple[Annotated[int, Meta(ge=16, le=4096)], ...] = (128,)
    # A second one moves few borders and doubles the time.
    grabcut_iterations: Annotated[int, Meta(ge=1, le=100)] = 1
    # Of the best seeds: 16 add .004 to recall and half to its time.
    local_cuts: Annotated[int, Meta(ge=0, le=1000)] = 0
    # Clusters of the training boxes' widths and heights.
    window_shapes: Annotated[int, Meta(ge=1, le=1000)] = 10
    descriptor: Literal["hog+colour", "hog"] = "hog+colour"  # or hog alone
    # Or unsigned, signed: light on dark is not dark on light.
    orientations: Literal["both", "unsigned", "signed"] = "both"
    # Of the box on each side, seen with it: borders matter to HOG.
    context: Annotated[float, Meta(ge=0, le=10)] = 0.15
    # Of each training box, slightly off as proposals are.
    moved_copies: Annotated[int, Meta(ge=0, le=1000)] = 3
    # Of hard negatives; a third found next to none.
    mining_rounds: Annotated[int, Meta(ge=0, le=100)] = 2
    kernel: Literal["linear", "rbf"] = "linear"  # of the SVM; or rbf, by Nyström's approximation
    # Examples that the approximation is made of; its time grows with them.
    landmarks: Annotated[int, Meta(ge=1, le=100_000)] = 500
    # Of the linear SVM, where the validation split does not want another.
    c: Annotated[float, Meta(gt=0, le=1e6)] = 0.01
    # Times c, tried on validation too.
    c_factors: tuple[Annotated[float, Meta(gt=0, le=1e6)], ...] = (0.3, 3.0)
    nms_iou: Share = 0.4  # detections of one class that overlap more are one object
    regression: bool = True  # ridge box regression, where the validation split gains by it
    # At a box: as proposed, and again where regression moved it.
    looks: Annotated[int, Meta(ge=1, le=100)] = 2
