"""What holds of any detections whatever."""

from dataclasses import astuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.conventions import by_convention
from pipelines.evaluation.error_types import error_costs
from pipelines.evaluation.quality import answers, quality_of, score

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
    given_answers = answers(*apart(images), CLASSES)
    quality = quality_of(given_answers)
    conventions = [each.map_50 for each in by_convention(given_answers).values()]
    costs = astuple(error_costs(given_answers))
    for value in (*figures(quality), *conventions, *costs):
        assert np.isnan(value) or -1e-12 <= value <= 1 + 1e-12


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
