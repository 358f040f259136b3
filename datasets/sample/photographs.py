"""Backgrounds: free photographs that the wheels of scikit-image and scikit-learn bring along.

Only files inside the wheels are used, so nothing is downloaded, and only those whose licence is
free; the stereo motorcycle and the faces of LFW are left out because theirs is not. No photograph
is in two splits: a detector can't know the test backgrounds by heart.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.annotations import DatasetError

Pixels = NDArray[np.float32]  # (H, W, 3) RGB, 0 to 1


@dataclass(frozen=True)
class Photograph:
    """A file of a wheel, ``<package>/<path in it>``, and what may be done with it."""

    file: str
    split: str
    source: str
    licence: str


_CC0 = "CC0 1.0 (no copyright reserved)"
_CC_BY = "CC BY 2.0, https://creativecommons.org/licenses/by/2.0/"

PHOTOGRAPHS = (
    Photograph(
        "sklearn/datasets/images/china.jpg",
        "train",
        "danielbuechele, https://www.flickr.com/photos/danielbuechele/6061409035/",
        _CC_BY,
    ),
    Photograph("skimage/data/coffee.png", "train", "Rachel Michetti, Pikolo Espresso Bar", _CC0),
    Photograph(
        "skimage/data/astronaut.png",
        "train",
        "NASA Great Images, https://flic.kr/p/r9qvLn",
        "public domain (no known copyright restrictions)",
    ),
    Photograph("skimage/data/brick.png", "train", "CC0Textures, Bricks25", _CC0),
    Photograph("skimage/data/grass.png", "train", "linolafett on DeviantArt, Grass 01", _CC0),
    Photograph("skimage/data/chelsea.png", "val", "Stefan van der Walt", _CC0),
    Photograph("skimage/data/gravel.png", "val", "CC0Textures, Gravel04", _CC0),
    Photograph(
        "skimage/data/coins.png",
        "val",
        "Brooklyn Museum Collection, "
        "https://www.brooklynmuseum.org/opencollection/archives/image/51611",
        "no known copyright restrictions",
    ),
    Photograph("skimage/data/camera.png", "test", "Lav Varshney", _CC0),
    Photograph(
        "skimage/data/rocket.jpg",
        "test",
        "SpaceX, https://www.flickr.com/photos/spacexphotos/16511594820/",
        "released into the public domain",
    ),
    Photograph(
        "sklearn/datasets/images/flower.jpg",
        "test",
        "vultilion, https://www.flickr.com/photos/vultilion/6056698931/ "
        "(scikit-learn's README names danielbuechele beside this address)",
        _CC_BY,
    ),
)


def photograph_path(photograph: Photograph) -> Path:
    """Return where the wheel keeps the file, without importing the package.

    Raises:
        DatasetError: the package or the file is not installed.
    """
    package, _, file = photograph.file.partition("/")
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (path := Path(folder) / file).is_file():
            return path
    raise DatasetError(
        f"{photograph.file}: is not installed, so the sample set can't be rendered; install "
        "scikit-image and scikit-learn from their wheels"
    )


@cache
def photographs_of(split: str) -> tuple[Pixels, ...]:
    """Return the photographs of a split; the arrays are shared, not to write.

    Raises:
        DatasetError: one of them is missing or does not decode.
    """
    return tuple(_read(photograph) for photograph in PHOTOGRAPHS if photograph.split == split)


def background(
    photographs: tuple[Pixels, ...], side_px: int, random: np.random.Generator
) -> Pixels:
    """Return a square crop of one of the photographs in other light, ``(side_px, side_px, 3)``."""
    photograph = photographs[random.integers(len(photographs))]
    height, width = photograph.shape[:2]
    crop_px = int(min(height, width) * random.uniform(0.45, 1.0))
    top = random.integers(height - crop_px + 1)
    left = random.integers(width - crop_px + 1)
    crop = photograph[top : top + crop_px, left : left + crop_px]
    if random.random() < 0.5:
        crop = crop[:, ::-1]
    square = cv2.resize(crop, (side_px, side_px), interpolation=cv2.INTER_AREA)
    tint = random.uniform(0.85, 1.15, size=3)
    exposure = random.uniform(0.6, 1.15)
    return np.clip(square ** random.uniform(0.8, 1.25) * tint * exposure, 0, 1).astype(np.float32)


def licences() -> str:
    """Return the note that is written next to the images."""
    lines = [
        "The road signs in these images are drawn by this project and carry no claim.",
        "The backgrounds are crops, changed in size, colour and sharpness, of these photographs,",
        "as shipped in the wheels of scikit-image (skimage) and scikit-learn (sklearn):",
        "",
    ]
    for photograph in PHOTOGRAPHS:
        lines += [
            f"{photograph.file} ({photograph.split})",
            f"  source:  {photograph.source}",
            f"  licence: {photograph.licence}",
        ]
    return "\n".join(lines) + "\n"


def _read(photograph: Photograph) -> Pixels:
    path = photograph_path(photograph)
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if bgr is None:
        raise DatasetError(f"{path}: does not decode; install its package again")
    pixels = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB) / 255, dtype=np.float32)
    pixels.flags.writeable = False
    return pixels
