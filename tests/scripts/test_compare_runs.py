"""`compare_runs.py` on runs made by hand."""

import json
import shutil
from dataclasses import replace

import msgspec
import pytest
from run_files import TRAINED, found, truth, with_updates, write_run

from pipelines.runs.metrics import read_metrics, write_metrics
from pipelines.settings import ScoringSettings
from scripts.compare_runs import main

OBJECTS = truth()


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A baseline, a run as good with other misses, one that dropped, and one on other images."""
    folder = tmp_path_factory.mktemp("runs")
    write_run(folder / "base", {"yolo": found(OBJECTS, 0.8)}, settings=with_updates(100))
    same = found(OBJECTS, 0.8, seed=5)
    write_run(folder / "same", {"yolo": same}, settings=with_updates(100, seed=7))
    write_run(folder / "worse", {"yolo": found(OBJECTS, 0.45)}, settings=with_updates(5))
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
    text = " ".join(capsys.readouterr().out.split())
    assert "yolo.updates │ 100 │ 5" in text
    assert "seed" not in text
    assert "paired, image by image" in text
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
    text = capsys.readouterr().out
    assert "yolo.map_50_95" in text
    assert "yolo.per_class.cat.ap_50" in text


def test_other_test_images_are_named_and_not_paired(runs, capsys):
    assert main(["other", "--baseline", "base", "--max-drop", "0.02"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "tested on other images" in text
    assert "on other images, 0.02 allowed" in text


def test_names_of_users_are_escaped_on_the_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    classes = ("<script>alert(1)</script>", "[bold]dog")
    for name, dataset in (("a", "<b>x"), ("b", "<i>y")):
        detectors = {"yolo": found(OBJECTS, 0.8)}
        settings = replace(TRAINED, dataset=dataset)
        write_run(tmp_path / name, detectors, settings=settings, classes=classes)
    assert main(["a", "b"]) == 0
    page = (tmp_path / "runs" / "comparison.html").read_text()
    assert "<script" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["base"], "one run alone"),
        (["base", "base"], "named twice"),
        (["base", "nowhere"], "nowhere: can't be read"),
        (["same", "--max-drop", "0.1"], "--max-drop needs --baseline"),
        (["same", "--baseline", "base", "--max-drop", "-1"], "--max-drop must be at least 0"),
        (["same", "--baseline", "base", "--max-drop", "0", "--figure", "map_51"], "no such figure"),
        (["base", "same", "--output", "notes.html"], "is no page of compare_runs"),
        (["base", "broken"], "broken/metrics.json: can't be read"),
        (["base", "old"], "schema 1"),
        (["bare", "--baseline", "base", "--max-drop", "0"], "no ground_truth.json"),
        (["empty", "--baseline", "base", "--max-drop", "0"], "has no yolo"),
    ],
)
def test_bad_usage_and_bad_input_are_exit_2_with_a_sentence(runs, capsys, arguments, word):
    (runs / "notes.html").write_text("precious")
    for name in ("broken", "old", "bare"):
        shutil.copytree(runs / "base", runs / name)
    (runs / "broken" / "metrics.json").write_text("{")
    metrics = json.loads((runs / "old" / "metrics.json").read_text())
    (runs / "old" / "metrics.json").write_text(json.dumps({**metrics, "schema_version": 1}))
    (runs / "bare" / "detections" / "yolo.json").unlink()
    assert main(arguments) == 2
    assert word in capsys.readouterr().err
    assert not (runs / "runs").exists()
    assert (runs / "notes.html").read_text() == "precious"


def test_runs_without_detections_are_shown_without_a_verdict(runs, capsys):
    (runs / "worse" / "detections" / "yolo.json").unlink()
    assert main(["base", "worse"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "no difference is judged" in text
    page = (runs / "runs" / "comparison.html").read_text()
    assert 'class="worse"' not in page


def test_any_number_of_detectors_are_shown_where_a_run_has_them(runs, capsys):
    objects = truth()
    names = ("toy", "yolo", "mine")
    detectors = {
        name: found(objects, share) for name, share in zip(names, (0.3, 0.8, 0.6), strict=True)
    }
    write_run(runs / "three", detectors, settings=with_updates(100))
    assert main(["base", "three"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert all(f"{name} ┏" in text for name in names)
    page = (runs / "runs" / "comparison.html").read_text()
    assert all(f"<h2>{name}</h2>" in page for name in names)
    assert main(["base", "--baseline", "three", "--max-drop", "0.1"]) == 2  # it has no toy


def test_runs_that_scored_files_are_compared_by_their_own_settings(runs, capsys):
    for name, iou in (("first", None), ("second", 0.3)):
        scoring = ScoringSettings("gt.json", (), iou=iou)
        write_run(runs / name, {"mine": found(OBJECTS, 0.8)}, settings=None, scoring=scoring)
    assert main(["first", "second"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "iou │ null │ 0.3" in text
    assert "ground_truth" not in text


def test_runs_of_one_name_are_called_by_their_paths(runs, capsys):
    for place in ("here", "there"):
        shutil.copytree(runs / "base", runs / place / "base")
    assert main(["here/base", "there/base", "worse"]) == 0
    assert "here/base (baseline) ┃ there/base ┃ worse" in " ".join(capsys.readouterr().out.split())


def test_costs_are_given_as_multiples_of_the_baseline(runs):
    path = runs / "worse" / "metrics.json"
    metrics = read_metrics(path)
    figures = metrics.pipelines["yolo"]
    slower = msgspec.structs.replace(figures, latency_ms=replace(figures.latency_ms, p50=250.0))
    write_metrics(path, msgspec.structs.replace(metrics, pipelines={"yolo": slower}))
    assert main(["base", "worse"]) == 0
    page = (runs / "runs" / "comparison.html").read_text()
    assert '<td>250.0 ms<br><span class="change">× 2.50</span></td>' in page
    assert "latency p90" not in page  # it is undefined in both
