import json
from dataclasses import asdict, replace

import pytest

from pipelines.settings import RunSettings, checked, quickened
from pipelines.settings_by_name import SettingsError, from_json, with_setting


@pytest.mark.parametrize(
    ("assignment", "section", "name", "value"),
    [
        ("yolo.width=16", "yolo", "width", 16),
        ("yolo.learning_rate=1e-3", "yolo", "learning_rate", 0.001),
        ("yolo.augment=false", "yolo", "augment", False),
        ("yolo.flips=all", "yolo", "flips", "all"),
        ("evaluation.latency_samples=662", "evaluation", "latency_samples", 662),
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
    with pytest.raises(SettingsError, match=said):
        with_setting(RunSettings(), assignment)


def test_settings_survive_a_json_file():
    settings = replace(quickened(RunSettings()), pipelines=("yolo",), train_minutes=2.5, limit=3)
    assert from_json(RunSettings, json.loads(json.dumps(asdict(settings)))) == settings


@pytest.mark.parametrize(
    "values", [[], {"unheard": 1}, {"seed": "one"}, {"yolo": {"width": 1.5}}, {"seed": True}]
)
def test_a_json_file_with_other_settings_is_refused(values):
    with pytest.raises(SettingsError):
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
    ],
)
def test_impossible_values_are_refused(change):
    with pytest.raises(SettingsError):
        checked(replace(RunSettings(), **change))


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
    with pytest.raises(SettingsError, match=f"{assignment.partition('=')[0]} is one of .*, "):
        checked(with_setting(RunSettings(), assignment))
