import io
import struct
import warnings

import numpy as np
import pytest
from PIL import Image

from datasets.images import ImageError, read_header
from datasets.jpeg import jpeg_header

XMP = b"http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation='6' tiff:Orientation=\"6\"/>"
ORIENTATION, SHORT, LONG = 0x0112, 3, 4


def jpeg(mode="RGB", **how):
    pixels = np.random.default_rng(0).integers(0, 256, (24, 40, 4), np.uint8)
    image = Image.fromarray(pixels[..., :3]).convert(mode)
    stream = io.BytesIO()
    image.save(stream, "JPEG", **how)
    return stream.getvalue()


def exif(order, entries=(), place=8, magic=42, thumbnail=b""):
    """EXIF with (tag, type, number) entries in its first directory."""
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", magic, place)
    rows = b"".join(
        struct.pack(f"{order}HHIHH", tag, kind, 1, number, 0) for tag, kind, number in entries
    )
    directory = struct.pack(f"{order}H", len(entries)) + rows + struct.pack(f"{order}I", 0)
    return b"Exif\0\0" + head + bytes(place - 8) + directory + thumbnail


def exif_by_pillow(orientation):
    made = Image.Exif()
    made[ORIENTATION] = orientation
    return made


def with_segment(marker, content, data=None):
    """Put a segment before all others of a JPEG."""
    data = jpeg() if data is None else data
    return data[:2] + struct.pack(">HH", marker, len(content) + 2) + content + data[2:]


def turned(order, number):
    return with_segment(0xFFE1, exif(order, [(0x010F, SHORT, 5), (ORIENTATION, SHORT, number)]))


ORDINARY = {
    "baseline": jpeg(),
    "grey": jpeg("L"),
    "CMYK": jpeg("CMYK"),
    "progressive": jpeg(progressive=True),
    "optimised, with restarts": jpeg(optimize=True, restart_marker_rows=1),
    "remark and profile": jpeg(comment=b"hello", icc_profile=bytes(60_000)),
    "bytes behind its end": jpeg() + b"more",
    "EXIF without orientation": with_segment(0xFFE1, exif("<", [(0x010F, SHORT, 5)])),
    "orientation 0": turned("<", 0),
    "orientation 9": turned(">", 9),
    "EXIF with a thumbnail": with_segment(
        0xFFE1, exif(">", [(ORIENTATION, SHORT, 6)], place=20, thumbnail=jpeg("L"))
    ),
    "orientation in EXIF and another in XMP": with_segment(0xFFE1, XMP, turned("<", 3)),
    "EXIF by Pillow": jpeg(exif=exif_by_pillow(8)),
    **{f"orientation {n} of {order}": turned(order, n) for order in "<>" for n in range(1, 9)},
}
UNUSUAL = {
    "XMP alone": with_segment(0xFFE1, XMP),
    "XMP beside EXIF without orientation": with_segment(
        0xFFE1, XMP, with_segment(0xFFE1, exif("<", [(0x010F, SHORT, 5)]))
    ),
    "EXIF twice": with_segment(0xFFE1, exif("<", [(ORIENTATION, SHORT, 3)]), turned("<", 6)),
    "orientation twice": with_segment(
        0xFFE1, exif("<", [(ORIENTATION, SHORT, 3), (ORIENTATION, SHORT, 6)])
    ),
    "orientation as a long number": with_segment(0xFFE1, exif("<", [(ORIENTATION, LONG, 6)])),
    "EXIF of nothing": with_segment(0xFFE1, b"Exif\0\0"),
    "EXIF of another kind": with_segment(0xFFE1, exif("<", [(ORIENTATION, SHORT, 6)], magic=43)),
    "EXIF that points nowhere": with_segment(0xFFE1, b"Exif\0\0II*\0" + bytes([255] * 4)),
    "several pictures": with_segment(0xFFE2, b"MPF\0" + bytes(40)),
    "Photoshop's": with_segment(0xFFED, b"Photoshop 3.0\0" + b"8BIM"),
    "a short JFIF": with_segment(0xFFE0, b"JFIF\0"),
    "fill bytes": jpeg()[:2] + b"\xff\xff\xff" + jpeg()[2:],
    "12 bits": jpeg().replace(b"\xff\xc0\0\x11\x08", b"\xff\xc0\0\x11\x0c"),
    "no width": jpeg().replace(struct.pack(">HH", 24, 40), struct.pack(">HH", 24, 0)),
    "a broken table": jpeg().replace(b"\xff\xdb\0\x43\0", b"\xff\xdb\0\x43\x10"),
    "nothing": b"",
    "PNG": b"\x89PNG\r\n\x1a\n",
}


def by_pillow(path, data):
    path.write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of EXIF that is broken
        try:
            return read_header(path)
        except ImageError:
            return None


@pytest.mark.parametrize("kind", ORDINARY)
def test_an_ordinary_jpeg_has_the_header_that_pillow_reads(tmp_path, kind):
    found = jpeg_header(ORDINARY[kind])
    assert found is not None
    assert found == by_pillow(tmp_path / "a.jpg", ORDINARY[kind])


@pytest.mark.parametrize("kind", UNUSUAL)
def test_what_is_unusual_is_left_to_pillow(kind):
    assert jpeg_header(UNUSUAL[kind]) is None


@pytest.mark.parametrize("kind", ["baseline", "remark and profile", "EXIF with a thumbnail"])
def test_no_damage_makes_another_header_than_pillow_s(tmp_path, kind):
    data = ORDINARY[kind]
    chance = np.random.default_rng(1)
    head = data.index(b"\xff\xda") + 14  # behind it are pixels
    places = chance.choice(head, min(head, 300), replace=False).tolist()
    answered = 0
    for place, new in zip(places, chance.integers(0, 256, len(places)).tolist(), strict=True):
        for damaged in (data[:place], data[:place] + bytes([new]) + data[place + 1 :]):
            if found := jpeg_header(damaged):
                answered += 1
                assert found == by_pillow(tmp_path / "a.jpg", damaged)
    assert answered
