"""Any valid set, written in a format and read again, is the same set."""

import io
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from set_files import ROW, contents
from voc_files import found_in, write_set

from datasets.annotations import Annotations, Dataset, DatasetError, LabelledImage
from datasets.boxes import number_text
from datasets.conversion import TARGETS, convert
from datasets.voc_objects import inclusive

NAMES = st.text("abcXYZ é&<>'\"#:-.", min_size=1, max_size=6).filter(lambda s: s == s.strip() and s)
CLASSES = st.lists(NAMES, min_size=1, max_size=3, unique_by=lambda s: "".join(s.split()).casefold())


@st.composite
def boxes(draw, width, height):
    """A box over a pixel wide and high, on the grid of billionths of a pixel."""
    sides = []
    for limit in (width, height):
        low = draw(st.integers(0, (limit - 2) * 10**9))
        high = draw(st.integers(low + 10**9 + 1, limit * 10**9))
        if draw(st.booleans()):
            low, high = low // 10**9 * 10**9, -(-high // 10**9) * 10**9
        sides.append((low / 10**9, high / 10**9))
    (x1, x2), (y1, y2) = sides
    return x1, y1, x2, y2


@st.composite
def sets(draw):
    """Class names, and for each split images as (size, boxes with label and ignore)."""
    classes = sorted(draw(CLASSES))
    splits = draw(
        st.one_of(
            st.just([""]),
            st.lists(st.sampled_from(["train", "val", "test"]), min_size=1, unique=True),
        )
    )
    images = {}
    for split in splits:
        images[split] = []
        for _ in range(draw(st.integers(1, 3))):
            width, height = draw(st.integers(2, 500)), draw(st.integers(2, 500))
            row = st.tuples(boxes(width, height), st.integers(0, len(classes) - 1), st.booleans())
            images[split].append(((width, height), draw(st.lists(row, max_size=4))))
    # Formats without a list of classes know those with a box.
    first = images[splits[0]][0]
    width, height = first[0]
    for label in range(len(classes)):
        first[1].append(((0.0, 0.0, float(width), float(height)), label, False))
    # A box that is given twice is read once.
    once = {
        split: [(size, list(dict.fromkeys(rows))) for size, rows in items]
        for split, items in images.items()
    }
    return classes, once


def written(folder, classes, images):
    """The set as `read_folder` would give it, with real image files."""
    splits, number = {}, 0
    for split, items in images.items():
        splits[split] = []
        for size, rows in items:
            name = f"{split or 'all'}/{number}.png"
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", size, (number, 0, 0)).save(path)
            truth = Annotations([r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows])
            splits[split].append(LabelledImage(name, path, *size, truth))
            number += 1
    splits = {split: tuple(found) for split, found in splits.items()}
    return Dataset("set", "made", tuple(classes), splits)


@pytest.mark.parametrize("target", list(TARGETS))
@settings(max_examples=40, deadline=None)
@given(made=sets())
def test_a_set_written_and_read_again_is_equal(target, made):
    with TemporaryDirectory() as place:
        found = written(Path(place) / "source", *made)
        assert convert(found, Path(place) / "source", target, Path(place) / "out") == ()
        again, problems = found_in(Path(place) / "out")
        assert again.format == target
        assert again.classes == found.classes
        assert contents(again.splits) == contents(found.splits)
        assert problems == []


@settings(max_examples=40, deadline=None)
@given(made=sets())
def test_a_table_of_any_set_gives_the_set(made):
    with TemporaryDirectory() as place:
        found = written(Path(place), *made)
        for split, images in found.splits.items():
            rows = io.StringIO()
            import csv

            writer = csv.writer(rows)
            writer.writerow([*ROW.split(","), "difficult"])
            for image in images:
                truth = image.annotations
                head = [image.name, image.width_px, image.height_px]
                if not len(truth):
                    writer.writerow([*head, *[""] * 5, ""])
                for box, label, ignore in zip(
                    truth.boxes.tolist(), truth.labels, truth.ignore, strict=True
                ):
                    corners = [number_text(number) for number in inclusive(tuple(box))]
                    writer.writerow([*head, found.classes[label], *corners, int(ignore)])
            name = f"{split or 'all'}.csv"
            (Path(place) / name).write_text(rows.getvalue(), encoding="utf-8")
        again, problems = found_in(Path(place))
        assert again.format == "csv"
        assert again.classes == found.classes
        assert contents(again.splits) == contents(found.splits)
        assert problems == []


