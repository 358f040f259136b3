import json
import math
from dataclasses import asdict, is_dataclass, replace
from typing import get_args, get_origin

import pytest

from datasets.checked_settings import from_json, is_several, kinds
from datasets.errors import UserError
from datasets.settings import DatasetSettings
from models.classical.settings import ClassicalSettings
from models.yolo.settings import YoloSettings
from pipelines.settings import (
    ConditionsSettings,
    DecisionSettings,
    EvaluationSettings,
    NamedFile,
    RunSettings,
    named_file,
    quickened,
    with_setting,
)

GROUPS = (
    *(RunSettings, EvaluationSettings, ConditionsSettings, DecisionSettings),
    *(ClassicalSettings, YoloSettings, DatasetSettings),
)


@pytest.mark.parametrize(
    ("assignment", "section", "name", "value"),
    [
        ("yolo.width=16", "yolo", "width", 16),
        ("yolo.learning_rate=1e-3", "yolo", "learning_rate", 0.001),
        ("yolo.augment=false", "yolo", "augment", False),
        ("yolo.flips=all", "yolo", "flips", "all"),
        ("evaluation.latency_samples=662", "evaluation", "latency_samples", 662),
        ("decision.miss_cost=2.5", "decision", "miss_cost", 2.5),
        ("conditions.slice=(cam[0-9])_", "conditions", "slice", "(cam[0-9])_"),
    ],
)
def test_a_setting_is_changed_by_name(assignment, section, name, value):
    changed = with_setting(RunSettings(), assignment)
    found = getattr(getattr(changed, section), name)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("yolo.widht=16", "no setting 'yolo.widht'"),
        ("nothing.at.all=1", "no setting"),
        ("yolo.width=wide", "a whole number"),
        ("yolo.width=1.5", "a whole number"),
        ("yolo.augment=perhaps", "true or false"),
        ("yolo=1", "not one setting"),
        ("seed.more=1", "not one setting"),
        ("yolo.width", "NAME=VALUE"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(assignment, said):
    with pytest.raises(UserError, match=said):
        with_setting(RunSettings(), assignment)


@pytest.mark.parametrize(
    "name", ["evaluation.throughput_batches", "classical.grabcut_sizes", "classical.c_factors"]
)
def test_a_list_takes_so_many_values_and_no_more(name):
    section, _, field = name.partition(".")
    most = ",".join(["16"] * 31 + ["1" if field == "throughput_batches" else "16"])
    group = getattr(with_setting(RunSettings(), f"{name}={most}"), section)
    assert len(getattr(group, field)) == 32
    with pytest.raises(UserError, match=f"{name} takes at most 32 values"):
        with_setting(RunSettings(), f"{name}={most},16")


@pytest.mark.parametrize("group", GROUPS)
def test_every_list_has_a_largest_length(group):
    lists = {name: kind for name, kind in kinds(group).items() if "..." in str(kind)}
    assert all(is_several(kind) for kind in lists.values())
    assert all(kind.__metadata__[0].max_length for kind in lists.values())


def test_settings_survive_a_json_file():
    settings = replace(quickened(RunSettings()), pipelines=("yolo",), train_minutes=2.5, limit=3)
    settings = replace(settings, detections=(named_file("mine=a=b.json"),))
    assert from_json(RunSettings, json.loads(json.dumps(asdict(settings)))) == settings


@pytest.mark.parametrize(
    "values", [[], {"unheard": 1}, {"seed": "one"}, {"yolo": {"width": 1.5}}, {"seed": True}]
)
def test_a_json_file_with_other_settings_is_refused(values):
    with pytest.raises(UserError):
        from_json(RunSettings, values)


@pytest.mark.parametrize(
    "change",
    [
        {"image_size": 100},
        {"epochs": 0},
        {"epochs": 1, "train_minutes": 1.0},
        {"train_minutes": float("nan")},
        {"limit": 0},
        {"seed": -1},
        {"annotate": -1},
        {"pipelines": ()},
        {"pipelines": ("yolo", "yolo")},
        {"device": "tpu"},
        {"dataset": "a\0b"},
    ],
)
def test_impossible_values_are_refused(change):
    with pytest.raises(UserError):
        replace(RunSettings(), **change)


@pytest.mark.parametrize(
    "assignment",
    [
        "yolo.flips=up",
        "yolo.optimizer=sgd",
        "classical.proposal_source=chance",
        "classical.descriptor=2",
    ],
)
def test_a_word_that_means_nothing_is_refused_with_those_that_do(assignment):
    with pytest.raises(UserError, match=f"{assignment.partition('=')[0]} is one of .*, "):
        with_setting(RunSettings(), assignment)


def numbers(kind):
    """Yield the bounds of each number in a type, as (type, limits)."""
    if kind in {int, float}:
        yield kind, ()
    elif get_args(kind) and get_args(kind)[0] in {int, float} and hasattr(kind, "__metadata__"):
        yield get_args(kind)[0], kind.__metadata__
    elif get_origin(kind) is not None:
        for part in get_args(kind)[:1] if hasattr(kind, "__metadata__") else get_args(kind):
            yield from numbers(part)


@pytest.mark.parametrize("group", GROUPS)
def test_every_number_has_a_finite_range(group):
    for name, kind in kinds(group).items():
        for _, limits in numbers(kind):
            low = [m.ge if m.ge is not None else m.gt for m in limits]
            high = [m.le if m.le is not None else m.lt for m in limits]
            ends = [end for end in (*low, *high) if end is not None]
            assert len(ends) == 2, name
            assert all(map(math.isfinite, ends)), name


def test_numbers_are_found_in_all_groups():
    assert sum(1 for g in GROUPS for kind in kinds(g).values() for _ in numbers(kind)) > 35


@pytest.mark.parametrize(
    "assignment",
    [
        "yolo.updates=-5",
        "yolo.learning_rate=-1",
        "yolo.nms_iou=7",
        "yolo.ema=2",
        "yolo.mosaic=9",
        "yolo.validations=-3",
        "classical.proposals=0",
        "classical.looks=0",
        "classical.c=-1",
        "classical.window_shapes=0",
        "evaluation.throughput_seconds=-1",
        "yolo.learning_rate=nan",
        "yolo.learning_rate=inf",
        "classical.c_factors=1,-2",
        "evaluation.throughput_batches=2,4",
        "dataset.split=70/30",
        "dataset.max_pixels=0",
        "conditions.slice=(",
        "decision.miss_cost=-1",
        "decision.second_cost=nan",
    ],
)
def test_a_value_out_of_its_range_is_refused_by_name(assignment):
    with pytest.raises(UserError, match=assignment.partition("=")[0]):
        with_setting(RunSettings(), assignment)


def named_numbers(group=RunSettings, prefix=""):
    """Yield each number that ``--set`` may change: its name and its limits."""
    for name, kind in kinds(group).items():
        if is_dataclass(kind):
            yield from named_numbers(kind, "dataset." if name == "data" else f"{name}.")
        for _, limits in numbers(kind):
            yield f"{prefix}{name}", limits


IMPOSSIBLE = ("nan", "inf", "-inf", "-1", "-5", "1e300", "1e18", "9" * 30, "9" * 5000)


@pytest.mark.parametrize("value", IMPOSSIBLE, ids=lambda value: value[:31])
def test_no_number_can_be_what_is_impossible(value):
    names = [name for name, _ in named_numbers()]
    assert len(names) > 60
    for name in names:
        with pytest.raises(UserError, match=name.removeprefix("dataset.")) as refusal:
            with_setting(RunSettings(), f"{name}={value}")
        assert len(str(refusal.value)) < 200


def test_zero_is_taken_only_where_it_means_something():
    for name, limits in named_numbers():
        may_be_zero = any(limit.ge is not None and limit.ge <= 0 for limit in limits)
        if may_be_zero:
            with_setting(RunSettings(), f"{name}=0")
        else:
            with pytest.raises(UserError):
                with_setting(RunSettings(), f"{name}=0")


@pytest.mark.parametrize(
    ("values", "given"),
    [
        ({}, None),
        ({"miss_cost": 10.0}, (10.0, 1.0, 0.0)),
        ({"false_alarm_cost": 0.0}, (1.0, 0.0, 0.0)),
        ({"second_cost": 2.0}, (1.0, 1.0, 2.0)),
    ],
)
def test_costs_that_are_not_given_count_beside_one_that_is(values, given):
    assert DecisionSettings(**values).given == given


def test_a_refusal_says_what_is_allowed_and_what_was_given():
    with pytest.raises(UserError, match=r"^yolo\.updates must be at least 0, not -5$"):
        with_setting(RunSettings(), "yolo.updates=-5")


def test_a_name_that_no_file_of_results_could_hold_is_refused():
    with pytest.raises(UserError, match="--dataset must be text"):
        RunSettings(dataset="set\udcff")
    with pytest.raises(UserError, match="UTF-8"):
        named_file("mine=\udcff.json")


def test_a_file_of_settings_is_held_to_the_ranges_too():
    with pytest.raises(UserError, match=r"yolo\.updates must be at least 0"):
        from_json(RunSettings, {"yolo": {"updates": -5}})


@pytest.mark.parametrize("text", ["det.json", "=det.json", "mine=", "a/b=det.json"])
def test_detections_are_given_by_name(text):
    assert named_file("mine=a=b.json") == NamedFile("mine", "a=b.json")
    with pytest.raises(UserError, match="NAME=FILE"):
        named_file(text)
