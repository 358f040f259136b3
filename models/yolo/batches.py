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
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from datasets.annotations import Annotations, LabelledImage
from datasets.images import pixels_of
from datasets.progress import Track
from datasets.threads import in_order
from models.errors import TrainingError
from models.yolo.asked_cells import asked_cells
from models.yolo.augmentation import augmented, plain
from models.yolo.letterbox import fit
from models.yolo.settings import YoloSettings
from models.yolo.symmetry import Sample

# From a batch's pictures to what the learning part of a network takes in their place.
Prepare = Callable[[NDArray[np.uint8]], tuple[NDArray[Any], ...]]

CACHE_SCALE = 1.25  # of the input: room to enlarge a picture without blur
MOSAIC_OBJECTS = 3.0  # of four equal pictures, 99 in 100 mosaics show fewer times one's objects
MOST_ROWS = 512  # of boxes a picture: the assigner's memory grows by them
AHEAD = 6  # batches prepared while the network learns


class Batch(NamedTuple):
    """One update's pictures and ground truth, padded to M boxes, for a network of A cells.

    Attributes:
        inputs: what the learning part takes: ``(B, H, W, 3)`` uint8 pictures, or ``(B, h, w, C)``
            float32 feature maps of them.
        boxes: ``(B, M, 4)`` float32 xyxy pixels of the picture.
        labels: ``(B, M)`` int32.
        real: ``(B, M)`` float32, 1 for boxes and 0 for padding.
        asked: ``(B, A)`` float32, 0 for cells of objects that are ignored and 1 elsewhere.
        sources: places of all training images that are seen in it.
    """

    inputs: tuple[NDArray[Any], ...]
    boxes: NDArray[np.float32]
    labels: NDArray[np.int32]
    real: NDArray[np.float32]
    asked: NDArray[np.float32]
    sources: tuple[int, ...]

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """What an update takes, in order."""
        return (*self.inputs, self.boxes, self.labels, self.real, self.asked)


@dataclass(frozen=True, eq=False)
class Cache:
    """Training pictures at a little over the input size, in one file the system pages in.

    Attributes:
        pixels: ``(N, H, W, 3)`` uint8 memory map; a picture is in its top left corner.
        sizes: ``(N, 2)`` height and width of each picture there.
        truth: of each picture, in its pixels there.
    """

    pixels: NDArray[np.uint8]
    sizes: NDArray[np.int64]
    truth: tuple[Annotations, ...]

    def sample(self, index: int) -> Sample:
        """Return one picture with its ground truth."""
        (height, width), truth = self.sizes[index], self.truth[index]
        picture = self.pixels[index, :height, :width]
        return Sample(picture, truth.boxes, truth.labels, truth.ignore)

    @cached_property
    def room(self) -> int:
        """Rows of boxes that a batch has for a picture: M, in steps of 16, at most `MOST_ROWS`.

        Of four pictures with as many objects each, a mosaic shows two to three times as many as one
        has. There is always room for half as many again as the fullest picture has.
        """
        counts = [int((~truth.ignore).sum()) for truth in self.truth]
        wanted = max(1.5 * max(counts, default=0), MOSAIC_OBJECTS * float(np.mean(counts or [0])))
        return int(min(MOST_ROWS, max(16, 16 * np.ceil(wanted / 16))))


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

    def fill(index: int) -> tuple[int, int]:
        small = fit(pixels_of(images[index]), cache_hw)
        pixels[index, : small.shape[0], : small.shape[1]] = small
        return small.shape[0], small.shape[1]

    work = in_order(range(len(images)), fill, threads=2)
    sizes = np.array(list(track(work, "decoding pictures", len(images))), dtype=np.int64)
    truth = []
    for (height, width), image in zip(sizes, images, strict=True):
        scale = np.tile([width / image.width_px, height / image.height_px], 2)
        whole = image.annotations
        truth.append(Annotations(whole.boxes * scale, whole.labels, whole.ignore))
    return Cache(pixels, sizes, tuple(truth))


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


def make_batch(
    cache: Cache,
    update: int,
    input_hw: tuple[int, int],
    settings: YoloSettings,
    flips: Set[str],
    seed: int,
    mosaic: bool,
) -> Batch:
    """Return the batch of one update; pictures come round in a new random order each time.

    Of more objects than there is room for some are drawn, and the others ignored.
    """
    random = np.random.default_rng((seed, update))
    room, size = cache.room, settings.batch
    pictures = np.empty((size, *input_hw, 3), np.uint8)
    boxes = np.zeros((size, room, 4), np.float32)
    labels = np.zeros((size, room), np.int32)
    real = np.zeros((size, room), np.float32)
    asked = []
    sources: list[int] = []
    for row in range(size):
        chosen = [_turn(update * size + row, len(cache.sizes), seed)]
        if not settings.augment:
            made = plain(cache.sample(chosen[0]), input_hw)
        else:
            others = 3 if mosaic and random.random() < settings.mosaic else 0
            chosen += random.integers(0, len(cache.sizes), others).tolist()
            made = augmented([cache.sample(i) for i in chosen], input_hw, settings, flips, random)
        pictures[row] = made.picture
        found = np.flatnonzero(~made.ignore)
        if len(found) > room:
            found = random.permutation(found)[:room]
        count = len(found)
        boxes[row, :count] = made.boxes[found]
        labels[row, :count] = made.labels[found]
        real[row, :count] = 1.0
        asked.append(asked_cells(np.delete(made.boxes, found, axis=0), input_hw))
        sources += chosen
    return Batch((pictures,), boxes, labels, real, np.stack(asked), tuple(sources))


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
