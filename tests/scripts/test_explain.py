from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from datasets.annotations import Annotations
from pipelines.contenders import OwnExplanation, contender
from pipelines.detections import Detections
from pipelines.evaluation.report_card import EvaluationImages, judge
from pipelines.runs.metrics import (
    DatasetSummary,
    DetectorMetrics,
    Metrics,
    SplitSize,
    write_metrics,
)
from pipelines.settings import RunSettings
from pipelines.system.runtime import environment
from scripts.explain import main

BOX = [16.0, 16, 48, 48]
NAMES = ("classical", "yolo", "toy")


class BrightSpot:
    """Finds the bright square of an image, as surely as it is bright."""

    def detect(self, image):
        score = float(image[16:48, 16:48].mean()) / 255
        return Detections([BOX], [score], [0]) if score > 0.1 else Detections()


def brightness(image, box, label):
    del box, label
    return image.mean(axis=2)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run of three contenders, the last of which has no method of its own, and an image."""
    row = replace(
        contender("classical"),
        load=lambda folder, device, threads: BrightSpot(),
        explanation=OwnExplanation("brightness", lambda folder: brightness),
    )
    rows = dict.fromkeys(NAMES, row) | {"toy": replace(row, explanation=None)}
    place = "pipelines.studies.interpretability.explainers.contender"
    monkeypatch.setattr(place, lambda name: rows[name])
    monkeypatch.chdir(tmp_path)
    truth = [Annotations([BOX], [0])]
    quality = judge(EvaluationImages(truth, ["cat"]), [Detections([BOX], [0.5], [0])]).quality
    metrics = Metrics(
        dataset=DatasetSummary(
            name="toys", format="coco", classes=("cat",), splits={"test": SplitSize(1, 1)}
        ),
        environment=environment(),
        settings=RunSettings(pipelines=NAMES),
        pipelines=dict.fromkeys(NAMES, DetectorMetrics(quality=quality)),
        comparison={},
    )
    write_metrics(Path("run/metrics.json"), metrics)
    pixels = np.zeros((64, 64, 3), np.uint8)
    Image.fromarray(pixels).save("dark.png")
    pixels[16:48, 16:48] = 255
    Image.fromarray(pixels).save("bright.png")
    return rows


def test_every_contender_is_explained_by_what_it_has(run, capsys):
    assert main(["run", "bright.png", "--masks", "8"]) == 0
    *lines, written = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == list(NAMES)
    assert ["brightness deletion" in line for line in lines] == [True, True, False]
    assert all("D-RISE deletion" in line for line in lines)
    assert written.startswith("run/explained")
    assert {path.name for path in Path("run/explained").iterdir()} == {"bright.png", "bright.svg"}


@pytest.mark.parametrize("name", ["bright.png", "bright.svg"])
def test_a_picture_of_the_users_is_not_replaced(run, capsys, name):
    Path("photos").mkdir()
    Path("photos", name).write_bytes(Path("bright.png").read_bytes())
    assert main(["run", "bright.png", "--masks", "8", "--output", "photos"]) == 2
    assert "choose another --output" in capsys.readouterr().err
    assert Path("photos", name).read_bytes() == Path("bright.png").read_bytes()


def test_an_image_without_a_detection_is_no_error(run, capsys):
    assert main(["run", "dark.png"]) == 0
    assert "dark.png" in capsys.readouterr().out
    assert not Path("run/explained").exists()


@pytest.mark.parametrize("error", [ValueError, KeyError, RuntimeError, EOFError])
def test_a_broken_model_is_named_without_a_traceback(run, capsys, error):
    def broken(folder, device, threads):
        raise error("broken")

    run["yolo"] = replace(run["yolo"], load=broken)
    assert main(["run", "bright.png"]) == 2
    assert "run/models/yolo" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["nowhere", "bright.png"], "nowhere"),
        (["run", "missing.png"], "missing.png"),
        (["run", "run/metrics.json"], "metrics.json"),
        (["run", "bright.png", "--masks", "1"], "--masks"),
    ],
)
def test_bad_usage_is_exit_2_with_a_sentence(run, capsys, arguments, word):
    assert main(arguments) == 2
    assert word in capsys.readouterr().err
