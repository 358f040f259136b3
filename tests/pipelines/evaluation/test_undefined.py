import json
import math

import msgspec
import pytest

from pipelines.evaluation.quality import ClassQuality
from pipelines.evaluation.undefined import Number, decode, plain, schema


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


@pytest.mark.parametrize("data", [b"true", b'"0.5"', b"[]"])
def test_what_is_no_number_is_refused(data):
    with pytest.raises(msgspec.ValidationError, match="number or null"):
        decode(data, Number)


def test_null_and_whole_numbers_are_read_as_floats():
    values = decode(b'{"a": [null, 1, 0.5]}', dict[str, tuple[Number, ...]])["a"]
    assert math.isnan(values[0])
    assert [type(value) for value in values] == [float] * 3


def test_the_schema_names_what_may_be_null():
    fields = schema(ClassQuality)["$defs"]["ClassQuality"]["properties"]
    assert fields["ap_50"] == {"type": ["number", "null"]}
    assert fields["ground_truth"] == {"type": "integer"}


def test_a_result_becomes_an_object_that_any_json_reader_takes():
    result = plain({"cat": ClassQuality(math.nan, 0.5, math.nan, 0, (1.0, math.nan))})
    assert json.loads(json.dumps(result, allow_nan=False)) == {
        "cat": {
            "ap_50_95": None,
            "ap_50": 0.5,
            "average_recall": None,
            "ground_truth": 0,
            "precision_50": [1.0, None],
        }
    }
