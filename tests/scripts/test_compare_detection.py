"""The command line as a person uses it: in a process of its own."""

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from voc_files import write_image, write_set, write_xml

from datasets.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "compare_detection.py"
TINY = [
    "--axes",
    "none",
    "--set",
    "classical.proposals=40",
    "classical.grabcut_sizes=48",
    "classical.window_shapes=2",
    "classical.moved_copies=1",
    "classical.mining_rounds=1",
    "yolo.width=4",
    "yolo.batch=2",
    "yolo.updates=3",
    "yolo.validations=1",
    "evaluation.latency_samples=4",
]


def run(*arguments, folder):
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    environment = {**os.environ, "COLUMNS": "120"}
    return subprocess.run(
        command,
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        env=environment,
    )


def python(code):
    return subprocess.run(
        [sys.executable, "-c", code], check=False, cwd=ROOT, capture_output=True, text=True
    )


def state(folder):
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


@pytest.fixture(scope="session")
def photographs(tmp_path_factory):
    """A small set of two classes, one image of which does not decode."""
    folder = tmp_path_factory.mktemp("data") / "photographs"
    write_set(folder, 16, [("cat", (5, 5, 30, 30)), ("dog", (20, 10, 55, 38))])
    (folder / "im3.png").write_bytes(b"no image")
    return folder


