"""The main job as a person uses it, its longest run in processes of its own."""

import hashlib
import io
import json
import resource
import shutil
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import toy_run
from one_process import run_command, run_scripts
from voc_files import write_image, write_set, write_xml

from datasets.errors import UserError
from pipelines.runs.metrics import read_metrics
from pipelines.runs.requirements import parse_requirement
from scripts.compare_detection import judge, main

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "compare_detection.py"
TINY = [
    *("--image-size", "64", "--axes", "none", "--set"),
    *("classical.proposals=40", "classical.grabcut_sizes=48", "classical.window_shapes=2"),
    *("classical.moved_copies=1", "classical.mining_rounds=1"),
    *("yolo.width=2", "yolo.batch=2", "yolo.updates=3"),
    *("yolo.validations=1", "yolo.early_validations=0"),
    *("evaluation.latency_samples=4", "evaluation.throughput_seconds=0"),
    "evaluation.throughput_batches=1,2",
]


def command(*arguments):
    return [sys.executable, str(SCRIPT), *map(str, arguments)]


def run(*arguments, folder):
    return run_command(command(*arguments), folder)


@pytest.fixture
def run_here(monkeypatch, capsys):
    """Run the script in this process; return its exit status and what it printed."""

    def run_in(folder, *arguments):
        monkeypatch.chdir(folder)
        monkeypatch.setenv("COLUMNS", "120")
        status = main([*map(str, arguments)])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run_in


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


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """A small set of two classes, one image of which does not decode."""
    folder = tmp_path_factory.mktemp("data") / "photographs"
    write_set(folder, 16, [("cat", (5, 5, 30, 30)), ("dog", (20, 10, 55, 38))])
    (folder / "im3.png").write_bytes(b"no image")
    return folder


@dataclass(frozen=True)
class FinishedRun:
    """A run that was killed after its first training, refused without --resume, and resumed."""

    folder: Path
    before: dict[str, str]  # the data
    killed_training: dict[str, object]
    refused: tuple[int, str]  # its exit status and its errors
    done: subprocess.CompletedProcess[str]

    @property
    def output(self):
        return self.folder / "runs" / "photographs"

    @property
    def metrics(self):
        return json.loads((self.output / "metrics.json").read_text())


@pytest.fixture(scope="module")
def finished(photographs, tmp_path_factory):
    folder, before = tmp_path_factory.mktemp("work"), state(photographs)
    arguments = ["--dataset", photographs, *TINY, "--axes", "approach,time"]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    started = subprocess.Popen(command(*arguments), cwd=folder, **silent)
    trained = folder / "runs" / "photographs.partial" / "stages" / "train-classical.json"
    while not trained.exists() and started.poll() is None:
        time.sleep(0.02)
    started.kill()
    started.wait()
    training = json.loads(trained.read_text())["kept"]["training"]
    with pytest.MonkeyPatch.context() as patch, redirect_stderr(io.StringIO()) as errors:
        patch.chdir(folder)
        refused = main([*map(str, arguments)]), errors.getvalue()
    done = run(*arguments, "--resume", folder=folder)
    return FinishedRun(folder, before, training, refused, done)


@pytest.fixture(scope="module")
def again(finished):
    """The finished run repeated by its settings, with its detections by YOLO as another tool's."""
    repeat = (
        *("compare_detection", "--settings", "runs/photographs/metrics.json", "--output", "again"),
        *("--axes", "none", "--pipelines", "classical", "--require", "mine.map_50=0"),
        *("--detections", f"mine={finished.output / 'detections' / 'yolo.json'}"),
    )
    return run_scripts(ROOT, finished.folder, repeat)


def test_help_takes_less_than_a_second_and_loads_nothing_heavy(tmp_path):
    taken = []
    for _ in range(3):  # of the processor, whatever else it does at the moment
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert run("--help", folder=tmp_path).returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(taken) < 1.0
    code = (
        "import sys; sys.argv = ['x', '--help']; sys.path.insert(0, 'scripts')\n"
        "import runpy\n"
        "try: runpy.run_path('scripts/compare_detection.py', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "print(sorted({'tensorflow', 'keras', 'cv2', 'sklearn'} & set(sys.modules)))"
    )
    assert python(code).stdout.strip().endswith("[]")


