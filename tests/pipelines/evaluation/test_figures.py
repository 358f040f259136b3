import json
import math

import pytest

from pipelines.evaluation.figures import plain
from pipelines.evaluation.quality import ClassQuality


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


def test_a_result_becomes_an_object_that_any_json_reader_takes():
    told = plain({"cat": ClassQuality(math.nan, 0.5, math.nan, 0, (1.0, math.nan))})
    assert json.loads(json.dumps(told, allow_nan=False)) == {
        "cat": {
            "ap_50_95": None,
            "ap_50": 0.5,
            "average_recall": None,
            "ground_truth": 0,
            "precision_50": [1.0, None],
        }
    }
