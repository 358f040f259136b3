import numpy as np
import pytest

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.conventions import WHY, by_convention, inclusive, voc_2007, voc_2010
from pipelines.evaluation.quality import evaluation_set, quality_of

BOX, FAR = [0.0, 0, 10, 10], [50.0, 0, 60, 10]


def figures_by_convention(truths, founds, classes=("a",), iou=0.5):
    made = by_convention(evaluation_set(truths, founds, classes), iou)
    assert list(made) == list(WHY)
    return made


@pytest.mark.parametrize(
    ("found", "coco", "voc_2007", "voc_2010"),
    [
        (Detections(), 0.0, 0.0, 0.0),
        (Detections([BOX, FAR], [0.9, 0.8], [0, 0]), 1.0, 1.0, 1.0),
        # one of two found: recalls 0 to .5 of 101, of 11, and half of the area
        (Detections([BOX], [0.9], [0]), 51 / 101, 6 / 11, 0.5),
        # right, duplicate, right: precision 1 up to .5, then 2/3
        (
            Detections([BOX, BOX, FAR], [0.9, 0.8, 0.7], [0, 0, 0]),
            (51 + 50 * 2 / 3) / 101,
            (6 + 5 * 2 / 3) / 11,
            0.5 + 0.5 * 2 / 3,
        ),
    ],
)
def test_each_convention_averages_in_its_own_way(found, coco, voc_2007, voc_2010):
    made = figures_by_convention([Annotations([BOX, FAR], [0, 0])], [found])
    assert made["coco"].map_50 == pytest.approx(coco)
    assert made["voc_2007"].map_50 == pytest.approx(voc_2007)
    assert made["voc_2010"].map_50 == pytest.approx(voc_2010)


def test_a_taken_object_costs_voc_a_detection_that_coco_gives_its_next_best():
    truth = Annotations([[0, 0, 10, 10], [0, 2, 10, 12]], [0, 0])
    # both ask for the first object first; only the second one's IoU is enough as well
    found = Detections([[0, 0, 10, 10], [0, 0.9, 10, 10.9]], [0.9, 0.8], [0, 0])
    made = figures_by_convention([truth], [found])
    assert made["coco"].map_50 == 1.0
    assert made["voc_2010"].map_50 == pytest.approx(0.5)


def test_a_difficult_object_takes_every_detection_that_asks_for_it():
    truth = Annotations([BOX, FAR], [0, 0], [True, False])
    found = Detections([BOX, BOX, FAR], [0.9, 0.8, 0.7], [0, 0, 0])
    assert figures_by_convention([truth], [found])["voc_2010"].map_50 == 1.0


def test_corners_that_count_widen_every_box_by_a_pixel():
    truth, found = Annotations([[0, 0, 9, 9]], [0]), Detections([[0, 0, 4, 9]], [0.9], [0])
    made = figures_by_convention([truth], [found])
    assert (made["voc_2010"].map_50, made["voc_2010_inclusive"].map_50) == (0.0, 1.0)
    given = evaluation_set([truth], [found], ("a",))
    np.testing.assert_array_equal(inclusive(given).objects.boxes, [[0, 0, 10, 10]])


def test_a_class_without_objects_is_undefined_under_every_convention():
    made = figures_by_convention(
        [Annotations([BOX], [0])], [Detections([BOX], [1], [1])], ("a", "b")
    )
    assert all(np.isnan(each.per_class["b"]) for each in made.values())
    assert all(each.map_50 == 0.0 for each in made.values())


def test_the_coco_row_is_the_figure_of_the_run():
    random = np.random.default_rng(0)
    corners = random.uniform(0, 90, (30, 2))
    boxes = np.hstack([corners, corners + random.uniform(5, 40, (30, 2))])
    truths = [Annotations(boxes[:10], random.integers(0, 2, 10))]
    founds = [Detections(boxes + 1, random.random(30), random.integers(0, 2, 30))]
    given = evaluation_set(truths, founds, ("a", "b"))
    assert by_convention(given)["coco"].map_50 == pytest.approx(quality_of(given).map_50, abs=1e-12)


def by_the_book(truths, founds, label, iou_threshold):
    """VOC's own loop (Everingham et al., VOCevaldet.m), written out for one class."""
    every = [
        (score, image, box)
        for image, found in enumerate(founds)
        for box, score, own in zip(found.boxes, found.scores, found.labels, strict=True)
        if own == label
    ]
    every.sort(key=lambda row: -row[0])
    taken = [np.zeros(len(truth), bool) for truth in truths]
    right, wrong = [], []
    for _, image, box in every:
        best, place = -1.0, -1
        for number, (other, own) in enumerate(
            zip(truths[image].boxes, truths[image].labels, strict=True)
        ):
            if own != label:
                continue
            width = min(box[2], other[2]) - max(box[0], other[0])
            height = min(box[3], other[3]) - max(box[1], other[1])
            if width <= 0 or height <= 0:
                continue
            shared = width * height
            sizes = [(b[2] - b[0]) * (b[3] - b[1]) for b in (box, other)]
            if shared / (sum(sizes) - shared) > best:
                best, place = shared / (sum(sizes) - shared), number
        if best >= iou_threshold and truths[image].ignore[place]:
            continue
        good = best >= iou_threshold and not taken[image][place]
        if good:
            taken[image][place] = True
        right.append(good)
        wrong.append(not good)
    total = sum(int(((t.labels == label) & ~t.ignore).sum()) for t in truths)
    hits = np.cumsum(right)
    return hits / (hits + np.cumsum(wrong)), hits / total


@pytest.mark.parametrize("seed", range(6))
def test_voc_figures_equal_those_of_its_own_loop(seed):
    random = np.random.default_rng(seed)
    truths, founds = [], []
    for _ in range(6):
        corners = random.uniform(0, 60, (8, 2))
        boxes = np.hstack([corners, corners + random.uniform(10, 40, (8, 2))])
        truths.append(Annotations(boxes, random.integers(0, 2, 8), random.random(8) < 0.2))
        near = np.repeat(boxes, 2, axis=0) + random.normal(0, 3, (16, 4))
        founds.append(Detections(near, random.random(16), random.integers(0, 2, 16)))
    made = figures_by_convention(truths, founds, ("a", "b"), iou=0.4)
    for label, name in enumerate("ab"):
        precision, recall = by_the_book(truths, founds, label, 0.4)
        eleven = [max(precision[recall >= at - 1e-12], default=0.0) for at in np.linspace(0, 1, 11)]
        assert made["voc_2007"].per_class[name] == pytest.approx(np.mean(eleven))
        padded = np.concatenate([[0], recall, [1]]), np.concatenate([[0], precision, [0]])
        for place in range(len(padded[1]) - 1, 0, -1):
            padded[1][place - 1] = max(padded[1][place - 1], padded[1][place])
        area = (np.diff(padded[0]) * padded[1][1:]).sum()
        assert made["voc_2010"].per_class[name] == pytest.approx(area)


def test_no_detection_and_no_object_are_not_the_same():
    nothing = np.zeros(0)
    assert (voc_2007(nothing, nothing), voc_2010(nothing, nothing)) == (0.0, 0.0)
    unknown = np.full(1, np.nan)
    assert np.isnan([voc_2007(nothing, unknown), voc_2010(nothing, unknown)]).all()
