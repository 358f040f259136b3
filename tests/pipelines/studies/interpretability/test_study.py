import numpy as np
import pytest
from PIL import Image

from datasets.annotations import Annotations, LabelledImage
from pipelines.detections import Detections
from pipelines.studies.interpretability.explainers import Explainer, found_by_both
from pipelines.studies.interpretability.explaining import (
    RANDOM,
    RANDOM_WITHIN,
    Explained,
    explained,
)
from pipelines.studies.interpretability.saliency import Target
from pipelines.studies.interpretability.study import concluded, draw

BOX = [8.0, 8, 40, 40]


def test_detections_of_the_same_object_are_paired_once_surest_first():
    apart = [60.0, 60, 90, 90]
    classical = Detections([BOX, apart, [9, 8, 40, 40]], [0.9, 0.95, 0.5], [0, 1, 0])
    yolo = Detections([[10, 8, 40, 42], apart], [0.8, 0.9], [0, 1])
    pairs = found_by_both(classical, yolo)
    assert [(first.label, second.label) for first, second in pairs] == [(1, 1), (0, 0)]
    np.testing.assert_array_equal(pairs[1][0].box, BOX)
    other_class = Detections(yolo.boxes, yolo.scores, 1 - yolo.labels)
    assert found_by_both(classical, other_class) == []
    assert found_by_both(classical, Detections()) == []


class Toy:
    """Finds the cat by the colour of one corner of it."""

    def __init__(self, image):
        self.wanted = image[8:16, 8:16].astype(int)

    def detect(self, image):
        apart = np.abs(image[8:16, 8:16].astype(int) - self.wanted).max(axis=2)
        return Detections([BOX], [max(float((apart < 30).mean()), 1e-6)], [0])


def own(image, target):
    del target
    exact = np.zeros(image.shape[:2])
    exact[8:16, 8:16] = 1.0
    return exact


def test_every_method_and_chance_have_a_row_each_pipeline(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    path = tmp_path / "toy.png"
    Image.fromarray(pixels).save(path)
    image = LabelledImage("toy.png", path, 64, 64, Annotations([BOX], [0]))
    explainers = {name: Explainer(Toy(pixels), "own", own) for name in ("classical", "yolo")}
    target = Target(np.array(BOX), 0)
    rows = explained(explainers, image, [(target, target)], masks=64, seed=0)
    assert [row.method for row in rows] == 2 * ["D-RISE", "own", RANDOM, RANDOM_WITHIN]
    by_method = {row.method: row for row in rows[:4]}
    assert by_method["own"].points
    assert by_method["own"].agreement == pytest.approx(1.0)
    assert by_method["own"].deletion < by_method[RANDOM_WITHIN].deletion
    assert by_method["own"].deletion < by_method["D-RISE"].deletion < by_method[RANDOM].deletion


def row(pipeline, deletion, insertion, method="D-RISE"):
    return Explained("a.png", pipeline, method, deletion, insertion, True, 0.5)


def test_the_more_faithful_one_is_favoured():
    rows = [row("classical", 0.2 + 0.01 * n, 0.9) for n in range(10)]
    rows += [row("yolo", 0.6 + 0.01 * n, 0.5) for n in range(10)]
    told = concluded(rows, 256, seed=0)
    assert told.verdict.favours == "classical"
    assert told.summary["yolo"]["D-RISE"]["deletion"] == pytest.approx(0.645)
    assert "over 10 detections" in told.verdict.sentence
    draw(told).canvas.draw()


def test_few_detections_favour_nobody():
    rows = [row(name, 0.1 if name == "yolo" else 0.9, 0.9) for name in ("classical", "yolo")]
    told = concluded(rows * 4, 256, seed=0)
    assert told.verdict.favours == "neither"
    assert concluded(rows * 5, 256, seed=0).verdict.favours == "yolo"


def test_without_a_shared_detection_nothing_is_told():
    told = concluded([], 256, seed=0)
    assert told.verdict.favours == "neither"
    assert told.verdict.classical == "no detection that both have"
    draw(told).canvas.draw()
