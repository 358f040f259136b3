from dataclasses import replace

import pytest
from made_metrics import difference

from pipelines.evaluation.to_settle import ToSettle
from pipelines.report.wording import called, display_name, settling
from pipelines.training import Model

NEW, SEEN = Model(parameters=1), Model(parameters=1, pretrained_on="ImageNet")


@pytest.mark.parametrize("model", [None, NEW])
def test_what_had_seen_nothing_is_called_by_its_name(model):
    assert called("yolo", model) == "yolo"


def test_what_had_seen_other_images_is_called_pre_trained():
    assert called("yolo", SEEN) == "yolo (pre-trained)"
    assert display_name("yolo", SEEN) == "YOLO (pre-trained on ImageNet)"


def test_another_tools_detector_keeps_its_name_in_a_sentence():
    assert display_name("mine", None) == "mine"


@pytest.mark.parametrize(
    ("images", "trainings", "words"),
    [
        (None, None, ""),
        ((60, 240), None, "about 60 to 240 more would; more trainings alone would not"),
        ((60, None), (4, 4), "at least 60 more test images, or about 4 more trainings of each,"),
        (None, (4, 9), "about 4 to 9 more trainings of each would"),
        ((60, 240), (4, None), "or at least 4 more trainings of each, would"),
    ],
)
def test_what_would_settle_is_images_or_trainings(images, trainings, words):
    open_yet = difference(0.1, -0.1, 0.3, "cannot_tell", images)
    more = None if trainings is None else ToSettle(*trainings)
    text = settling(replace(open_yet, trainings=3, trainings_to_settle=more))
    assert words in text
    assert bool(text) == bool(words)


def test_of_one_training_each_nothing_is_said_of_more():
    assert settling(difference(0.1, -0.1, 0.3, "cannot_tell", (6, 6)), " images") == (
        "about 6 more images would"
    )
