from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from datasets.annotations import Annotations, LabelledImage
from datasets.progress import silently
from pipelines.detections import Detections
from pipelines.studies.interpretability.explain_image import (
    chosen_targets,
    draw_explanations,
    explain_image,
)
from pipelines.studies.interpretability.explainers import Explainer, shared_detections
from pipelines.studies.interpretability.explaining import (
    RANDOM,
    RANDOM_WITHIN,
    ExplanationRow,
    explanation_rows,
)
from pipelines.studies.interpretability.saliency import DetectedBox
from pipelines.studies.interpretability.study import concluded, draw

BOX = [8.0, 8, 40, 40]
APART = [60.0, 60, 90, 90]
PIXELS = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
BOTH = ("classical", "yolo")


def test_detections_of_the_same_object_are_paired_once_surest_first():
    first = Detections([BOX, APART, [9, 8, 40, 40]], [0.9, 0.95, 0.5], [0, 1, 0])
    second = Detections([[10, 8, 40, 42], APART], [0.8, 0.9], [0, 1])
    pairs = shared_detections([first, second])
    assert [(one.label, other.label) for one, other in pairs] == [(1, 1), (0, 0)]
    np.testing.assert_array_equal(pairs[1][0].box, BOX)
    other_class = Detections(second.boxes, second.scores, 1 - second.labels)
    assert shared_detections([first, other_class]) == []
    assert shared_detections([first, Detections()]) == []


def test_an_object_is_shared_when_every_contender_has_it():
    first = Detections([BOX, APART], [0.9, 0.8], [0, 1])
    second = Detections([APART, BOX], [0.7, 0.6], [1, 0])
    third = Detections([[9, 8, 40, 40]], [0.5], [0])
    assert [[each.label for each in row] for row in shared_detections([first, second, third])] == [
        [0, 0, 0]
    ]
    assert [row[0].label for row in shared_detections([first])] == [0, 1]


def test_without_a_shared_detection_the_best_of_any_is_explained_for_each():
    found = {"a": Detections([BOX], [0.4], [0]), "b": Detections([APART], [0.6], [0])}
    targets = chosen_targets(found)
    assert [each.box.tolist() for each in targets.values()] == [APART, APART]
    assert chosen_targets({"a": Detections(), "b": Detections()}) == {}


class Toy:
    """Finds the cat by the colour of one corner of it."""

    def __init__(self, image):
        self.wanted = image[8:16, 8:16].astype(int)

    def detect(self, image):
        apart = np.abs(image[8:16, 8:16].astype(int) - self.wanted).max(axis=2)
        return Detections([BOX], [max(float((apart < 30).mean()), 1e-6)], [0])


def own(image, box, label):
    del box, label
    exact = np.zeros(image.shape[:2])
    exact[8:16, 8:16] = 1.0
    return exact


EXPLAINER = Explainer(Toy(PIXELS), 0.5, {"own": own})


def test_every_method_and_chance_have_a_row_each_pipeline(tmp_path):
    path = tmp_path / "toy.png"
    Image.fromarray(PIXELS).save(path)
    image = LabelledImage("toy.png", path, 64, 64, Annotations([BOX], [0]))
    target = DetectedBox(np.array(BOX), 0)
    explainers = dict.fromkeys(BOTH, EXPLAINER)
    rows = explanation_rows(explainers, image, [(target, target)], masks=64, seed=0)
    assert [row.method for row in rows] == 2 * ["D-RISE", "own", RANDOM, RANDOM_WITHIN]
    by_method = {row.method: row for row in rows[:4]}
    assert by_method["own"].points
    assert by_method["own"].agreement == pytest.approx(1.0)
    assert by_method["own"].deletion < by_method[RANDOM_WITHIN].deletion
    assert by_method["own"].deletion < by_method["D-RISE"].deletion < by_method[RANDOM].deletion


