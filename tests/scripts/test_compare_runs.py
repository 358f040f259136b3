"""`compare_runs.py` on runs made by hand."""

import json
import shutil

import pytest
from run_files import found, truth, write_run

from scripts.compare_runs import main

OBJECTS = truth()


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A baseline, a run as good with other misses, one that dropped, and one on other images."""
    folder = tmp_path_factory.mktemp("runs")
    write_run(folder / "base", {"yolo": found(OBJECTS, 0.8)})
    more = {"seed": 7, "yolo": {"updates": 100}}
    write_run(folder / "same", {"yolo": found(OBJECTS, 0.8, seed=5)}, settings=more)
    less = {"seed": 0, "yolo": {"updates": 5}}
    write_run(folder / "worse", {"yolo": found(OBJECTS, 0.45)}, settings=less)
    others = truth(seed=3)
    write_run(folder / "other", {"yolo": found(others, 0.8)}, others)
    write_run(folder / "empty", {})
    return folder


@pytest.fixture
def runs(written, tmp_path, monkeypatch):
    """Copies of the runs, in the current folder."""
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def test_a_table_and_a_page_say_what_changed_and_what_came_of_it(runs, capsys):
    assert main(["base", "worse"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "yolo.updates │ 100 │ 5" in said
    assert "seed" not in said
    assert "paired, image by image" in said
    page = (runs / "runs" / "comparison.html").read_text()
    assert "<td>100</td><td>5</td>" in page
    assert '<span class="worse">worse</span>' in page
    assert "http" not in page.replace("http://www.w3.org", "")
    assert main(["base", "worse"]) == 0  # its own page may be replaced


def test_a_real_drop_closes_the_gate(runs, capsys):
    gate = ["--baseline", "base", "--max-drop", "0.02"]
    assert main(["worse", *gate]) == 1
    assert "FAILED worse yolo.map_50: drop +0." in capsys.readouterr().out


def test_noise_and_gains_and_the_baseline_itself_pass(runs, capsys):
    gate = ["--baseline", "base", "--max-drop", "0.02"]
    assert main(["same", *gate]) == 0
    assert "passed same yolo.map_50" in capsys.readouterr().out
    assert main(["base", "same", *gate]) == 0
    assert main(["base", "--baseline", "worse", "--max-drop", "0"]) == 0


def test_a_drop_that_is_allowed_passes_however_sure(runs):
    assert main(["worse", "--baseline", "base", "--max-drop", "0.9"]) == 0


def test_several_figures_can_stand_at_the_gate(runs, capsys):
    gate = ["--baseline", "base", "--max-drop", "0.02"]
    assert main(["worse", *gate, "--figure", "map_50_95", "per_class.cat.ap_50"]) == 1
    said = capsys.readouterr().out
    assert "yolo.map_50_95" in said
    assert "yolo.per_class.cat.ap_50" in said


def test_other_test_images_are_said_and_not_paired(runs, capsys):
    assert main(["other", "--baseline", "base", "--max-drop", "0.02"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "tested on other images" in said
    assert "on other images, 0.02 allowed" in said


def test_names_of_users_are_escaped_on_the_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    classes = ("<script>alert(1)</script>", "[bold]dog")
    settings = {"dataset": "<b>x"}
    for name in ("a", "b"):
        detectors = {"yolo": found(OBJECTS, 0.8)}
        write_run(tmp_path / name, detectors, settings=settings, classes=classes)
        settings = {"dataset": "<i>y"}
    assert main(["a", "b"]) == 0
    page = (tmp_path / "runs" / "comparison.html").read_text()
    assert "<script" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["base"], "one run alone"),
        (["base", "base"], "named twice"),
        (["base", "nowhere"], "nowhere: holds no finished run"),
        (["same", "--max-drop", "0.1"], "--max-drop needs --baseline"),
        (["same", "--baseline", "base", "--max-drop", "-1"], "--max-drop must be at least 0"),
        (["same", "--baseline", "base", "--max-drop", "0", "--figure", "map_51"], "no such figure"),
        (["base", "same", "--output", "notes.html"], "is no page of compare_runs"),
        (["base", "broken"], "can't be read as JSON"),
        (["base", "old"], "schema 0"),
        (["bare", "--baseline", "base", "--max-drop", "0"], "no ground_truth.json"),
        (["empty", "--baseline", "base", "--max-drop", "0"], "has no yolo"),
    ],
)
def test_bad_usage_and_bad_input_are_exit_2_with_a_sentence(runs, capsys, arguments, said):
    (runs / "notes.html").write_text("precious")
    for name in ("broken", "old", "bare"):
        shutil.copytree(runs / "base", runs / name)
    (runs / "broken" / "metrics.json").write_text("{")
    metrics = json.loads((runs / "old" / "metrics.json").read_text())
    (runs / "old" / "metrics.json").write_text(json.dumps({**metrics, "schema_version": 0}))
    (runs / "bare" / "detections" / "yolo.json").unlink()
    assert main(arguments) == 2
    assert said in capsys.readouterr().err
    assert not (runs / "runs").exists()
    assert (runs / "notes.html").read_text() == "precious"


def test_runs_without_detections_are_shown_without_a_verdict(runs, capsys):
    (runs / "worse" / "detections" / "yolo.json").unlink()
    assert main(["base", "worse"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "no difference is judged" in said
    page = (runs / "runs" / "comparison.html").read_text()
    assert 'class="worse"' not in page
