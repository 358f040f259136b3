"""What can be set about the classical detector, each with its default and the reason for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, get_args

from msgspec import Meta

from datasets.checked_settings import Checked, Few

ProposalSource = Literal["grabcut+windows", "grabcut", "windows", "prior"]
PROPOSAL_SOURCES: tuple[ProposalSource, ...] = get_args(ProposalSource)
Share = Annotated[float, Meta(ge=0, le=1)]


@dataclass(frozen=True)
class ClassicalSettings(Checked):
    """Settings reached by ``--set classical.<name>=<value>``."""

    PREFIX: ClassVar[str] = "classical."

    # Boxes an image that are described; recall hardly grows beyond.
    proposals: Annotated[int, Meta(ge=1, le=100_000)] = 400
    proposal_source: ProposalSource = "grabcut+windows"  # or grabcut, windows or prior alone
    # Longer side of the cut image: cost grows squared.
    grabcut_sizes: Few[Annotated[int, Meta(ge=16, le=4096)]] = (128,)
    # A second one moves few borders and doubles the time.
    grabcut_iterations: Annotated[int, Meta(ge=1, le=100)] = 1
    # Clusters of the training boxes' widths and heights.
    window_shapes: Annotated[int, Meta(ge=1, le=1000)] = 10
    descriptor: Literal["hog+colour", "hog"] = "hog+colour"  # or hog alone
    # Of the box on each side, seen with it: borders matter to HOG.
    context: Annotated[float, Meta(ge=0, le=10)] = 0.15
    # Of each training box, slightly off as proposals are.
    moved_copies: Annotated[int, Meta(ge=0, le=1000)] = 3
    # Of hard negatives; a third found next to none.
    mining_rounds: Annotated[int, Meta(ge=0, le=100)] = 2
    # Of the linear SVM, where the validation split does not choose another.
    c: Annotated[float, Meta(gt=0, le=1e6)] = 0.01
    # Times c, tried on validation too.
    c_factors: Few[Annotated[float, Meta(gt=0, le=1e6)]] = (0.3, 3.0)
    nms_iou: Share = 0.4  # detections of one class that overlap more are one object
    regression: bool = True  # ridge box regression, where the validation split gains by it
    # Of a box: as proposed, and again where regression moved it.
    refinement_steps: Annotated[int, Meta(ge=1, le=100)] = 2