def test_a_contender_without_a_method_of_its_own_is_explained_by_drise_alone():
    explainers = {"classical": EXPLAINER, "toy": replace(EXPLAINER, own={})}
    explained = explain_image(explainers, PIXELS, 16, 0, silently)
    assert [list(each.explanations) for each in explained] == [["D-RISE", "own"], ["D-RISE"]]
    assert explained[1].score == pytest.approx(1.0)
    draw_explanations(PIXELS, explained, ["cat"]).canvas.draw()


def row(pipeline, deletion, insertion, image=0):
    return ExplanationRow(f"{image}.png", pipeline, "D-RISE", deletion, insertion, True, 0.5)


def test_the_more_faithful_one_is_favoured():
    rows = [row("classical", 0.2 + 0.01 * n, 0.9, n // 2) for n in range(10)]
    rows += [row("yolo", 0.6 + 0.01 * n, 0.5, n // 2) for n in range(10)]
    result = concluded(BOTH, rows, 256, seed=0)
    assert result.verdict.favours == "classical"
    assert result.summary["yolo"]["D-RISE"].deletion == pytest.approx(0.645)
    assert "over 10 detections both have in 5 images" in result.verdict.sentence
    draw(result).canvas.draw()


def test_three_contenders_are_answered_for():
    rows = [
        row(name, 0.1 * n, 0.9, image)
        for n, name in enumerate((*BOTH, "toy"))
        for image in range(40)
    ]
    result = concluded((*BOTH, "toy"), rows, 256, seed=0)
    assert result.verdict.favours == "classical"
    assert result.verdict.answers["toy"].startswith("0.700")
    assert "all have" in result.verdict.sentence
    draw(result).canvas.draw()


def test_few_images_favour_nobody_however_many_detections_they_have():
    def favoured(images):
        rows = [
            row(name, 0.1 if name == "yolo" else 0.9, 0.9, image)
            for name in BOTH
            for image in range(images)
            for _ in range(2)
        ]
        return concluded(BOTH, rows, 256, seed=0).verdict.favours

    assert favoured(4) == "neither"
    assert favoured(5) == "yolo"


def test_detections_of_one_image_count_as_one_sample():
    """In three of six images one is more faithful, in three the other, with two objects each."""
    noise = np.random.default_rng(0).normal(0, 0.01, 12)
    ahead = [0.3 if n < 6 else -0.2 for n in range(12)]
    rows = [row("classical", 0.4, 0.6, n // 2) for n in range(12)]
    once = [
        *rows,
        *(
            row("yolo", 0.4, 0.6 + a + e, n // 2)
            for n, (a, e) in enumerate(zip(ahead, noise, strict=True))
        ),
    ]
    doubled = [each for each in once for _ in range(4)]
    one, four = (concluded(BOTH, each, 256, seed=0).verdict for each in (once, doubled))
    assert one.sureness == four.sureness
    assert one.favours == four.favours == "neither"
    assert one.answers == four.answers


def test_scores_of_another_scale_change_no_figure(tmp_path):
    class Half(Toy):
        def detect(self, image):
            whole = super().detect(image)
            return Detections(whole.boxes, 0.5 * whole.scores, whole.labels)

    path = tmp_path / "toy.png"
    Image.fromarray(PIXELS).save(path)
    image = LabelledImage("toy.png", path, 64, 64, Annotations([BOX], [0]))
    target = DetectedBox(np.array(BOX), 0)
    explainers = {"classical": EXPLAINER, "yolo": replace(EXPLAINER, detector=Half(PIXELS))}
    rows = explanation_rows(explainers, image, [(target, target)], masks=16, seed=0)
    whole, half = rows[: len(rows) // 2], rows[len(rows) // 2 :]
    for one, other in zip(whole[:2], half[:2], strict=True):  # chance is drawn anew
        assert (one.deletion, one.insertion) == pytest.approx((other.deletion, other.insertion))


def test_without_a_shared_detection_nobody_is_favoured():
    result = concluded(BOTH, [], 256, seed=0)
    assert result.verdict.favours == "neither"
    assert result.verdict.answers["classical"] == "no detection that both have"
    draw(result).canvas.draw()
