import json

import pytest

from datasets.errors import UserError
from pipelines.runs.model_folder import (
    open_model,
    save_model_file,
    save_operating_point,
    validated_threshold,
)
from pipelines.system.files import write_json

POINT = {"threshold": 0.37, "chosen_on": "validation", "chosen_f1": 0.8, "precision": 0.7}


def write_model(folder, contender="yolo"):
    folder.mkdir(parents=True)
    save_model_file(folder, contender, ["cat"], None)
    return folder


@pytest.fixture
def run(tmp_path):
    run = tmp_path / "run"
    write_model(run / "models" / "yolo")
    quality = {"operating_point": POINT}
    write_json(run / "metrics.json", {"pipelines": {"yolo": {"quality": quality}}})
    return run


@pytest.mark.parametrize("contender", ["yolo", "classical"])
def test_a_folder_says_whose_it_is_whatever_it_is_called(tmp_path, contender):
    model = open_model(write_model(tmp_path / "mine", contender))
    assert (model.contender, model.classes, model.run) == (contender, ("cat",), None)


def test_a_folder_of_an_earlier_version_says_to_repeat_the_run(tmp_path):
    write_json(tmp_path / "settings.json", {"classes": ["cat"], "input_hw": [64, 64]})
    with pytest.raises(UserError, match="earlier version"):
        open_model(tmp_path)


def test_the_score_is_the_one_the_run_chose(run):
    chosen = validated_threshold(open_model(run / "models" / "yolo"))
    assert (chosen.score, chosen.is_chosen) == (0.37, True)
    assert "metrics.json" in chosen.source


def test_the_score_goes_where_the_folder_goes(run, tmp_path):
    save_operating_point(run / "models" / "yolo", {**POINT, "threshold": 0.41})
    moved = tmp_path / "elsewhere"
    (run / "models" / "yolo").rename(moved)
    chosen = validated_threshold(open_model(moved))
    assert (chosen.score, chosen.is_chosen) == (0.41, True)
    assert "the model's folder" in chosen.source


def test_without_a_run_the_score_is_a_guess_and_said_to_be(tmp_path):
    chosen = validated_threshold(open_model(write_model(tmp_path / "mine")))
    assert (chosen.score, chosen.is_chosen) == (0.5, False)
    assert "--threshold" in chosen.source


def test_a_score_that_nothing_spoke_for_is_said_to_be_one(run):
    save_operating_point(run / "models" / "yolo", {**POINT, "threshold": 0.5, "chosen_f1": None})
    chosen = validated_threshold(open_model(run / "models" / "yolo"))
    assert (chosen.score, chosen.is_chosen) == (0.5, False)


def test_another_folder_is_refused_with_the_ones_to_give(run, tmp_path):
    with pytest.raises(UserError, match=r"it has .*models/yolo"):
        open_model(run)
    with pytest.raises(UserError, match="holds no trained detector"):
        open_model(tmp_path / "nowhere")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "model.json").write_text("[")
    with pytest.raises(UserError, match="holds no trained detector"):
        open_model(tmp_path / "broken")
    assert json.loads((run / "metrics.json").read_text())["pipelines"]
