import math
from dataclasses import replace

import pytest

from datasets.errors import UserError
from pipelines.evaluation.operating_point import ConfusionMatrix, OperatingPoint
from pipelines.runs.model_folder import (
    open_model,
    save_model_file,
    save_operating_point,
    validated_threshold,
)
from pipelines.system.files import write_json

POINT = OperatingPoint(
    threshold=0.37,
    chosen_on="validation",
    precision=0.7,
    recall=0.9,
    f1=0.75,
    chosen_f1=0.8,
    confusion=ConfusionMatrix(("cat", "background"), ((1, 0), (0, 0))),
)


def write_model(folder, contender="yolo"):
    folder.mkdir(parents=True)
    save_model_file(folder, contender, ["cat"], None)
    return folder


@pytest.fixture
def run(tmp_path):
    run = tmp_path / "run"
    write_json(run / "metrics.json", {})
    save_operating_point(write_model(run / "models" / "yolo"), POINT)
    return run


@pytest.mark.parametrize("contender", ["yolo", "classical"])
def test_a_folder_says_whose_it_is_whatever_it_is_called(tmp_path, contender):
    model = open_model(write_model(tmp_path / "mine", contender))
    assert (model.contender, model.classes, model.run) == (contender, ("cat",), None)


def test_a_folder_of_an_earlier_version_says_to_repeat_the_run(tmp_path):
    write_json(tmp_path / "settings.json", {"classes": ["cat"], "input_hw": [64, 64]})
    with pytest.raises(UserError, match="earlier version"):
        open_model(tmp_path)


def test_the_score_is_the_one_the_run_chose_and_goes_where_the_folder_goes(run, tmp_path):
    model = open_model(run / "models" / "yolo")
    assert model.run == run
    (run / "models" / "yolo").rename(tmp_path / "elsewhere")
    moved = open_model(tmp_path / "elsewhere")
    assert moved.run is None
    chosen = validated_threshold(moved)
    assert (chosen.score, chosen.is_chosen) == (0.37, True)
    assert "validation" in chosen.source


def test_without_a_chosen_score_it_is_a_guess_and_marked_as_one(tmp_path):
    chosen = validated_threshold(open_model(write_model(tmp_path / "mine")))
    assert (chosen.score, chosen.is_chosen) == (0.5, False)
    assert "--threshold" in chosen.source


def test_a_score_that_nothing_spoke_for_is_marked_as_a_guess(run):
    point = replace(POINT, threshold=0.5, chosen_f1=math.nan)
    save_operating_point(run / "models" / "yolo", point)
    chosen = validated_threshold(open_model(run / "models" / "yolo"))
    assert (chosen.score, chosen.is_chosen) == (0.5, False)


def test_a_score_that_costs_least_goes_with_the_model_and_says_so(run):
    point = replace(POINT, threshold=0.21, chosen_by="cost")
    save_operating_point(run / "models" / "yolo", point)
    chosen = validated_threshold(open_model(run / "models" / "yolo"))
    assert (chosen.score, chosen.is_chosen) == (0.21, True)
    assert "cost was least on the run's validation split" in chosen.source


def test_a_folder_of_an_earlier_version_says_what_it_said(run):
    values = {"threshold": 0.4, "chosen_on": "validation", "chosen_f1": 0.8}
    write_json(run / "models" / "yolo" / "operating_point.json", values)
    chosen = validated_threshold(open_model(run / "models" / "yolo"))
    assert chosen.source == "best for F1 on the run's validation split"


def test_another_folder_is_refused_with_the_ones_to_give(run, tmp_path):
    with pytest.raises(UserError, match=r"it has .*models/yolo"):
        open_model(run)
    with pytest.raises(UserError, match="holds no trained detector"):
        open_model(tmp_path / "nowhere")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "model.json").write_text("[")
    with pytest.raises(UserError, match="holds no trained detector"):
        open_model(tmp_path / "broken")
