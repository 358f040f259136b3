"""A contender is one file and one row: the whole project goes with three, one pre-trained."""

import json
import shutil

import pytest
from one_process import run_scripts
from toy_project import project_with_toy
from voc_files import write_set

AXES = ("data", "hardware", "features", "approach", "time", "interpretability", "conditions")
NAMES = ["classical", "transfer", "toy"]
TINY = [
    *("classical.proposals=40", "classical.grabcut_sizes=48", "classical.window_shapes=2"),
    *("classical.moved_copies=1", "classical.mining_rounds=0", "classical.c_factors="),
    *("transfer.width=2", "transfer.batch=2", "transfer.updates=2", "transfer.validations=1"),
    # Its backbone stays frozen: tests/models/yolo/test_phases.py lets one learn.
    *("transfer.early_validations=0", "transfer.frozen=1", "evaluation.latency_samples=4"),
    *("evaluation.throughput_seconds=0", "evaluation.throughput_batches=1"),
]

pytestmark = [pytest.mark.slow, pytest.mark.tensorflow]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project with one file and one row more."""
    return project_with_toy(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def finished(project):
    import keras

    data, weights = project / "photographs", project / "seen.weights.h5"
    write_set(data, 16, [("cat", (5, 5, 30, 30)), ("dog", (20, 10, 55, 38))])
    keras.applications.MobileNetV2(
        include_top=False, weights=None, input_shape=(32, 32, 3)
    ).save_weights(weights)
    output = run_scripts(
        project,
        project,
        [
            *("compare_detection", "--dataset", data, "--image-size", 64, "--output", "runs/three"),
            *("--pipelines", *NAMES, "--axes", "none", "--set", *TINY),
            f"transfer.backbone_weights={weights}",
        ],
        # Of every axis what fits into seconds: what it leaves out it still has an answer for.
        ["study_axes", "runs/three", "--budget-minutes", 0.05],
    )
    return project / "runs" / "three", output


def test_three_are_trained_scored_compared_and_studied_along_every_axis(finished):
    folder, output = finished
    metrics = json.loads((folder / "metrics.json").read_text())
    assert list(metrics["pipelines"]) == NAMES
    assert len(metrics["comparison"]) == 3
    assert set(metrics["axes"]) == set(AXES)
    for axis in metrics["axes"].values():
        assert list(axis["answers"]) == NAMES
    assert metrics["pipelines"]["toy"]["latency_ms"]["samples"] == 4
    assert all(name in output for name in NAMES)


def test_the_report_and_the_pictures_show_three(finished):
    folder, _ = finished
    page = (folder / "report.html").read_text()
    assert all(f'data-pipeline="{name}"' in page for name in NAMES)
    assert any((folder / "annotated").iterdir())


def test_what_was_added_detects_and_is_compared_with_another_run(project, finished):
    folder, _ = finished
    shutil.copytree(folder, project / "runs" / "again")
    output = run_scripts(
        project,
        project,
        ["detect", folder / "models" / "toy", project / "photographs", "--output", "found"],
        ["compare_runs", folder, project / "runs" / "again"],
        ["write_report", folder],
    )
    assert json.loads((project / "found" / "summary.json").read_text())["pipeline"] == "toy"
    assert "toy" in output
