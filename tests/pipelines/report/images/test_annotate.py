import numpy as np
import pytest

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.report.images.annotate import GAP_PX, TITLE_PX, annotate
from pipelines.report.images.write import picture_names

CLASSES = ("cat", "dog")
IMAGE = np.full((200, 300, 3), 128, np.uint8)
STRIP = TITLE_PX + 10
TRUTH = Annotations([[50, 50, 150, 150], [200, 20, 280, 90]], [0, 1])


def panels(detections, threshold=0.5, image=IMAGE):
    """The three panels of a picture, without their titles."""
    both = {"classical": detections, "yolo": Detections()}
    drawn = annotate(image, TRUTH, both, CLASSES, dict.fromkeys(both, threshold))
    width = (drawn.shape[1] - 2 * GAP_PX) // 3
    return [drawn[STRIP:, i * (width + GAP_PX) :][:, :width] for i in range(3)]


def edge(panel, box, scale=1.6):
    """The pixels along the bottom edge of a box, where no name is written."""
    x1, _, x2, y2 = (np.array(box) * scale).astype(int)
    return panel[y2 - 3 : y2 + 1, x1 + 4 : x2 - 4]


def coloured_share(pixels):
    """The share of columns in which something coloured is drawn."""
    spread = pixels.astype(int).max(axis=2) - pixels.astype(int).min(axis=2)
    return (spread > 40).any(axis=0).mean()


def test_small_images_are_enlarged_so_that_names_can_be_read():
    assert panels(Detections())[0].shape == (320, 480, 3)


def test_true_positives_are_solid_and_false_ones_dashed():
    found = Detections([[50, 50, 150, 150], [160, 100, 240, 190]], [0.9, 0.8], [0, 0])
    _, classical, _ = panels(found)
    assert coloured_share(edge(classical, [50, 50, 150, 150])) > 0.95
    assert 0.4 < coloured_share(edge(classical, [160, 100, 240, 190])) < 0.9


def test_missed_objects_are_dotted():
    _, _, yolo = panels(Detections())
    assert 0.2 < coloured_share(edge(yolo, [50, 50, 150, 150])) < 0.7


def test_detections_below_the_threshold_are_not_drawn():
    found = Detections([[160, 100, 240, 190]], [0.4], [0])
    _, classical, yolo = panels(found)
    np.testing.assert_array_equal(classical, yolo)


@pytest.mark.parametrize("shape", [(1, 50, 3), (50, 1, 3), (1500, 2000, 3)])
def test_images_of_any_shape_can_be_drawn(shape):
    drawn = annotate(
        np.zeros(shape, np.uint8), Annotations(), {"yolo": Detections()}, CLASSES, {"yolo": 0.5}
    )
    assert drawn.dtype == np.uint8
    assert drawn.shape[1] <= 2 * 960 + GAP_PX


def test_pictures_are_named_after_their_image_and_never_alike():
    deep = ["/".join([half, "é" * 60, "x" * 90]) + ".jpg" for half in ("a" * 90, "b" * 90)]
    names = picture_names(deep)
    assert len(set(names)) == 2
    assert all(len(name.encode()) < 255 and name.endswith("xx.png") for name in names)
    names = picture_names(["a/b.jpg", "c.d.png", "same.jpg", "same.png", "a__b.jpg"])
    assert names == [
        "a__b.jpg.png",
        "c.d.png",
        "same.jpg.png",
        "same.png.png",
        "a__b.jpg.png",
    ] or len(set(names)) == len(names)


@pytest.mark.parametrize("name", ["yolo", "transfer (pre-trained)", "a detector of another tool"])
def test_a_title_ends_within_its_panel(name):
    drawn = annotate(IMAGE, TRUTH, {name: Detections()}, CLASSES, {name: 0.123})
    title = drawn[:STRIP, (drawn.shape[1] + GAP_PX) // 2 :]
    paper = title[0, -1]
    assert (title != paper).any()
    assert (title[:, -4:] == paper).all()
