from types import SimpleNamespace

import numpy as np
import pytest

from datasets.annotations import Annotations
from pipelines.classical.features import hog_descriptor
from pipelines.detections import FeatureSource
from pipelines.evaluation.quality import score
from pipelines.runs.cells import Cells
from pipelines.settings import RunSettings
from pipelines.studies.common.figures import MeanPrecision
from pipelines.studies.features.box_svm import BoxedImage, learnt_and_tested, scaling
from pipelines.studies.features.pictures import draw_pictures
from pipelines.studies.features.study import concluded, draw, study
from pipelines.studies.features.trials import (
    PIXELS,
    TrialResult,
    apart,
    describe_pixels,
    own_trials,
    planned,
)

CLASSES = ("blue", "red")
COLOURS = np.array([[30, 30, 220], [220, 30, 30]], np.uint8)


def coloured(number):
    """An image with a red and a blue square, proposals on them and beside."""
    random = np.random.default_rng(number)
    image = random.integers(90, 120, (64, 96, 3), dtype=np.uint8)
    truth = []
    for label in (0, 1):
        x, y = 4 + 48 * label + random.integers(0, 20), random.integers(2, 38)
        image[y : y + 24, x : x + 24] = COLOURS[label]
        truth.append([x, y, x + 24, y + 24])
    boxes = np.array(truth, float)
    near = np.clip(boxes + random.uniform(-2, 2, boxes.shape), 0, [96, 64, 96, 64])
    corners = random.uniform(0, 30, (12, 2))
    beside = np.concatenate([corners, corners + random.uniform(16, 30, (12, 2))], axis=1)
    return BoxedImage(image, np.concatenate([near, beside]), Annotations(boxes, [0, 1]))


SPLITS = {
    "train": [coloured(n) for n in range(10)],
    "val": [coloured(n) for n in range(100, 104)],
    "test": [coloured(n) for n in range(200, 206)],
}


def map_with(describe):
    found, dimensions = learnt_and_tested(SPLITS, describe, CLASSES, 0.01, 0.4, seed=0)
    return score([each.truth for each in SPLITS["test"]], found, CLASSES).map_50, dimensions


def test_pixels_separate_colours_and_numbers_without_sense_do_not():
    by_pixels, dimensions = map_with(describe_pixels)
    assert dimensions == 768
    assert by_pixels > 0.9
    random = np.random.default_rng(0)
    by_noise, _ = map_with(
        lambda image, boxes: random.normal(size=(len(boxes), 40)).astype(np.float32)
    )
    assert by_noise < 0.5


def test_colour_adds_to_hog_what_hog_does_not_see(classical):
    without, short = map_with(hog_descriptor(classical, "hog"))
    both, long = map_with(hog_descriptor(classical, "hog+colour"))
    assert long == short + 48
    assert both > without + 0.1


def test_scaled_features_are_of_one_length_whatever_their_kind():
    random = np.random.default_rng(0)
    for size, wide in ((20, 0.01), (300, 90.0)):
        features = random.normal(3.0, wide, (200, size)).astype(np.float32)
        scaled = scaling(features)(features)
        np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-3)
        assert (scaled**2).sum(axis=1).mean() == pytest.approx(50, rel=1e-3)


def source(boxes, *descriptors, c=None, pictures=None):
    """Features that are all the same."""
    describe = dict.fromkeys(descriptors, describe_pixels)
    return FeatureSource(boxes, lambda image: np.zeros((0, 4)), describe, 0.4, c, pictures)


def pair():
    """What the two detectors offer, by name."""
    return {
        "yolo": source("YOLO's boxes", "YOLO backbone"),
        "classical": source("classical proposals", "HOG", "HOG + colour", c=0.01),
    }


def result(figure):
    resampled = figure + np.random.default_rng(int(1000 * figure)).normal(0, 0.02, 200)
    interval = (figure - 0.05, figure + 0.05)
    return TrialResult(10, MeanPrecision(figure, figure / 2, interval, tuple(resampled), 200))


def concluded_of(sources, figures, without=()):
    """The study of all trials planned, each with its figure; the rest were left out."""
    found = {
        trial: result(figure) for trial, figure in zip(planned(sources), figures, strict=False)
    }
    return concluded(found, own_trials(sources) | dict.fromkeys(without), {"train": 10})


def test_all_features_are_tried_on_one_s_boxes_and_its_simplest_on_the_others():
    assert [(each.pipeline, each.features, each.boxes) for each in planned(pair())] == [
        ("classical", "HOG", "classical proposals"),
        ("classical", "HOG + colour", "classical proposals"),
        ("yolo", "YOLO backbone", "classical proposals"),
        ("classical", PIXELS, "classical proposals"),
        ("yolo", "HOG", "YOLO's boxes"),
    ]


