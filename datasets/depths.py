"""Pictures of 16 bits a channel to 8: the upper ones of those that are used.

Many cameras store 10, 12 or 14 bits in 16, of which the upper 8 alone would be nearly black.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.ImageFile import ImageFile

_DEPTHS = (8, 10, 12, 14, 16)  # bits of a level that is stored in 16
_UPPER_OF_14 = 2**6  # what the upper byte of a level of 14 bits or fewer is below
_OTHER_BYTE = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}


def in_8_bits(wide: NDArray[np.uint16]) -> tuple[Image.Image, int]:
    """Return ``(H, W)`` grey or ``(H, W, 3 or 4)`` RGB(A) levels as a picture.

    With it comes how many bits grey or the colours use, 0 if all; transparency has its own.
    """
    if wide.ndim == 2:
        levels, depth = _scaled(wide)
        return Image.fromarray(levels), depth
    colours, depth = _scaled(wide[..., :3])
    return Image.fromarray(np.concatenate([colours, _scaled(wide[..., 3:])[0]], axis=2)), depth


def _scaled(wide: NDArray[np.uint16]) -> tuple[NDArray[np.uint8], int]:
    used = int(wide.max(initial=0)).bit_length()
    bits = next(bits for bits in _DEPTHS if used <= bits)
    return (wide >> (bits - 8)).astype(np.uint8), bits % _DEPTHS[-1]


def has_deep_colours(image: ImageFile) -> bool:
    """Say of a picture that is not decoded yet whether its colours have 16 bits a channel.

    Pillow gives the upper byte of each, and `give_lower_bytes` has it give the other.
    """
    return bool(image.tile) and all(_unpacking(tile.args)[-4:-1] == ";16" for tile in image.tile)


def are_low(upper: Image.Image) -> bool:
    """Say of the upper bytes of colours whether they use 14 bits of 16 or fewer."""
    return int(np.asarray(upper)[..., :3].max(initial=0)) < _UPPER_OF_14


def give_lower_bytes(image: ImageFile) -> None:
    """Let a picture with deep colours, not decoded yet, have the lower bytes of its levels."""
    image.tile = [tile._replace(args=_with_other_byte(tile.args)) for tile in image.tile]


def _unpacking(arguments: Any) -> str:
    """Return how a decoder of Pillow's is told to unpack colours, as ``RGB;16B``."""
    first = arguments[0] if isinstance(arguments, tuple) and arguments else arguments
    return first if isinstance(first, str) and first.startswith("RGB") else ""


def _with_other_byte(arguments: Any) -> Any:
    unpacking = _unpacking(arguments)
    changed = unpacking[:-1] + _OTHER_BYTE[unpacking[-1]]
    return (changed, *arguments[1:]) if isinstance(arguments, tuple) else changed
