import json
import math

import pytest

from pipelines.evaluation.figures import plain
from pipelines.evaluation.quality import ClassQuality, Quality


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (0.0, 0.0),
        (math.nan, None),
        (math.inf, None),
        (None, None),
        (True, True),
        ("nan", "nan"),
        ((1, math.nan), [1, None]),
        ({1: {"a": math.nan}}, {"1": {"a": None}}),
    ],
)
def test_a_figure_that_does_not_exist_is_null_and_never_zero(value, wanted):
    assert plain(value) == wanted


def test_a_quality_becomes_an_object_that_any_json_reader_takes():
    quality = Quality(0.5, 0.8, math.nan, {"cat": ClassQuality(math.nan, math.nan, 0)}, 100)
    told = plain(quality)
    assert json.loads(json.dumps(told, allow_nan=False)) == {
        "map_50_95": 0.5,
        "map_50": 0.8,
        "map_75": None,
        "per_class": {"cat": {"ap_50_95": None, "ap_50": None, "ground_truth": 0}},
        "max_detections": 100,
    }
