"""How long training goes on and how fast it learns at each moment."""

from __future__ import annotations

import math

LEAST_UPDATES = 600
FINAL_SHARE = 0.01  # of the learning rate, reached at the end


def default_updates(images: int) -> int:
    """Return the updates for that many training images: 160·√images, at least 600.

    Never from the clock, so that a seed fixes the result.
    """
    return max(LEAST_UPDATES, round(160 * math.sqrt(images)))


def learning_rate(update: int, progress: float, peak: float, lr_warmup: int) -> float:
    """Return the rate of one update: a linear ramp, then a cosine (Loshchilov & Hutter 2017).

    Args:
        update: updates done so far.
        progress: share of the training that is done, 0 to 1, by updates or by the clock.
        peak: the rate at the end of the ramp.
        lr_warmup: updates of the ramp.
    """
    cosine = (1 + math.cos(math.pi * min(max(progress, 0.0), 1.0))) / 2
    ramp = min(1.0, (update + 1) / max(lr_warmup, 1))
    return peak * ramp * (FINAL_SHARE + (1 - FINAL_SHARE) * cosine)