def test_two_networks_are_tried_apart_each_on_the_same_boxes_and_hog_on_theirs():
    of_family = {
        "yolo": source("YOLO's boxes", "YOLO backbone"),
        "transfer": source("pre-trained YOLO's boxes", "pre-trained backbone"),
    }
    rows = planned(apart({"classical": pair()["classical"], **of_family}))
    assert [(each.features, each.boxes) for each in rows] == [
        ("HOG", "classical proposals"),
        ("HOG + colour", "classical proposals"),
        ("YOLO backbone", "classical proposals"),
        ("pre-trained backbone", "classical proposals"),
        (PIXELS, "classical proposals"),
        ("HOG", "YOLO's boxes"),
        ("HOG", "pre-trained YOLO's boxes"),
    ]


def test_what_two_contenders_call_alike_is_told_apart_by_their_names():
    alike = {
        "yolo": source("YOLO's boxes", "YOLO backbone"),
        "transfer": source("YOLO's boxes", "YOLO backbone", "more"),
    }
    renamed = apart(alike)
    assert [each.boxes for each in renamed.values()] == [
        *("YOLO's boxes (yolo)", "YOLO's boxes (transfer)")
    ]
    assert list(renamed["transfer"].descriptors) == ["YOLO backbone (transfer)", "more"]


def test_learnt_features_that_do_better_favour_yolo():
    conclusion = concluded_of(pair(), [0.5, 0.6, 0.8, 0.3, 0.55])
    assert conclusion.verdict.favours == "yolo"
    assert conclusion.verdict.answers["classical"] == "0.600 [0.550 0.650]"
    assert "YOLO backbone features give +0.200 mAP@.50 against HOG + colour" in (
        conclusion.verdict.sentence
    )
    assert "raw pixels on classical proposals 0.300" in conclusion.verdict.sentence
    draw(conclusion).canvas.draw()


def test_what_was_left_out_favours_nobody():
    conclusion = concluded_of(pair(), [0.5])
    assert conclusion.verdict.favours == "neither"
    assert conclusion.verdict.answers["yolo"] == "not measured"
    assert "--budget-minutes" in conclusion.verdict.sentence
    draw(conclusion).canvas.draw()


def test_one_contender_s_features_are_tried_beside_pixels_and_favour_nobody():
    sources = {"yolo": pair()["yolo"]}
    conclusion = concluded_of(sources, [0.8, 0.3], without=["toy"])
    assert [row.features for row in conclusion.cells] == ["YOLO backbone", PIXELS]
    assert conclusion.verdict.favours == "neither"
    assert conclusion.verdict.answers == {"yolo": "0.800 [0.750 0.850]", "toy": "gives no features"}
    draw(conclusion).canvas.draw()


def test_a_third_contender_s_features_are_held_against_the_first_s_too():
    sources = pair() | {"toy": source("toy boxes", "toy features")}
    conclusion = concluded_of(sources, [0.5, 0.6, 0.7, 0.9, 0.3])
    assert conclusion.verdict.favours == "toy"
    assert conclusion.verdict.sentence.count("against HOG + colour") == 2
    assert "toy features features give +0.200 mAP@.50 against YOLO backbone" in (
        conclusion.verdict.sentence
    )
    draw(conclusion).canvas.draw()


def test_contenders_without_features_leave_nothing_to_measure(tmp_path):
    toy = SimpleNamespace(name="toy", features=None)
    subject = SimpleNamespace(
        contenders=(toy,),
        dataset=SimpleNamespace(splits={"train": (), "val": (), "test": ()}),
        settings=RunSettings(),
    )
    result = study(subject, Cells(tmp_path))
    assert result.cells == ()
    assert result.verdict.answers == {"toy": "gives no features"}
    draw(result).canvas.draw()


def test_pictures_have_a_line_for_each_row_that_a_source_shows():
    image = np.random.default_rng(0).integers(0, 256, (80, 90, 3), dtype=np.uint8)
    rows = {"maps": [np.zeros((4, 4), np.float32)] * 3, "filters": [np.zeros((3, 3, 3))]}

    def pictures(image, box):
        return rows

    sources = {
        "classical": source("a", "b"),
        "yolo": source("c", "d", pictures=pictures),
        "toy": source("e", "f", pictures=pictures),
    }
    figure = draw_pictures(image, np.array([10.0, 10, 50, 60]), sources)
    titles = [axes.get_title() or axes.get_title(loc="left") for axes in figure.axes]
    assert [title for title in titles if title] == [
        *("crop", "its HOG", "YOLO, maps", "YOLO, filters", "toy, maps", "toy, filters")
    ]
    figure.canvas.draw()
