import json
import math
from dataclasses import asdict, is_dataclass

import msgspec
import pytest
from run_files import AXIS, OPTIONAL, duplicates, found, metrics_of, truth

from datasets.errors import UserError
from pipelines.runs.metrics import SCHEMA_VERSION, read_metrics, write_metrics, write_schema
from pipelines.settings import NamedFile, ScoringSettings

OBJECTS = truth(images=4)


@pytest.fixture(scope="module")
def metrics():
    """Metrics with every optional part, undefined figures among them."""
    made = metrics_of({"yolo": found(OBJECTS, 0.8), "mine": found(OBJECTS, 0.4)}, OBJECTS)
    full = msgspec.structs.replace(made.pipelines["yolo"], **OPTIONAL)
    return msgspec.structs.replace(
        made,
        dataset=msgspec.structs.replace(made.dataset, problems=("odd",), duplicates=duplicates()),
        pipelines={**made.pipelines, "yolo": full},
        axes={"time": AXIS},
        choice="choose YOLO",
    )


def same(one, other):
    """Whether two values are equal, nan and nan too, and of the same types."""
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    if is_dataclass(one) or isinstance(one, msgspec.Struct):
        fields = asdict if is_dataclass(one) else msgspec.structs.asdict
        return type(one) is type(other) and same(fields(one), fields(other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


def test_metrics_come_back_as_they_were_written(tmp_path, metrics):
    write_metrics(tmp_path / "metrics.json", metrics)
    assert same(read_metrics(tmp_path / "metrics.json"), metrics)


def test_undefined_figures_are_null_in_the_file_and_nan_in_python(tmp_path, metrics):
    write_metrics(tmp_path / "metrics.json", metrics)
    text = (tmp_path / "metrics.json").read_text()
    assert "NaN" not in text
    values = json.loads(text)["pipelines"]["yolo"]
    assert values["latency_ms"]["p90"] is None
    assert values["training"]["history"][1]["validation"] is None
    assert values["quality"]["interval_95"]["map_50"] == [None, None]  # of four images
    again = read_metrics(tmp_path / "metrics.json").pipelines["yolo"]
    assert math.isnan(again.latency_ms.p90)
    assert math.isnan(again.training.history[1].validation)
    assert all(map(math.isnan, again.quality.interval_95["map_50"]))


def test_of_scored_files_only_the_figures_come_back(tmp_path, metrics):
    scoring = ScoringSettings("gt.json", (NamedFile("mine", "det.json"),), iou=0.3)
    plain = msgspec.structs.replace(metrics, settings=None, scoring=scoring, axes={}, choice="")
    write_metrics(tmp_path / "metrics.json", plain)
    again = read_metrics(tmp_path / "metrics.json")
    assert (again.settings, again.scoring) == (None, scoring)
    assert again.pipelines["mine"].training is None


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('{"schema_version": 1, "pipelines": {}}', "repeat the run"),
        ("{}", "repeat the run"),
        ("{", "can't be read"),
        ("[]", "can't be read"),
        (f'{{"schema_version": {SCHEMA_VERSION}}}', "can't be read"),
        (None, "can't be read"),
    ],
)
def test_older_runs_and_broken_files_are_refused_in_a_sentence(tmp_path, text, word):
    path = tmp_path / "metrics.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UserError, match=word) as refused:
        read_metrics(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert "\n" not in str(refused.value)


def fits(value, schema, definitions):
    """Whether a value is what a JSON Schema describes, as far as msgspec writes such schemas."""
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        return any(fits(value, each, definitions) for each in schema["anyOf"])
    if "enum" in schema:
        return value in schema["enum"]
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(is_of_kind(value, kind) for kind in kinds):
        return False
    if isinstance(value, dict):
        known, other = schema.get("properties", {}), schema.get("additionalProperties", {})
        return set(schema.get("required", [])) <= set(value) and all(
            fits(each, known.get(key, other or {}), definitions) for key, each in value.items()
        )
    if isinstance(value, list):
        first, rest = schema.get("prefixItems", []), schema.get("items", {})
        kinds = [*first, *[rest or {}] * (len(value) - len(first))]
        return all(fits(each, kind, definitions) for each, kind in zip(value, kinds, strict=True))
    return True


def is_of_kind(value, kind):
    types = {
        "object": dict,
        "array": list,
        "string": str,
        "boolean": bool,
        "integer": int,
        "number": (int, float),
        "null": type(None),
    }
    is_number = kind in {"integer", "number"}
    return isinstance(value, types[kind]) and not (is_number and isinstance(value, bool))


@pytest.fixture
def schema(tmp_path):
    write_schema(tmp_path / "schema.json")
    return json.loads((tmp_path / "schema.json").read_text())


def test_the_schema_describes_what_is_written(tmp_path, metrics, schema):
    write_metrics(tmp_path / "metrics.json", metrics)
    values = json.loads((tmp_path / "metrics.json").read_text())
    assert fits(values, schema, schema["$defs"])
    assert set(values) <= set(schema["$defs"]["Metrics"]["properties"])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("pipelines", "yolo", "quality", "map_50"), "much"),
        (("pipelines", "yolo", "training", "rounds"), {}),
        (("dataset", "splits", "test"), {"images": 4}),
        (("comparison", "yolo_minus_mine", "map_50", "verdict"), "equal"),
    ],
)
def test_the_schema_refuses_other_values(tmp_path, metrics, schema, path, value):
    write_metrics(tmp_path / "metrics.json", metrics)
    values = json.loads((tmp_path / "metrics.json").read_text())
    *above, last = path
    place = values
    for name in above:
        place = place[name]
    assert last in place
    place[last] = value
    assert not fits(values, schema, schema["$defs"])


def test_a_setting_that_does_not_exist_is_refused_by_name(tmp_path, metrics):
    path = tmp_path / "metrics.json"
    write_metrics(path, metrics)
    values = json.loads(path.read_text())
    values["settings"] = {"unheard": 1}
    path.write_text(json.dumps(values))
    with pytest.raises(UserError, match="unheard"):
        read_metrics(path)