def test_importing_the_detectors_does_not_load_tensorflow():
    code = (
        "import sys, pipelines.classical.detector, pipelines.yolo.detector\n"
        "print('tensorflow' in sys.modules)"
    )
    done = python(code)
    assert done.stdout.strip() == "False", done.stderr


@pytest.mark.slow
@pytest.mark.tensorflow
def test_a_run_leaves_everything_it_promises(finished):
    done, output = finished.done, finished.output
    assert done.returncode == 0, done.stderr
    metrics = finished.metrics
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
    assert not output.with_name("photographs.partial").exists()
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
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    output, metrics = finished.output, finished.metrics
    for name, figures in metrics["pipelines"].items():
        rows = json.loads((output / "detections" / f"{name}.json").read_text())
        if not rows:
            assert figures["quality"]["map_50"] == 0
            continue
        with redirect_stdout(io.StringIO()):
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
    metrics = finished.metrics
    assert set(metrics["pipelines"]["classical"]["quality"]["lost"]) >= {"not_proposed"}
    assert set(metrics["pipelines"]["yolo"]["quality"]["lost"]) >= {"below_threshold"}
    objects = metrics["dataset"]["splits"]["test"]["boxes"]
    for figures in metrics["pipelines"].values():
        quality = figures["quality"]
        assert sum(quality["lost"].values()) <= objects
        *_, before, after = quality["recall_ceiling"].items()
        assert after[0] == "nms"  # which finds nothing new
        assert after[1] <= before[1]
        assert quality["operating_point"]["chosen_on"] == "validation"
        assert "map_50" in quality["interval_95"]
        assert figures["throughput"]["batch_1"] > 0
        assert figures["memory_mb"]["detecting_peak_rss"] > 50
    difference = metrics["comparison"]["classical_minus_yolo"]["map_50"]
    assert difference["verdict"] in {"better", "worse", "cannot_tell"}
    threads = metrics["environment"]["threads"]
    assert set(threads) >= {"opencv", "blas", "tensorflow", "litert"}
    assert threads["blas"] == 1  # whose others would only wait
    assert len({count for name, count in threads.items() if count and name != "blas"}) == 1


@pytest.mark.slow
@pytest.mark.tensorflow
def test_the_model_s_folder_gives_the_calibrated_scores_that_are_scored(
    finished, tmp_path, monkeypatch
):
    from datasets.images import pixels_of
    from pipelines.benchmark.detect import detect_and_time
    from pipelines.contenders import contender
    from pipelines.evaluation.quality import score
    from pipelines.runs.detection_files import read_detections
    from pipelines.runs.finished import open_run, with_data
    from pipelines.system.runtime import choose_device

    subject = with_data(open_run(finished.output))
    name, test = "classical", subject.dataset.splits["test"]
    figures = finished.metrics["pipelines"][name]
    assert figures["calibration"]["fitted"]["source"].startswith("not calibrated")  # for so few
    assert figures["calibration"]["before"] == figures["quality"]["reliability"]

    monkeypatch.setattr("pipelines.postprocessing.calibration.LEAST", 1)
    model = tmp_path / "models" / name
    shutil.copytree(subject.model_folder(name), model)
    settings = replace(subject.settings, pipelines=(name,))
    first, again = (  # the second as after a run that was cut off
        detect_and_time(subject.dataset, settings, tmp_path).calibrations[name] for _ in range(2)
    )
    assert first.changes
    assert first == again
    saved = read_detections(tmp_path, name, len(test))
    detector = contender(name).load(model, choose_device("cpu"), 1)
    for image, each in zip(test, saved, strict=True):
        assert detector.detect(pixels_of(image)).scores.tolist() == each.scores.tolist()
    truth = [image.annotations for image in test]
    quality = score(truth, saved, subject.dataset.classes)
    assert quality.map_50_95 == figures["quality"]["map_50_95"]


@pytest.mark.slow
@pytest.mark.tensorflow
def test_a_killed_run_is_refused_without_resume_and_keeps_what_was_trained(finished):
    status, errors = finished.refused
    assert status == 2
    assert "--resume" in errors
    training = finished.metrics["pipelines"]["classical"]["training"]
    assert training["seconds"] == finished.killed_training["seconds"]


