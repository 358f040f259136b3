"""Backgrounds: the free photographs and micrographs that installed wheels bring along.

Only files inside the wheels are used, so nothing is downloaded, and only those whose licence is
free and said there. Left out for that: scikit-image's stereo motorcycle and its faces of LFW, whose
licence is not free, and its moon and page, PyWavelets' aero and matplotlib's Grace Hopper, whose
is not said. No photograph is in two splits: a detector can't know the test backgrounds by heart.
Each split has scenes, textures, round things and dark pictures.
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
_LEAST_CROP, _LEAST_PX = 0.45, 160  # of the shorter side, and of what a picture is enlarged from


@dataclass(frozen=True)
class Photograph:
    """A file of a wheel, ``<package>/<path in it>``, and what may be done with it."""

    file: str
    split: str
    source: str
    licence: str

    @property
    def name(self) -> str:
        """What images before it are called by."""
        return Path(self.file).stem


_CC0 = "CC0 1.0 (no copyright reserved)"
_CC_BY = "CC BY 2.0, https://creativecommons.org/licenses/by/2.0/"
_UNCLAIMED = "no known copyright restrictions"
_PUBLIC = "released into the public domain"

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
        f"{_UNCLAIMED}, {_PUBLIC}",
    ),
    Photograph("skimage/data/brick.png", "train", "CC0Textures, Bricks25", _CC0),
    Photograph("skimage/data/grass.png", "train", "linolafett on DeviantArt, Grass 01", _CC0),
    Photograph(
        "skimage/data/hubble_deep_field.jpg",
        "train",
        "NASA, http://hubblesite.org/newscenter/archive/releases/2012/37/image/a/",
        "may be freely used in the public domain",
    ),
    Photograph(
        "skimage/data/cell.png",
        "train",
        "Paul Müller and others, https://doi.org/10.1364/OE.26.010729",
        _CC0,
    ),
    Photograph("skimage/data/chelsea.png", "val", "Stefan van der Walt", _CC0),
    Photograph("skimage/data/gravel.png", "val", "CC0Textures, Gravel04", _CC0),
    Photograph(
        "skimage/data/rocket.jpg",
        "val",
        "SpaceX, https://www.flickr.com/photos/spacexphotos/16511594820/",
        _PUBLIC,
    ),
    Photograph(
        "skimage/data/retina.jpg",
        "val",
        "Mikael Häggström, "
        "https://commons.wikimedia.org/wiki/File:Fundus_photograph_of_normal_left_eye.jpg",
        _CC0,
    ),
    Photograph("skimage/data/clock_motion.png", "val", "Stefan van der Walt", _PUBLIC),
    Photograph("skimage/data/camera.png", "test", "Lav Varshney", _CC0),
    Photograph(
        "sklearn/datasets/images/flower.jpg",
        "test",
        "vultilion, https://www.flickr.com/photos/vultilion/6056698931/ "
        "(scikit-learn's README names danielbuechele beside this address)",
        _CC_BY,
    ),
    Photograph(
        "skimage/data/coins.png",
        "test",
        "Brooklyn Museum Collection, "
        "https://www.brooklynmuseum.org/opencollection/archives/image/51611",
        _UNCLAIMED,
    ),
    Photograph(
        "pywt/data/ascent.npz",
        "test",
        "accent-to-the-top.jpg of "
        "http://www.public-domain-image.com/people-public-domain-images-pictures/",
        "public domain",
    ),
    Photograph(
        "skimage/data/text.png",
        "test",
        "https://en.wikipedia.org/wiki/File:Corner.png",
        f"{_UNCLAIMED}, {_PUBLIC}",
    ),
    Photograph(
        "skimage/data/ihc.png", "test", "Center for Microscopy And Molecular Imaging", _UNCLAIMED
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
        "scikit-image, scikit-learn and PyWavelets from their wheels"
    )


def photographs_of(split: str) -> tuple[Photograph, ...]:
    """Return what backgrounds a split has."""
    return tuple(photograph for photograph in PHOTOGRAPHS if photograph.split == split)


@cache
def picture_of(photograph: Photograph) -> Pixels:
    """Return a photograph decoded; the array is shared, not to write.

    Raises:
        DatasetError: it is missing or does not decode.
    """
    path = photograph_path(photograph)
    if path.suffix == ".npz":
        rgb = cv2.cvtColor(np.load(path)["data"], cv2.COLOR_GRAY2RGB)
    elif (bgr := cv2.imread(str(path), cv2.IMREAD_COLOR)) is not None:
        rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
    else:
        raise DatasetError(f"{path}: does not decode; install its package again")
    pixels = np.asarray(rgb / 255, dtype=np.float32)
    pixels.flags.writeable = False
    return pixels


def background(photograph: Pixels, side_px: int, random: np.random.Generator) -> Pixels:
    """Return a square crop of a photograph in other light, ``(side_px, side_px, 3)``."""
    height, width = photograph.shape[:2]
    shorter = min(height, width)
    least = min(1.0, max(_LEAST_CROP, _LEAST_PX / shorter))
    crop_px = int(shorter * random.uniform(least, 1.0))
    top = random.integers(height - crop_px + 1)
    left = random.integers(width - crop_px + 1)
    crop = photograph[top : top + crop_px, left : left + crop_px]
    if random.random() < 0.5:
        crop = crop[:, ::-1]
    way = cv2.INTER_AREA if crop_px > side_px else cv2.INTER_CUBIC  # which enlarges without blocks
    square = np.clip(cv2.resize(crop, (side_px, side_px), interpolation=way), 0, 1)
    tint = random.uniform(0.85, 1.15, size=3)
    exposure = random.uniform(0.6, 1.15)
    return np.clip(square ** random.uniform(0.8, 1.25) * tint * exposure, 0, 1).astype(np.float32)


def licences() -> str:
    """Return the note that is written next to the images."""
    lines = [
        "The road signs in these images are drawn by this project and carry no claim.",
        "The backgrounds are crops, changed in size, colour and sharpness, of these photographs,",
        "as shipped in the wheels of scikit-image (skimage), scikit-learn (sklearn) and PyWavelets",
        "(pywt):",
        "",
    ]
    for photograph in PHOTOGRAPHS:
        lines += [
            f"{photograph.file} ({photograph.split})",
            f"  source:  {photograph.source}",
            f"  licence: {photograph.licence}",
        ]
    return "\n".join(lines) + "\n"
