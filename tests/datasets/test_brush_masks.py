import numpy as np
import pytest

from datasets.brush_masks import around_brush

SIZES = (2, 4, 8, 16)  # bits of a run's length


def written(runs, count):
    """Run lengths as Label Studio writes them; a run is a value and how often, or its values."""
    text = f"{count:032b}{7:05b}" + "".join(f"{size - 1:04b}" for size in SIZES)
    for value, length in runs:
        each = isinstance(value, list)
        kind = next(k for k, size in enumerate(SIZES) if length <= 2**size)
        text += f"{int(not each)}{kind:02b}{length - 1:0{SIZES[kind]}b}"
        text += "".join(f"{one:08b}" for one in (value if each else [value]))
    text += "0" * (-len(text) % 8)
    return [int(text[start : start + 8], 2) for start in range(0, len(text), 8)]


def mask(width, height, painted):
    values = np.zeros((height, width, 4), np.uint8)
    for x, y in painted:
        values[y, x] = 255
    flat = values.ravel().tolist()
    return written([(flat[:8], 8), *[(value, 1) for value in flat[8:]]], len(flat))


def test_the_box_is_around_what_was_painted():
    assert around_brush(mask(7, 5, [(2, 1), (4, 3)]), 7, 5) == (2, 1, 5, 4)
    whole = written([(255, 6 * 9 * 4)], 6 * 9 * 4)
    assert around_brush(whole, 6, 9) == (0, 0, 6, 9)


@pytest.mark.parametrize(
    ("rle", "word"),
    [
        ([1, 2], "can't be read"),
        (mask(7, 5, [(2, 1)])[:-9], "can't be read"),
        ([300, -1], "can't be read"),
        (written([(255, 141)], 140), "can't be read"),
        (mask(5, 5, [(2, 1)]), "can't be read"),
        (mask(7, 5, []), "nothing is painted"),
    ],
)
def test_what_is_no_mask_of_the_image_is_refused(rle, word):
    with pytest.raises(ValueError, match=word):
        around_brush(rle, 7, 5)


def test_a_mask_without_the_size_of_its_image_is_refused():
    with pytest.raises(ValueError, match="without a size"):
        around_brush(mask(7, 5, [(2, 1)]), 0, 0)
