"""Size and orientation of an ordinary JPEG by its first bytes, in a tenth of Pillow's time.

Whether a file is an image is Pillow's to say. So whatever it might refuse or read another way is
left to it: only files of which every part up to the pixels is as it should be are answered for.
"""

from __future__ import annotations

import struct

from datasets.images import EXIF_ORIENTATION, Header

_SEGMENT = struct.Struct(">HH")  # marker, and length with these two bytes (ITU-T T.81, B.1.1.4)
_FRAME = struct.Struct(">BHHB")  # bits, height, width, components
_FRAMES = frozenset({0xFFC0, 0xFFC1, 0xFFC2})  # baseline, extended and progressive
_COMPONENTS = frozenset({1, 3, 4})
_SCAN, _TABLES, _METADATA, _PROFILE = 0xFFDA, 0xFFDB, 0xFFE1, 0xFFE2
_TABLE_BYTES = 65  # of quantization with 8 bits each
# What has nothing to say of size and orientation, with the fewest bytes that Pillow takes.
_PASSED = {0xFFC4: 0, 0xFFDD: 0, 0xFFE0: 7, 0xFFEE: 7, 0xFFFE: 0}
_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_SHORT = 3  # type of a number in EXIF


def jpeg_header(head: bytes) -> Header | None:
    """Return the header of a JPEG whose file begins so; None for what Pillow has to look at."""
    if not head.startswith(b"\xff\xd8"):
        return None
    start, size = 2, (0, 0)
    orientation: int | None = None
    has_more = False  # that may give it where EXIF does not
    while start + _SEGMENT.size <= len(head):
        marker, length = _SEGMENT.unpack_from(head, start)
        part = head[start + _SEGMENT.size : start + 2 + length]
        start += 2 + length
        if len(part) != length - 2:
            return None
        if marker in _PASSED:
            is_plain = len(part) >= _PASSED[marker]
        elif marker == _TABLES:
            is_plain = len(part) % _TABLE_BYTES == 0 and max(part[::_TABLE_BYTES], default=0) < 16
        elif marker in _FRAMES and size == (0, 0):
            size = _size(part)
            is_plain = size != (0, 0)
        elif marker == _METADATA and part.startswith(b"Exif\0\0"):
            is_plain = orientation is None and (orientation := _orientation(part)) is not None
        elif marker == _METADATA:
            is_plain = has_more = True
        elif marker == _PROFILE:
            is_plain = part.startswith(b"ICC_PROFILE\0") and len(part) > 13
        elif marker == _SCAN:
            is_known = size != (0, 0) and not (has_more and not orientation)
            return Header.of_stored(*size, orientation or 1) if is_known else None
        else:
            is_plain = False
        if not is_plain:
            return None
    return None


def _size(frame: bytes) -> tuple[int, int]:
    """Return width and height in pixels, zeros unless all is as it should be."""
    if len(frame) < _FRAME.size:
        return 0, 0
    bits, height, width, components = _FRAME.unpack_from(frame)
    is_plain = bits == 8 and components in _COMPONENTS and len(frame) == 6 + 3 * components
    return (width, height) if is_plain and width and height else (0, 0)


def _orientation(exif: bytes) -> int | None:
    """Return the orientation that EXIF's first directory gives, 0 for none, None if not plain."""
    order = _ORDERS.get(exif[6:10])
    if order is None or len(exif) < 14:
        return None
    place = 6 + struct.unpack_from(f"{order}I", exif, 10)[0]
    count = struct.unpack(f"{order}H", exif[place : place + 2])[0] if place + 2 <= len(exif) else 0
    entries = exif[place + 2 : place + 2 + 12 * count]
    if not count or len(entries) != 12 * count:
        return None
    entry = struct.Struct(f"{order}HHIHH")  # tag, type, how many, and the first of them
    found = [each for each in entry.iter_unpack(entries) if each[0] == EXIF_ORIENTATION]
    if not found:
        return 0
    ((_, kind, many, value, _), *others) = found
    if others or kind != _SHORT or many != 1:
        return None
    return int(value) if 1 <= value <= 8 else 1
