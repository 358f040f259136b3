"""The same work on every image of a split, spread over threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from numpy.random import Generator

from datasets.annotations import Annotations, LabelledImage
from datasets.images import pixels_of
from datasets.progress import Track
from datasets.threads import in_order
from pipelines.detections import Image
from pipelines.system.runtime import one_thread_a_call

T = TypeVar("T")


def each_image(
    images: Sequence[LabelledImage],
    work: Callable[[Image, Annotations, Generator], T],
    name: str,
    *,
    seed: int,
    threads: int,
    track: Track,
) -> list[T]:
    """Return the results of the work, in the order of the images, each opened when needed.

    The work takes pixels, annotations and random numbers, which depend on the seed and the image's
    number alone, never on ``threads``; ``name`` is for the progress display.
    """

    def one(number: int) -> T:
        random = np.random.default_rng((seed, number))
        return work(pixels_of(images[number]), images[number].annotations, random)

    done = in_order(range(len(images)), one, threads)
    with one_thread_a_call():
        return list(track(done, name, len(images)))
