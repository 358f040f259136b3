"""What holds of any detections whatever."""

from dataclasses import astuple

import numpy as np
from coco_reference import assert_equal_to_pycocotools
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from datasets.annotations import Annotations
from datasets.boxes import area as box_area
from pipelines.detections import Detections
from pipelines.evaluation.conventions import by_convention
from pipelines.evaluation.error_types import error_costs
from pipelines.evaluation.quality import evaluation_set, quality_of, score

CLASSES = ("a", "b")
MANY = settings(max_examples=40, deadline=None, derandomize=True)

# On a coarse grid, so that ties, duplicates and overlaps at a threshold are common.
SIDE = st.integers(1, 4).map(lambda n: 10.0 * n)
PLACE = st.integers(0, 6).map(lambda n: 10.0 * n)


@st.composite
def boxes(draw):
    left, top = draw(PLACE), draw(PLACE)
    return [left, top, left + draw(SIDE), top + draw(SIDE)]


@st.composite
def truths(draw):
    rows = draw(st.lists(st.tuples(boxes(), st.integers(0, 1), st.booleans()), max_size=5))
    return Annotations([r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows])


@st.composite
def founds(draw):
    score_of = st.sampled_from([0.1, 0.3, 0.5, 0.9])
    rows = draw(st.lists(st.tuples(boxes(), score_of, st.integers(0, 1)), max_size=6))
    return Detections(*([row[place] for row in rows] for place in range(3)))


IMAGES = st.lists(st.tuples(truths(), founds()), min_size=1, max_size=4)


def apart(images):
    return [truth for truth, _ in images], [found for _, found in images]


def figures(quality):
    numbers = astuple(quality)
    return [v for v in numbers if isinstance(v, float) and not np.isnan(v)]


@MANY
@given(IMAGES)
def test_every_figure_lies_within_0_and_1(images):
    data = evaluation_set(*apart(images), CLASSES)
    quality = quality_of(data)
    conventions = [each.map_50 for each in by_convention(data).values()]
    costs = astuple(error_costs(data))
    for value in (*figures(quality), *conventions, *costs):
        assert np.isnan(value) or -1e-12 <= value <= 1 + 1e-12


@settings(MANY, max_examples=150)
@given(IMAGES, st.sampled_from([0.3, 1.0, 4.0, 16.0]), st.data())
def test_every_figure_is_that_of_pycocotools(images, scale, data):
    assume(any(len(found) for _, found in images))  # it can't read an empty list
    # by scale, so that objects and detections of all sizes meet; some areas are an outline's
    truth = [Annotations(scale * t.boxes, t.labels, t.ignore) for t, _ in images]
    found = [Detections(scale * f.boxes, f.scores, f.labels) for _, f in images]
    shares = st.sampled_from([1.0, 0.5, 0.02])
    areas = [box_area(t.boxes) * [data.draw(shares) for _ in t.boxes] for t in truth]
    classes = (*CLASSES, "never")
    assert_equal_to_pycocotools(score(truth, found, classes, areas), truth, found, classes, areas)


@settings(MANY, max_examples=10)
@given(st.integers(0, 2**32 - 1), st.integers(90, 130))
def test_crowded_images_too_are_scored_as_by_pycocotools(seed, objects):
    random = np.random.default_rng(seed)
    corners = random.uniform(0, 400, (objects, 2))
    boxes = np.hstack([corners, corners + random.uniform(10, 60, (objects, 2))])
    truth = Annotations(boxes, np.zeros(objects), random.random(objects) < 0.1)
    twice = np.tile(boxes, (2, 1)) + random.normal(0, 2, (2 * objects, 4))
    found = Detections(twice, np.round(random.random(2 * objects), 1), np.zeros(2 * objects))
    quality = score([truth], [found], ("a",))
    assert quality.max_detections == max(100, objects)
    assert_equal_to_pycocotools(quality, [truth], [found], ("a",))


@MANY
@given(IMAGES, st.data())
def test_another_true_positive_never_lowers_recall(images, data):
    truth, found = apart(images)
    before = score(truth, found, CLASSES)
    wanted = [
        (image, place) for image, each in enumerate(truth) for place in np.flatnonzero(~each.ignore)
    ]
    if not wanted:
        return
    image, place = data.draw(st.sampled_from(wanted))
    # surer than all others, and exactly the object
    old = found[image]
    found[image] = Detections(
        np.vstack([truth[image].boxes[place], old.boxes]),
        np.append(0.99, old.scores),
        np.append(truth[image].labels[place], old.labels),
    )
    after = score(truth, found, CLASSES)
    assert after.average_recall >= before.average_recall - 1e-12


@MANY
@given(st.lists(truths(), min_size=1, max_size=4))
def test_ground_truth_as_detections_is_perfect(truth):
    found = [Detections(t.boxes, np.ones(len(t)), t.labels) for t in truth]
    numbers = figures(score(truth, found, CLASSES))
    np.testing.assert_allclose(numbers[:3], 1.0)


@MANY
@given(IMAGES, st.randoms())
def test_the_order_of_images_does_not_matter_without_ties(images, shuffle):
    truth, found = apart(images)
    count = sum(map(len, found))
    scores = iter(np.linspace(0.9, 0.1, max(count, 1)))
    found = [Detections(f.boxes, [next(scores) for _ in f.scores], f.labels) for f in found]
    order = list(range(len(truth)))
    shuffle.shuffle(order)
    again = score([truth[i] for i in order], [found[i] for i in order], CLASSES)
    np.testing.assert_allclose(figures(again), figures(score(truth, found, CLASSES)), atol=1e-12)
