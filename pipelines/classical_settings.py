"""What can be set about the classical detector, each with its default and the reason for it."""

from __future__ import annotations

from dataclasses import dataclass

WORDS = {  # what settings that are words may be
    "proposal_source": ("grabcut+windows", "grabcut", "windows", "prior"),
    "descriptor": ("hog+colour", "hog"),
}


@dataclass(frozen=True)
class ClassicalSettings:
    """Settings reached by ``--set classical.<name>=<value>``."""

    proposals: int = 400  # boxes an image that are described; recall hardly grows beyond
    proposal_source: str = "grabcut+windows"  # or grabcut, windows or prior alone
    grabcut_sizes: tuple[int, ...] = (128,)  # longer side of the cut image: cost grows squared
    grabcut_iterations: int = 1  # a second one moves few borders and doubles the time
    window_shapes: int = 10  # clusters of the training boxes' widths and heights
    descriptor: str = "hog+colour"  # or hog alone
    context: float = 0.15  # of the box on each side, seen with it: borders matter to HOG
    moved_copies: int = 3  # of each training box, slightly off as proposals are
    mining_rounds: int = 2  # of hard negatives; a third found next to none
    c: float = 0.01  # of the linear SVM, where the validation split does not choose another
    c_factors: tuple[float, ...] = (0.3, 3.0)  # times c, tried on validation too
    nms_iou: float = 0.4  # detections of one class that overlap more are one object
    regression: bool = True  # ridge box regression, where the validation split gains by it
    refinement_steps: int = 2  # of a box: as proposed, and again where regression moved it
