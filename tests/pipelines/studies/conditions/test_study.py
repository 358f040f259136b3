"""The axis on toys: one that noise blinds, and one that never sees more than half."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from datasets.annotations import Annotations, LabelledImage
from pipelines.detections import Detections
from pipelines.evaluation.undefined import plain
from pipelines.runs.cells import Cells
from pipelines.settings import ConditionsSettings, RunSettings
from pipelines.studies.common.verdict import axis_result
from pipelines.studies.conditions.study import draw, study

LEFT, RIGHT = (8, 24, 24, 40), (40, 24, 56, 40)
IMAGES, ON_THE_RIGHT = 40, 16
NOISY = 0.13 * 255  # between noise of severity 1 and 3


class Fragile:
    """It sees on which side the object is, as long as there is little noise in the corner."""

    def __init__(self):
        self.calls = 0

    def detect(self, image):
        self.calls += 1
        if image[:8].std() > NOISY:
            return Detections()
        grey = image.mean(axis=2)
        box = LEFT if grey[:, :32].mean() > grey[:, 32:].mean() else RIGHT
        return Detections([box], [0.9], [0])


class Steady:
    """It always says left."""

    def detect(self, image):
        del image
        return Detections([LEFT], [0.9], [0])


class Subject:
    """A run of two toys, as far as the axis asks for it."""

    def __init__(self, images, settings=None):
        self.detector = Fragile()
        self.toys = {"classical": Steady(), "yolo": self.detector}
        self.settings = settings or RunSettings(pipelines=tuple(self.toys))
        self.dataset = SimpleNamespace(splits={"test": images}, classes=("cat",))
        self.figures = dict.fromkeys(self.toys, SimpleNamespace(latency_ms=None))
        self.contenders = [SimpleNamespace(name=name) for name in self.toys]

    def detectors(self, name, device, threads):
        return [self.toys[name]]

    def found(self, name):
        pixels = [np.array(Image.open(each.path)) for each in self.dataset.splits["test"]]
        return [self.toys[name].detect(each) for each in pixels]


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder, made = tmp_path_factory.mktemp("set"), []
    for number in range(IMAGES):
        box = RIGHT if number < ON_THE_RIGHT else LEFT
        pixels = np.full((64, 64, 3), 90, np.uint8)
        pixels[box[1] : box[3], box[0] : box[2]] = 230
        path = folder / f"{'right' if box is RIGHT else 'left'}_{number}.png"
        Image.fromarray(pixels).save(path)
        made.append(LabelledImage(path.name, path, 64, 64, Annotations([box], [0])))
    return made


@pytest.fixture(scope="module")
def studied(images, tmp_path_factory):
    settings = replace(
        RunSettings(pipelines=("classical", "yolo")),
        conditions=ConditionsSettings(slice="(left|right)_"),
    )
    subject, folder = Subject(images, settings), tmp_path_factory.mktemp("cells")
    return SimpleNamespace(result=study(subject, Cells(folder)), subject=subject, folder=folder)


def test_the_ranking_flips_where_it_is_known_to(studied):
    (flip,) = studied.result.flips
    assert (flip.corruption, flip.severity) == ("gaussian_noise", 3)
    assert (flip.ahead, flip.behind, flip.ahead_on_clean) == ("classical", "yolo", "yolo")
    sentence = studied.result.verdict.sentence
    assert "YOLO is ahead on clean images, the classical pipeline from noise 3 on" in sentence
    assert "corrected for 16 comparisons" in sentence
    assert "YOLO is surely ahead of the classical pipeline in 13 of 15 conditions" in sentence


def test_every_condition_has_its_figure_beside_that_of_clean_images(studied):
    rows = {(row.pipeline, row.corruption, row.severity): row for row in studied.result.cells}
    assert len(rows) == 2 * 16
    assert rows["yolo", "clean", 0].value == pytest.approx(1.0)
    assert rows["yolo", "gaussian_noise", 1].of_clean == pytest.approx(1.0)
    assert rows["yolo", "gaussian_noise", 3].value == 0
    steady = {row.value for row in rows.values() if row.pipeline == "classical"}
    assert len(steady) == 1
    assert 0 < steady.pop() < 0.7


def test_the_mean_of_worse_images_is_a_share_of_clean_ones(studied):
    means = studied.result.mean_of_clean
    assert means["yolo"][0] == pytest.approx(1 - 2 / 15)
    assert means["classical"][0] == pytest.approx(1.0)
    assert studied.result.verdict.favours == "yolo"
    assert studied.result.verdict.answers["yolo"].startswith("keeps 0.867")


def test_names_divide_the_test_images_without_a_further_detection(studied):
    rows = {row.name: row for row in studied.result.slices}
    assert rows["name: right"].images == ON_THE_RIGHT
    assert rows["name: right"].values == {"classical": 0.0, "yolo": pytest.approx(1.0)}
    ahead = {each.where: each.ahead for each in studied.result.slice_comparisons}
    assert ahead["name: right"] == "yolo"
    assert ahead["name: left"] == "neither"


def test_tables_and_plot_are_made_of_it(studied):
    result = axis_result(studied.result, Cells(studied.folder), 30.0)
    conditions, slices = result.tables
    assert conditions.startswith("mAP@.50 against severity")
    assert [row["condition"] for row in result.tables[conditions]][:3] == [
        "clean",
        "noise 1",
        "noise 3",
    ]
    noisy = result.tables[conditions][2]["classical − yolo"]
    assert noisy.endswith("classical ahead")
    assert slices.startswith("mAP@.50 on parts of the test images")
    assert "tables" not in result.figures
    assert json.dumps(plain(result))
    draw(studied.result).canvas.draw()


def test_what_was_measured_is_not_measured_again(studied, images):
    again = Subject(images)
    result = study(again, Cells(studied.folder))
    assert again.detector.calls == IMAGES  # `found` alone, which a run has in a file
    assert result.flips == studied.result.flips


def test_what_there_is_no_time_for_is_left_out_by_name(images, tmp_path):
    cells = Cells(tmp_path, seconds=0.0)
    result = study(Subject(images), cells)
    assert len(cells.left_out) == 16
    assert result.flips == ()
    assert result.verdict.favours == "neither"
    assert "No condition was measured" in result.verdict.sentence
    assert set(result.verdict.answers.values()) == {"not measured"}
    draw(result).canvas.draw()


def test_one_contender_alone_has_its_curves_and_no_rival(images, tmp_path):
    subject = Subject(images[:10])
    subject.toys = {"classical": Steady()}
    subject.figures = {"classical": subject.figures["classical"]}
    subject.contenders = subject.contenders[:1]
    result = study(subject, Cells(tmp_path))
    assert result.verdict.favours == "neither"
    assert "no other contender" in result.verdict.sentence
    assert result.comparisons == ()
    draw(result).canvas.draw()


def test_a_set_without_objects_has_no_figures(images, tmp_path):
    bare = [LabelledImage(each.name, each.path, 64, 64, Annotations()) for each in images[:6]]
    result = study(Subject(bare), Cells(tmp_path))
    assert result.comparisons == ()
    assert set(result.verdict.answers.values()) == {"not measured"}
    draw(result).canvas.draw()
