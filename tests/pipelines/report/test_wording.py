import pytest

from pipelines.report.wording import called, display_name
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
