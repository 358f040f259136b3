import cv2
import numpy as np
import pytest
from PIL import EpsImagePlugin, Image

from datasets.annotations import Annotations, LabelledImage
from datasets.images import (
    FORMATS,
    SUFFIXES,
    ImageError,
    load_image,
    load_with_depth,
    pixels_of,
    read_header,
)

RED = (255, 0, 0)


def saved(folder, image, name, **more):
    path = folder / name
    image.save(path, **more)
    return path


def palette_image():
    return Image.new("RGB", (4, 3), RED).quantize(4)


def grey_16():
    return Image.fromarray(np.full((3, 4), 0xABCD, np.uint16))


@pytest.mark.parametrize(
    ("make", "name", "colour"),
    [
        (lambda: Image.new("L", (4, 3), 77), "a.png", (77, 77, 77)),
        (lambda: Image.new("1", (4, 3), 1), "a.png", (255, 255, 255)),
        (grey_16, "a.png", (0xAB,) * 3),
        (grey_16, "a.tif", (0xAB,) * 3),
        (lambda: Image.new("CMYK", (4, 3), (0, 255, 255, 0)), "a.tif", RED),
        (palette_image, "a.png", RED),
        (palette_image, "a.gif", RED),
        (lambda: Image.new("RGBA", (4, 3), (0, 0, 0, 0)), "a.png", (255, 255, 255)),
        (lambda: Image.new("LA", (4, 3), (9, 255)), "a.png", (9, 9, 9)),
        (lambda: Image.new("RGB", (4, 3), RED), "a.webp", RED),
        (lambda: Image.new("RGB", (4, 3), RED), "a.bmp", RED),
    ],
)
def test_images_of_every_kind_become_rgb_of_8_bits(tmp_path, make, name, colour):
    options = {"lossless": True} if name.endswith("webp") else {}
    path = saved(tmp_path, make(), name, **options)
    pixels = load_image(path)
    assert pixels.dtype == np.uint8
    assert pixels.shape == (3, 4, 3)
    assert (pixels == colour).all()
    header = read_header(path)
    assert (header.width_px, header.height_px) == (4, 3)


def test_a_jpeg_in_cmyk_has_its_colours(tmp_path):
    cmyk = Image.new("RGB", (32, 32), RED).convert("CMYK")
    pixels = load_image(saved(tmp_path, cmyk, "a.jpg", quality=95)).astype(int)
    assert abs(pixels - RED).max() < 8


def test_of_an_animation_the_first_frame_is_taken(tmp_path):
    frames = [Image.new("RGB", (4, 3), colour) for colour in (RED, (0, 0, 255))]
    path = saved(tmp_path, frames[0], "a.gif", save_all=True, append_images=frames[1:])
    assert (load_image(path) == RED).all()


def test_one_pixel_is_an_image(tmp_path):
    assert load_image(saved(tmp_path, Image.new("RGB", (1, 1), RED), "a.png")).shape == (1, 1, 3)


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_32_bits_a_pixel_are_refused_by_name(tmp_path, dtype):
    path = saved(tmp_path, Image.fromarray(np.full((3, 4), 70_000, dtype)), "deep.tif")
    with pytest.raises(ImageError, match=r"deep\.tif: has 32 bits a pixel"):
        load_image(path)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_header_gives_the_size_of_the_upright_pixels(tmp_path, suffix, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path, Image.new("RGB", (4, 3), RED), f"a.{suffix}", exif=exif)
    header, pixels = read_header(path), load_image(path)
    assert header.orientation == orientation
    assert (header.height_px, header.width_px) == pixels.shape[:2]
    assert header.is_turned == (pixels.shape[:2] == (4, 3))