@pytest.fixture(scope="session")
def finished(photographs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("work")
    before = state(photographs)
    done = run(
        *("--dataset", photographs, "--image-size", 64, *TINY, "--axes", "approach,time"),
        folder=folder,
    )
    return folder, done, before


def test_help_answers_in_under_a_second_and_loads_nothing_heavy(tmp_path):
    times = []
    for _ in range(3):
        started = time.monotonic()
        assert run("--help", folder=tmp_path).returncode == 0
        times.append(time.monotonic() - started)
    assert min(times) < 1.0
    code = (
        "import sys; sys.argv = ['x', '--help']; sys.path.insert(0, 'scripts')\n"
        "import runpy\n"
        "try: runpy.run_path('scripts/compare_detection.py', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "print(sorted({'tensorflow', 'keras', 'cv2', 'sklearn'} & set(sys.modules)))"
    )
    done = python(code)
    assert done.stdout.strip().endswith("[]")


@pytest.mark.parametrize("module", ["pipelines.classical.detector", "pipelines.yolo.detector"])
def test_importing_a_pipeline_does_not_load_tensorflow(module):
    code = f"import sys, {module}; print('tensorflow' in sys.modules)"
    done = python(code)
    assert done.stdout.strip() == "False", done.stderr


@pytest.mark.slow
@pytest.mark.tensorflow
def test_a_run_leaves_everything_it_promises(finished):
    folder, done, _ = finished
    assert done.returncode == 0, done.stderr
    output = folder / "runs" / "photographs"
    metrics = json.loads((output / "metrics.json").read_text())
    assert set(metrics) >= {
        "schema_version",
        "dataset",
        "environment",
        "settings",
        "pipelines",
        "comparison",
    }
    assert metrics["dataset"]["classes"] == ["cat", "dog"]
    assert sum(split["images"] for split in metrics["dataset"]["splits"].values()) == 15
    assert any("im3.png" in problem for problem in metrics["dataset"]["problems"])
    for figures in metrics["pipelines"].values():
        assert 0 <= figures["quality"]["map_50"] <= 1
        assert set(figures["quality"]["per_class"]) == {"cat", "dog"}
        latency = figures["latency_ms"]
        assert latency["samples"] == 4
        assert latency["p90"] is None
        assert sum(latency["stages"].values()) == pytest.approx(latency["mean"], rel=0.05)
        assert figures["training"]["seconds"] > 0
        assert figures["memory_mb"]["peak_rss"] > 50
        assert figures["memory_mb"]["peak_gpu"] is None
        assert figures["model"]["parameters"] > 0
    tests = metrics["dataset"]["splits"]["test"]["images"]
    assert len(list((output / "annotated").glob("*.png"))) == tests
    trained = {name: each["training"] for name, each in metrics["pipelines"].items()}
    assert len(trained["yolo"]["losses"]["classes"]) == 3
    assert sum(mining["kept"] for mining in trained["classical"]["rounds"]) == 1
    report = (output / "report.html").read_text()
    assert f"{metrics['pipelines']['yolo']['quality']['map_50']:.3f}" in report
    assert report.count('type="text/plain" id="photograph-') == tests
    assert not (folder / "runs" / "photographs.partial").exists()
    assert set(metrics["axes"]) == {"approach", "time"}
    assert metrics["choice"] in " ".join(done.stdout.split())
    for name, axis in metrics["axes"].items():
        assert set(axis) >= {"verdict", "favours", "sureness", "cells"}
        assert axis["favours"] in {"classical", "yolo", "neither"}
        assert (output / "axes" / f"{name}.png").stat().st_size > 5000
        assert "<svg" in (output / "axes" / f"{name}.svg").read_text()
    for figures in metrics["pipelines"].values():
        assert figures["training"]["history"]


@pytest.mark.slow
@pytest.mark.tensorflow
def test_another_tool_scores_the_written_files_alike(finished):
    import contextlib
    import io

    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    output = finished[0] / "runs" / "photographs"
    metrics = json.loads((output / "metrics.json").read_text())
    for name, figures in metrics["pipelines"].items():
        rows = json.loads((output / "detections" / f"{name}.json").read_text())
        if not rows:
            assert figures["quality"]["map_50"] == 0
            continue
        with contextlib.redirect_stdout(io.StringIO()):
            truth = COCO(str(output / "ground_truth.json"))
            evaluation = COCOeval(truth, truth.loadRes(rows), "bbox")
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()
        assert evaluation.stats[1] == pytest.approx(figures["quality"]["map_50"], abs=1e-9)
        assert evaluation.stats[0] == pytest.approx(figures["quality"]["map_50_95"], abs=1e-9)


@pytest.mark.slow
@pytest.mark.tensorflow
def test_every_figure_says_how_sure_it_is_and_where_objects_were_lost(finished):
    metrics = json.loads((finished[0] / "runs" / "photographs" / "metrics.json").read_text())
    assert set(metrics["pipelines"]["classical"]["quality"]["lost"]) >= {"not_proposed"}
    assert set(metrics["pipelines"]["yolo"]["quality"]["lost"]) >= {"below_threshold"}
    objects = metrics["dataset"]["splits"]["test"]["boxes"]
    for figures in metrics["pipelines"].values():
        quality = figures["quality"]
        assert sum(quality["lost"].values()) <= objects
        assert quality["recall_ceiling"]["nms"] <= 1
        assert quality["operating_point"]["chosen_on"] == "validation"
        assert "map_50" in quality["interval_95"]
        assert figures["throughput"]["batch_1"] > 0
        assert figures["memory_mb"]["detecting_peak_rss"] > 50
    told = metrics["comparison"]["classical_minus_yolo"]["map_50"]
    assert told["verdict"] in {"better", "worse", "cannot_tell"}
    threads = metrics["environment"]["threads"]
    assert set(threads) >= {"opencv", "blas", "tensorflow", "litert"}
    assert len({count for count in threads.values() if count}) == 1


@pytest.mark.slow
@pytest.mark.tensorflow
def test_another_tool_s_detections_are_a_column_beside(finished, photographs):
    folder, before = finished[0], finished[0] / "runs" / "photographs"
    done = run(
        *("--dataset", photographs, "--image-size", 64, *TINY, "--output", "beside"),
        *("--pipelines", "classical", "--require", "mine.map_50=0"),
        *("--detections", f"mine={before / 'detections' / 'yolo.json'}"),
        folder=folder,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads((folder / "beside" / "metrics.json").read_text())
    first = json.loads((before / "metrics.json").read_text())
    mine, yolo = told["pipelines"]["mine"], first["pipelines"]["yolo"]
    assert mine["latency_ms"] is None
    assert mine["quality"]["map_50_95"] == pytest.approx(yolo["quality"]["map_50_95"], abs=1e-12)
    assert "map_50" in told["comparison"]["classical_minus_mine"]
    assert "met    mine.map_50" in done.stdout


@pytest.mark.slow
@pytest.mark.tensorflow
def test_the_user_s_files_are_left_as_they_were(finished, photographs):
    assert state(photographs) == finished[2]


@pytest.mark.slow
@pytest.mark.tensorflow
def test_a_missed_requirement_is_exit_1_with_its_figure(finished, photographs):
    done = run(
        *("--dataset", photographs, "--image-size", 64, *TINY),
        *("--resume", "--require", "yolo.map_50=1.0", "classical.map_50=0"),
        folder=finished[0],
    )
    assert done.returncode == 1, done.stderr
    assert "MISSED yolo.map_50 = 0." in done.stdout
    assert "met    classical.map_50" in done.stdout


@pytest.mark.slow
@pytest.mark.tensorflow
def test_settings_of_a_run_repeat_it_with_the_same_classical_figures(finished):
    folder = finished[0]
    done = run(
        *("--settings", "runs/photographs/metrics.json"),
        *("--output", "again", "--pipelines", "classical"),
        folder=folder,
    )
    assert done.returncode == 0, done.stderr
    first = json.loads((folder / "runs" / "photographs" / "metrics.json").read_text())
    second = json.loads((folder / "again" / "metrics.json").read_text())
    quality = [m["pipelines"]["classical"]["quality"] for m in (first, second)]
    assert quality[0] == quality[1]
    found = [
        (folder / run / "detections" / "classical.json").read_text()
        for run in ("runs/photographs", "again")
    ]
    assert found[0] == found[1]


@pytest.mark.slow
def test_a_run_killed_in_the_middle_is_gone_on_with(photographs, tmp_path):
    command = [
        *(sys.executable, str(SCRIPT), "--dataset", str(photographs), "--output", "out"),
        *("--pipelines", "classical", *TINY),
    ]
    started = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    trained = tmp_path / "out.partial" / "stages" / "train-classical.json"
    deadline = time.monotonic() + 120
    while not trained.exists() and started.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    started.kill()
    started.wait()
    assert trained.exists()
    assert not (tmp_path / "out").exists()
    refused = run(*command[2:], folder=tmp_path)
    assert refused.returncode == 2
    assert "--resume" in refused.stderr
    before = trained.stat().st_mtime_ns
    seconds = json.loads(trained.read_text())["training"]["seconds"]
    done = run(*command[2:], "--resume", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert before
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert metrics["pipelines"]["classical"]["training"]["seconds"] == seconds


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--dataset", "nowhere"], "nowhere: is not a folder"),
        (["--dataset", "empty"], "is empty"),
        (["--dataset", "unlabelled"], "no annotations found"),
        (["--dataset", "unmatched"], "none of its 1 XML files"),
        (["--require", "yolo.map_50"], "NAME.FIGURE=VALUE"),
        (["--require", "svm.map_50=0.1"], "no pipeline 'svm'"),
        (["--set", "yolo.widht=3"], "no setting 'yolo.widht'"),
        (["--image-size", "100"], "multiple of 32"),
        (["--epochs", "1", "--train-minutes", "1"], "not allowed with"),
        (["--settings", "missing.json"], "missing.json: can't be read"),
        (["--dataset", "good", "--output", "good/run"], "is where the images are"),
        (["--dataset", "good", "--output", "mine"], "no run"),
        (["--dataset", "attack"], "DTD"),
        (["--format", "pdf"], "invalid choice"),
        (["--dataset", "good", "--detections", "mine"], "NAME=FILE"),
        (["--dataset", "good", "--detections", "mine=no.json"], "no.json: can't be read"),
    ],
)
def test_bad_usage_and_bad_input_are_exit_2_with_a_sentence(tmp_path, arguments, said):
    (tmp_path / "empty").mkdir()
    write_image(tmp_path / "unlabelled" / "a.jpg")
    write_image(tmp_path / "unmatched" / "a.jpg")
    write_xml(tmp_path / "unmatched" / "b.xml")
    write_set(tmp_path / "good")
    write_set(tmp_path / "attack")
    (tmp_path / "attack" / "im0.xml").write_text(
        '<!DOCTYPE a [<!ENTITY x "y">]><annotation>&x;</annotation>'
    )
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("precious")
    before = state(tmp_path)
    done = run(*arguments, folder=tmp_path)
    assert done.returncode == 2, done.stdout
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert state(tmp_path) == before


@pytest.mark.tensorflow
def test_a_gpu_that_is_not_there_is_refused_with_the_way_to_get_one(tmp_path):
    from pipelines.system import runtime

    if Path("/proc/driver/nvidia").exists():
        pytest.skip("this machine has a GPU")
    with pytest.raises(UserError, match=r'pip install "\.\[gpu\]"'):
        runtime.choose_device("gpu")