@pytest.mark.slow
@pytest.mark.tensorflow
def test_the_user_s_files_are_left_as_they_were(finished, photographs):
    assert state(photographs) == finished.before


@pytest.mark.slow
@pytest.mark.tensorflow
def test_settings_of_a_run_repeat_it_with_the_same_classical_figures(finished, again):
    second = json.loads((finished.folder / "again" / "metrics.json").read_text())
    quality = [m["pipelines"]["classical"]["quality"] for m in (finished.metrics, second)]
    assert quality[0] == quality[1]
    detections = [
        (folder / "detections" / "classical.json").read_text()
        for folder in (finished.output, finished.folder / "again")
    ]
    assert detections[0] == detections[1]


@pytest.mark.slow
@pytest.mark.tensorflow
def test_another_tool_s_detections_are_a_column_beside(finished, again):
    metrics = json.loads((finished.folder / "again" / "metrics.json").read_text())
    mine, yolo = metrics["pipelines"]["mine"], finished.metrics["pipelines"]["yolo"]
    assert mine["latency_ms"] is None
    assert mine["quality"]["map_50_95"] == pytest.approx(yolo["quality"]["map_50_95"], abs=1e-12)
    assert "map_50" in metrics["comparison"]["classical_minus_mine"]
    assert "met    mine.map_50" in again


@pytest.mark.slow
@pytest.mark.tensorflow
def test_a_missed_requirement_is_exit_1_with_its_figure(finished, photographs, run_here):
    status, printed, errors = run_here(
        finished.folder,
        *("--dataset", photographs, *TINY),
        *("--resume", "--require", "yolo.map_50=1.0", "classical.map_50=0"),
    )
    assert status == 1, errors
    assert "MISSED yolo.map_50 = 0." in printed
    assert "met    classical.map_50" in printed


def test_an_undefined_figure_is_a_missed_requirement_and_called_null(tmp_path, capsys):
    toy_run.write_run(tmp_path)
    requirements = [parse_requirement("yolo.per_class.nobody.ap_50=0", ("yolo",))]
    assert judge(requirements, read_metrics(tmp_path / "metrics.json")) == 1
    assert "MISSED yolo.per_class.nobody.ap_50 = null, at least 0.0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "key_word"),
    [
        (["--dataset", "nowhere"], "nowhere"),
        (["--dataset", "empty"], "empty"),
        (["--dataset", "unlabelled"], "annotations"),
        (["--dataset", "unmatched"], "XML"),
        (["--require", "yolo.map_50"], "NAME.FIGURE=VALUE"),
        (["--require", "svm.map_50=0.1"], "svm"),
        (["--set", "yolo.widht=3"], "yolo.widht"),
        (["--image-size", "100"], "32"),
        (["--epochs", "1", "--train-minutes", "1"], "not allowed with"),
        (["--settings", "missing.json"], "missing.json"),
        (["--dataset", "good", "--output", "good/run"], "images"),
        (["--dataset", "good", "--output", "mine"], "no run"),
        (["--dataset", "attack"], "DTD"),
        (["--format", "pdf"], "pdf"),
        (["--dataset", "good", "--detections", "mine"], "NAME=FILE"),
        (["--dataset", "good", "--detections", "mine=no.json"], "no.json"),
    ],
)
def test_bad_usage_and_bad_input_are_exit_2_with_a_sentence(
    tmp_path, run_here, arguments, key_word
):
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
    status, printed, errors = run_here(tmp_path, *arguments)
    assert status == 2, printed
    assert errors.splitlines()[-1].startswith("compare_detection: ")
    assert key_word in errors
    assert state(tmp_path) == before


@pytest.mark.tensorflow
def test_a_gpu_that_is_not_there_is_refused_with_the_way_to_get_one(tmp_path):
    from pipelines.system import runtime

    if Path("/proc/driver/nvidia").exists():
        pytest.skip("this machine has a GPU")
    with pytest.raises(UserError, match=r'pip install "\.\[gpu\]"'):
        runtime.choose_device("gpu")