def test_a_png_tells_its_orientation_even_behind_its_pixels(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = saved(tmp_path, Image.new("RGB", (4, 3)), "a.png", exif=exif)
    data = path.read_bytes()
    start = data.index(b"eXIf") - 4
    length = 12 + int.from_bytes(data[start : start + 4])
    moved = data[:start] + data[start + length : -12] + data[start : start + length] + data[-12:]
    path.write_bytes(moved)
    header = read_header(path)
    assert (header.width_px, header.height_px, header.orientation) == (3, 4, 6)
    assert load_image(path).shape == (4, 3, 3)


def test_a_header_of_a_large_png_costs_no_decoding(tmp_path):
    path = saved(tmp_path, Image.new("RGB", (64, 64)), "a.png")
    data = path.read_bytes()
    place = data.index(b"IDAT") + 4
    path.write_bytes(data[:place] + bytes(8) + data[place + 8 :])  # broken pixels, whole chunks
    assert read_header(path).width_px == 64
    with pytest.raises(ImageError, match="does not decode"):
        load_image(path)


@pytest.mark.parametrize(
    ("most", "depth", "shown"),
    [(4095, 12, 255), (1000, 10, 250), (9000, 14, 140), (200, 8, 200), (65535, 0, 255)],
)
def test_grey_levels_of_16_bits_are_scaled_by_those_that_are_used(tmp_path, most, depth, shown):
    levels = np.linspace(0, most, 12).astype(np.uint16).reshape(3, 4)
    Image.fromarray(levels).save(tmp_path / "a.png")
    pixels, found = load_with_depth(tmp_path / "a.png")
    assert found == depth
    assert pixels.max() == shown


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("channels", [3, 4])
def test_so_are_colours_of_16_bits(tmp_path, suffix, channels):
    levels = np.linspace(0, 4095, 12).astype(np.uint16).reshape(3, 4)
    colours = np.dstack([levels, levels // 2, levels // 4, np.full_like(levels, 65535)])
    path = tmp_path / f"a.{suffix}"
    cv2.imwrite(str(path), colours[..., [2, 1, 0, 3][:channels]])
    pixels, depth = load_with_depth(path)
    assert depth == 12
    np.testing.assert_array_equal(pixels, colours[..., :3] >> 4)


def test_colours_that_use_16_bits_keep_the_upper_8_of_each(tmp_path):
    colours = np.linspace(0, 65535, 36).astype(np.uint16).reshape(3, 4, 3)
    cv2.imwrite(str(tmp_path / "a.png"), colours[..., ::-1])
    pixels, depth = load_with_depth(tmp_path / "a.png")
    assert depth == 0
    np.testing.assert_array_equal(pixels, colours >> 8)


@pytest.mark.parametrize("kind", [RuntimeError, KeyError, TypeError, ZeroDivisionError])
def test_whatever_a_decoder_raises_is_said_of_the_file(tmp_path, monkeypatch, kind):
    """As AVIF's, where a file is torn."""
    (tmp_path / "a.avif").touch()

    def fail(*given, **more):
        raise kind("no item")

    monkeypatch.setattr(Image, "open", fail)
    for read in (read_header, load_image):
        with pytest.raises(ImageError, match=r"a\.avif: does not decode .*no item"):
            read(tmp_path / "a.avif")


def test_no_program_is_started_by_a_file_that_bears_an_images_name(tmp_path, monkeypatch):
    """Pillow hands PostScript to Ghostscript, whatever the file is called."""
    asked = []
    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *given, **more: asked.append(given))
    path = tmp_path / "a.jpg"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n")
    with Image.open(path) as image:
        assert image.format == "EPS"
    with pytest.raises(ImageError, match="not an image"):
        load_image(path)
    assert not asked


def test_every_suffix_that_is_read_has_its_format():
    Image.init()
    named_by_sites = {".jpg_large", ".jpg_orig"}
    known = {Image.EXTENSION[suffix] for suffix in SUFFIXES - named_by_sites}
    assert known <= {*FORMATS, "MPO"}  # which Pillow finds out in a JPEG
    assert set(FORMATS) <= set(Image.OPEN)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\0\0\0\x24ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "git lfs pull"),
        (b"ab", "not an image"),
    ],
)
def test_what_is_no_image_is_called_what_it_is(tmp_path, data, name):
    (tmp_path / "a.jpg").write_bytes(data)
    with pytest.raises(ImageError, match=name):
        read_header(tmp_path / "a.jpg")


def test_a_camera_s_picture_of_several_is_its_first(tmp_path):
    red, blue = Image.new("RGB", (4, 3), RED), Image.new("RGB", (4, 3), "blue")
    path = saved(tmp_path, red, "a.mpo", save_all=True, append_images=[blue])
    assert np.abs(load_image(path).astype(int) - RED).max() < 3


def test_an_image_that_changed_since_its_set_was_read_is_refused(tmp_path):
    path = saved(tmp_path, Image.new("RGB", (4, 3), RED), "a.png")
    image = LabelledImage("a.png", path, 4, 3, Annotations())
    assert pixels_of(image).shape == (3, 4, 3)
    saved(tmp_path, Image.new("RGB", (5, 3), RED), "a.png")
    with pytest.raises(ImageError, match="5×3 pixels, and had 4×3"):
        pixels_of(image)
    path.unlink()
    with pytest.raises(ImageError, match="opened"):
        pixels_of(image)