def test_what_pascal_voc_can_not_hold_is_reported(tmp_path):
    rows = [((0.0, 0.0, 1.0, 9.0), 0, False), ((0.0, 0.0, 9.0, 9.0), 0, False)]
    found = written(tmp_path / "a", ["cat", "unused"], {"train": [((20, 20), rows)]})
    lost = convert(found, tmp_path / "a", "voc", tmp_path / "out")
    assert ["unused" in text or "one pixel wide" in text for text in lost] == [True, True]
    assert convert(found, tmp_path / "a", "coco", tmp_path / "coco") == ()
    assert found_in(tmp_path / "coco")[0].classes == ("cat", "unused")


def test_images_that_differ_in_suffix_alone_keep_their_own_labels(tmp_path):
    rows = [((0.0, 0.0, 9.0, 9.0), 0, False)]
    found = written(tmp_path / "a", ["cat"], {"train": [((20, 20), rows), ((20, 20), [])]})
    first, second = found.splits["train"]
    for image, name in ((first, "train/x.png"), (second, "train/x.bmp")):
        image.path.rename(tmp_path / "a" / name)
    images = tuple(
        LabelledImage(name, tmp_path / "a" / name, 20, 20, image.annotations)
        for image, name in ((second, "train/x.bmp"), (first, "train/x.png"))
    )
    found = Dataset("set", "made", ("cat",), {"train": images})
    for target in ("voc", "yolo"):
        convert(found, tmp_path / "a", target, tmp_path / target)
        again, problems = found_in(tmp_path / target)
        assert [len(image.annotations) for image in again.splits["train"]] == [0, 1]
        assert not problems


@pytest.mark.parametrize(
    ("target", "name", "said"), [("voc", r"cat\x1b[31m", 1), ("yolo", "cat\x1b[31m", 0)]
)
def test_names_that_xml_or_a_list_can_not_hold_lose_no_object(tmp_path, target, name, said):
    rows = [((0.0, 0.0, 9.0, 9.0), 0, False)]
    (image,) = written(tmp_path / "a", ["cat"], {"train": [((20, 20), rows)]}).splits["train"]
    path = image.path.rename(image.path.with_name("x\ny.png"))
    images = (LabelledImage("train/x\ny.png", path, 20, 20, image.annotations),)
    found = Dataset("set", "made", ("cat\x1b[31m",), {"train": images})
    assert len(convert(found, tmp_path / "a", target, tmp_path / "out")) == said
    again, problems = found_in(tmp_path / "out")
    assert (again.classes, [len(each.annotations) for each in again.splits["train"]]) == (
        (name,),
        [1],
    )
    assert not problems


@pytest.mark.parametrize("place", ["set", "set/inside", ".", "full"])
def test_nothing_is_written_into_the_source_or_over_anything(tmp_path, place):
    write_set(tmp_path / "set")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "diary.txt").write_text("precious")
    before = sorted(tmp_path.rglob("*"))
    found, _ = found_in(tmp_path / "set")
    with pytest.raises(DatasetError, match="choose an --output"):
        convert(found, tmp_path / "set", "coco", tmp_path / place)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_converted_set_without_splits_is_divided_as_the_original(tmp_path):
    from datasets.reading import read_dataset

    write_set(tmp_path / "set", count=30)
    found, _ = found_in(tmp_path / "set")
    expected = contents(read_dataset(tmp_path / "set").splits)
    for target in TARGETS:
        convert(found, tmp_path / "set", target, tmp_path / target)
        assert contents(read_dataset(tmp_path / target).splits) == expected
    assert np.unique([len(images) for images in expected.values()]).tolist() == [4, 22]
