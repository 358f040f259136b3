"""Decoded pictures on disk and the batches made of them, ahead of time, in a thread.

A batch depends on the seed and its number alone, so training that goes on after a break, or with
another number of threads, sees the same pictures.
"""

from __future__ import annotations

import errno
import math
import os
import shutil
from collections import deque
from collections.abc import Callable, Generator, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from datasets.annotations import LabelledImage
from datasets.boxes import Boxes
from datasets.images import pixels_of
from datasets.progress import Track
from models.errors import TrainingError
from models.yolo.augmentation import augmented, plain
from models.yolo.letterbox import fit
from models.yolo.settings import YoloSettings
from models.yolo.symmetry import Sample

# From a batch's pictures to what the learning part of a network takes in their place.
Prepare = Callable[[NDArray[np.uint8]], tuple[NDArray[Any], ...]]

CACHE_SCALE = 1.25  # of the input: room to enlarge a picture without blur
AHEAD = 6  # batches prepared while the network learns


class Batch(NamedTuple):
    """One update's pictures and ground truth, padded to M boxes.

    Attributes:
        inputs: what the learning part takes: ``(B, H, W, 3)`` uint8 pictures, or ``(B, h, w, C)``
            float32 feature maps of them.
        boxes: ``(B, M, 4)`` float32 xyxy pixels of the picture.
        labels: ``(B, M)`` int32.
        real: ``(B, M)`` float32, 1 for boxes and 0 for padding.
        sources: places of all training images that are seen in it.
    """

    inputs: tuple[NDArray[Any], ...]
    boxes: NDArray[np.float32]
    labels: NDArray[np.int32]
    real: NDArray[np.float32]
    sources: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Cache:
    """Training pictures at a little over the input size, in one file the system pages in.

    Attributes:
        pixels: ``(N, H, W, 3)`` uint8 memory map; a picture is in its top left corner.
        sizes: ``(N, 2)`` height and width of each picture there.
        boxes: for each picture ``(M, 4)`` xyxy pixels there, without ignored objects.
        labels: for each picture ``(M,)``.
    """

    pixels: NDArray[np.uint8]
    sizes: NDArray[np.int64]
    boxes: tuple[Boxes, ...]
    labels: tuple[NDArray[np.int64], ...]

    def sample(self, index: int) -> Sample:
        """Return one picture with its boxes and labels."""
        height, width = self.sizes[index]
        return self.pixels[index, :height, :width], self.boxes[index], self.labels[index]


def fill_cache(
    images: Sequence[LabelledImage], input_hw: tuple[int, int], folder: Path, track: Track
) -> Cache:
    """Decode every image once, at `CACHE_SCALE` times the input size, into a file in ``folder``.

    Raises:
        TrainingError: its disk has no room for it.
    """
    cache_hw = (round(input_hw[0] * CACHE_SCALE), round(input_hw[1] * CACHE_SCALE))
    shape = (len(images), *cache_hw, 3)
    _reserve(folder / "pictures", math.prod(shape))
    pixels = np.memmap(folder / "pictures", np.uint8, "r+", shape=shape)

    def fill(index: int, image: LabelledImage) -> tuple[int, int]:
        small = fit(pixels_of(image), cache_hw)
        pixels[index, : small.shape[0], : small.shape[1]] = small
        return small.shape[0], small.shape[1]

    work = Parallel(n_jobs=2, prefer="threads", return_as="generator")(
        delayed(fill)(index, image) for index, image in enumerate(images)
    )
    sizes = np.array(list(track(work, "decoding pictures", len(images))), dtype=np.int64)
    boxes, labels = [], []
    for (height, width), image in zip(sizes, images, strict=True):
        known = ~image.annotations.ignore
        scale = np.tile([width / image.width_px, height / image.height_px], 2)
        boxes.append(image.annotations.boxes[known] * scale)
        labels.append(image.annotations.labels[known])
    return Cache(pixels, sizes, tuple(boxes), tuple(labels))


def _reserve(file: Path, size: int) -> None:
    """Make a file of that many bytes and have the disk keep room for all of them.

    A mapped file whose disk fills up ends the process without a word.

    Raises:
        TrainingError: there is none.
    """
    with file.open("wb") as stream:
        try:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(stream.fileno(), 0, size)
            elif shutil.disk_usage(file.parent).free < size:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            stream.truncate(size)
        except OSError as error:
            raise TrainingError(
                f"{file.parent}: has no room for {size / 2**20:.0f} MiB of training pictures "
                f"({error.strerror}); make room or set TMPDIR to another folder"
            ) from error


def padded_boxes(cache: Cache) -> int:
    """Return M: room for a mosaic of crowded pictures, in steps of 16, at most 512."""
    most = max(map(len, cache.boxes), default=0)
    return int(min(512, max(16, 16 * np.ceil(1.5 * most / 16))))


def make_batch(
    cache: Cache,
    update: int,
    input_hw: tuple[int, int],
    settings: YoloSettings,
    flips: Set[str],
    seed: int,
    mosaic: bool,
) -> Batch:
    """Return the batch of one update; pictures come round in a new random order each time."""
    random = np.random.default_rng((seed, update))
    room = padded_boxes(cache)
    size = settings.batch
    pictures = np.empty((size, *input_hw, 3), np.uint8)
    boxes = np.zeros((size, room, 4), np.float32)
    labels = np.zeros((size, room), np.int32)
    real = np.zeros((size, room), np.float32)
    sources: list[int] = []
    for row in range(size):
        chosen = [_turn(update * size + row, len(cache.sizes), seed)]
        if not settings.augment:
            made = plain(cache.sample(chosen[0]), input_hw)
        else:
            others = 3 if mosaic and random.random() < settings.mosaic else 0
            chosen += random.integers(0, len(cache.sizes), others).tolist()
            made = augmented([cache.sample(i) for i in chosen], input_hw, settings, flips, random)
        pictures[row], its_boxes, its_labels = made
        count = min(len(its_boxes), room)
        boxes[row, :count] = its_boxes[:count]
        labels[row, :count] = its_labels[:count]
        real[row, :count] = 1.0
        sources += chosen
    return Batch((pictures,), boxes, labels, real, tuple(sources))


def batches(
    cache: Cache,
    input_hw: tuple[int, int],
    settings: YoloSettings,
    flips: Set[str],
    seed: int,
    mosaic: Callable[[int], bool],
    prepare: Prepare,
    first: int = 0,
) -> Generator[Batch]:
    """Yield batches from update ``first`` on without end, made ahead in a thread.

    ``mosaic`` says which updates may have mosaics, ``prepare`` gives their inputs.
    """

    def make(update: int) -> Batch:
        batch = make_batch(cache, update, input_hw, settings, flips, seed, mosaic=mosaic(update))
        return batch._replace(inputs=prepare(*batch.inputs))

    with ThreadPoolExecutor(1, thread_name_prefix="batches") as pool:
        update = first + AHEAD
        waiting = deque(pool.submit(make, number) for number in range(first, update))
        try:
            while True:
                yield waiting.popleft().result()
                waiting.append(pool.submit(make, update))
                update += 1
        finally:
            for future in waiting:
                future.cancel()


def pictures_alone(pictures: NDArray[np.uint8]) -> tuple[NDArray[np.uint8]]:
    """Return what a network takes that learns as a whole."""
    return (pictures,)


def _turn(position: int, images: int, seed: int) -> int:
    """Return which picture comes at that position of an endless row of shuffled rounds."""
    round_number, place = divmod(position, images)
    return int(np.random.default_rng((seed, 1, round_number)).permutation(images)[place])
