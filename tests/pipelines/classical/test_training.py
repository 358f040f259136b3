from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from datasets.annotations import Annotations
from datasets.images import load_image
from datasets.progress import silently
from models.classical.linear_svm import BACKGROUND
from models.classical.settings import ClassicalSettings
from models.errors import TrainingError
from pipelines.classical.examples import gather
from pipelines.classical.proposals.learn import learn_proposer
from pipelines.classical.proposals.propose import propose, search
from pipelines.classical.training import BETTER, train_classical
from pipelines.evaluation.quality import score

FAST = ClassicalSettings(
    proposals=100,
    grabcut_sizes=(64,),
    window_shapes=4,
    moved_copies=2,
    mining_rounds=1,
    c_factors=(),
)


def trained(dataset, threads, train=8, val=3, settings=FAST, **more):
    return train_classical(
        dataset.splits["train"][:train],
        dataset.splits["val"][:val],
        dataset.classes,
        settings,
        0,
        silently,
        threads=threads,
        **more,
    )


@pytest.fixture(scope="module")
def alike(sample_dataset):
    """Detectors trained alike, of one and of two threads, and rounds of mining of each.

    Of the last of their classes there is no example.
    """
    more, made = replace(sample_dataset, classes=(*sample_dataset.classes, "unicorn")), []
    for threads in (1, 2):
        rounds = []
        made.append((trained(more, threads, on_round=rounds.append), rounds))
    return made


def test_the_number_of_threads_changes_nothing(alike, sample_dataset):
    (one, rounds), (two, repeated) = alike
    assert rounds == repeated
    for image in sample_dataset.splits["test"][:3]:
        pixels = load_image(image.path)
        first, second = one.detect(pixels), two.detect(pixels)
        np.testing.assert_array_equal(first.boxes, second.boxes)
        np.testing.assert_array_equal(first.scores, second.scores)
    assert_mining_adds_background(rounds)


def assert_mining_adds_background(rounds):
    """Background grows by what was mined, and the one kept is the first of the clearly best."""
    assert [each.round for each in rounds] == list(range(len(rounds)))
    assert rounds[0].mined == 0
    for before, after in pairwise(rounds):
        assert after.objects == before.objects > 0
        assert after.background == before.background + after.mined
        assert after.mined > 0
    (kept,) = (each for each in rounds if each.kept)
    assert kept.validation >= max(each.validation for each in rounds) - BETTER


@pytest.mark.slow
def test_it_learns_the_sample_set(sample_dataset):
    detector = trained(sample_dataset, 2, train=24)
    test = sample_dataset.splits["test"][:15]
    found = [detector.detect(load_image(image.path)) for image in test]
    truth = [image.annotations for image in test]
    assert score(truth, found, sample_dataset.classes).map_50 > 0.5


def test_of_many_images_some_are_described(sample_dataset, monkeypatch):
    seen = []

    def noted(image, *given, **more):
        seen.append(image)
        return gather(image, *given, **more)

    monkeypatch.setattr("pipelines.classical.training.gather", noted)
    monkeypatch.setattr("pipelines.classical.training.DESCRIBED", 6)
    trained(sample_dataset, 1)
    assert len(seen) == 6


@pytest.mark.parametrize("source", ["prior", "windows", "grabcut"])
def test_each_source_proposes_alone(sample_dataset, source):
    settings = replace(FAST, proposal_source=source)
    train = sample_dataset.splits["train"][:3]
    proposer = learn_proposer(train, settings, 0, 1, silently)
    found = propose(search(load_image(train[0].path)), proposer, settings)
    assert 0 < len(found.boxes) <= FAST.proposals
    assert found.from_grabcut.all() == (source == "grabcut")
    assert found.from_grabcut.any() == (source == "grabcut")


def test_a_set_with_nothing_but_ignored_objects_is_refused(sample_dataset):
    image = sample_dataset.splits["train"][0]
    truth = image.annotations
    hidden = Annotations(truth.boxes, truth.labels, np.ones(len(truth), bool))
    empty = replace(image, annotations=hidden)
    with pytest.raises(TrainingError, match="no box to learn from"):
        train_classical([empty], [empty], sample_dataset.classes, FAST, 0, silently, threads=1)


def test_boxes_within_an_ignored_crowd_are_no_background(alike, sample_dataset):
    image = sample_dataset.splits["train"][0]
    pixels, truth = load_image(image.path), image.annotations
    height, width = pixels.shape[:2]
    detector, _ = alike[0]

    def background(boxes, labels, ignore):
        marked = Annotations(
            [*truth.boxes, *boxes], [*truth.labels, *labels], [*truth.ignore, *ignore]
        )
        made = gather(
            pixels,
            marked,
            np.random.default_rng(0),
            detector.proposer,
            detector.templates,
            FAST,
            1000,
        )
        return made.boxes[made.labels == BACKGROUND] * search(pixels).back

    half = [[0, 0, width / 2, height]]
    everywhere, beside = background([], [], []), background(half, [0], [True])
    middles = (everywhere[:, 0] + everywhere[:, 2]) / 2
    assert (middles < 0.45 * width).sum() > 5
    assert (beside[:, 0] + beside[:, 2] > width * 0.9).all()
    assert len(beside) > 5


def test_a_class_without_an_example_is_never_detected(alike, sample_dataset):
    detector, _ = alike[1]
    found = detector.detect(load_image(sample_dataset.splits["test"][0].path))
    assert len(found) > 0
    assert detector.classes.index("unicorn") not in found.labels
