import pytest

from pipelines.report.terminal.run import headings
from pipelines.report.verdict import verdict_sentence
from pipelines.report.wording import called

SEEN = {"model": {"pretrained_on": "ImageNet"}}


@pytest.mark.parametrize("told", [None, {}, {"model": None}, {"model": {"pretrained_on": None}}])
def test_what_had_seen_nothing_is_called_by_its_name(told):
    assert called("yolo", told) == "yolo"


def test_what_had_seen_other_images_is_called_pre_trained():
    assert called("yolo", SEEN) == "yolo (pre-trained)"
    assert headings({"yolo": SEEN, "classical": {"model": {}}}) == [
        "yolo (pre-trained)",
        "classical",
    ]


def test_the_verdict_names_a_pre_trained_network_so():
    quality = {"map_50": 0.5, "interval_95": {"map_50": [0.4, 0.6]}}
    metrics = {
        "pipelines": {"yolo": {**SEEN, "quality": quality}},
        "dataset": {"splits": {"test": {"images": 9}}},
    }
    assert verdict_sentence(metrics).startswith("YOLO (pre-trained) reaches an mAP@.50 of 0.500")
