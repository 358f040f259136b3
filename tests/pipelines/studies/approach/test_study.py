import numpy as np
import pytest

from datasets.annotations import Annotations
from datasets.images import load_image
from datasets.progress import silently
from pipelines.classical.oracles import oracles_of as classical_oracles
from pipelines.detections import Detections, recorded
from pipelines.evaluation.oracles import replayed
from pipelines.evaluation.quality import score
from pipelines.postprocessing.calibration import Calibration
from pipelines.studies.approach.study import concluded, draw, with_oracles
from pipelines.yolo.oracles import oracles_of

CAT = (16, 16, 40, 40)
BESIDE = (24, 16, 52, 40)  # IoU 0.44 with the cat
NEARLY = (16, 16, 40, 30)  # IoU 0.58
FLAWS = {
    "localisation": ([BESIDE], [0], [0.9]),
    "classification": ([CAT], [1], [0.9]),
    "nms": ([NEARLY, CAT], [0, 0], [0.9, 0.5]),
}


class Opaque:
    """A detector without stages."""

    def __init__(self, detector):
        self.detect = detector.detect


def figures(detector, images):
    found = with_oracles(detector, images, oracles_of(detector), silently, "toy")
    truth = [image.annotations for image in images]
    return {name: score(truth, each, ("cat", "dog")).map_50_95 for name, each in found.items()}


def studied(detectors, images):
    """The study of detectors by name; those without stages have no oracles."""
    images, found = 4 * images, {}  # enough to be sure of what all of them agree on
    for name, detector in detectors.items():
        oracles = () if isinstance(detector, Opaque) else oracles_of(detector)
        found[name] = with_oracles(detector, images, oracles, silently, name)
    return concluded(found, [image.annotations for image in images], ("cat", "dog"), seed=0)


@pytest.mark.parametrize("flaw", FLAWS)
def test_the_oracle_of_the_part_that_is_wrong_repairs_everything(toy_yolo, toy_images, flaw):
    by_oracle = figures(toy_yolo(*FLAWS[flaw]), toy_images)
    assert by_oracle["none"] < 0.65
    assert by_oracle[flaw] == pytest.approx(1.0)


def test_an_oracle_of_another_part_does_not_repair_a_wrong_class(toy_yolo, toy_images):
    by_oracle = figures(toy_yolo(*FLAWS["classification"]), toy_images)
    assert by_oracle["localisation"] == by_oracle["nms"] == by_oracle["none"] == 0


def test_perfect_nms_leaves_what_is_on_no_object_as_it_was(toy_yolo, toy_images):
    by_oracle = figures(toy_yolo([CAT, (48, 48, 62, 62)], [0, 0], [0.5, 0.9]), toy_images)
    assert by_oracle["nms"] == pytest.approx(by_oracle["none"]) == pytest.approx(0.5)


@pytest.mark.parametrize("flaw", FLAWS)
def test_oracles_gain_the_same_where_scores_are_calibrated(toy_yolo, toy_images, flaw):
    boxes, labels, scores = FLAWS[flaw]
    plain = toy_yolo([*boxes, (48, 48, 62, 62)], [*labels, 0], [*scores, 0.7])
    calibrated = plain.calibrated(Calibration(0.5, -2.0))
    assert figures(calibrated, toy_images) == figures(plain, toy_images)


def test_the_weakest_part_is_named_and_the_better_contender_favoured(toy_yolo, toy_images):
    detectors = {
        "classical": toy_yolo(*FLAWS["classification"]),
        "yolo": toy_yolo([NEARLY], [0], [0.9]),
    }
    study = studied(detectors, toy_images)
    assert study.weakest["classical"] == study.weakest_50_95["classical"] == ("classification", 1.0)
    assert study.weakest_50_95["yolo"] == ("localisation", 1.0)
    assert study.verdict.favours == "yolo"
    assert study.verdict.sureness.startswith("sure")
    rows = {(row.pipeline, row.oracle): row for row in study.cells}
    assert rows["classical", "classification"].gain == pytest.approx(1.0)
    assert rows["classical", "localisation"].gain == pytest.approx(0.0)


def test_loose_boxes_do_not_outweigh_wrong_classes():
    """Three of ten objects have the wrong class, and all boxes an IoU of 0.65."""
    cat = np.array([[0.0, 0, 100, 100]])
    truth = [Annotations(cat, [0])] * 10

    def found(width, wrong):
        box = [[0.0, 0, width, 100]]
        return [Detections(box, [0.9], [int(number < wrong)]) for number in range(10)]

    by_oracle = {
        "none": found(65, 3),
        "classification": found(65, 0),
        "localisation": found(100, 3),
    }
    study = concluded({"yolo": by_oracle}, truth, ("cat", "dog"), seed=0)
    assert study.weakest["yolo"][0] == "classification"
    assert study.weakest_50_95["yolo"][0] == "localisation"
    rows = {row.oracle: row for row in study.cells}
    assert rows["classification"].gain == pytest.approx(0.3, abs=0.01)
    assert rows["localisation"].gain == 0
    assert rows["localisation"].gain_50_95 == pytest.approx(0.42, abs=0.01)
    sentence = study.verdict.sentence
    assert "most mAP@.50 from perfect classification, +0.3" in sentence
    assert "most mAP@[.50:.95] from perfect localisation, +0.4" in sentence
    draw(study).canvas.draw()


def test_a_contender_without_stages_is_compared_as_it_is_alone(toy_yolo, toy_images):
    detectors = {
        "classical": toy_yolo(*FLAWS["classification"]),
        "yolo": toy_yolo([BESIDE], [0], [0.9]),
        "toy": Opaque(toy_yolo([CAT], [0], [0.9])),
    }
    study = studied(detectors, toy_images)
    assert [row.oracle for row in study.cells if row.pipeline == "toy"] == ["none"]
    assert set(study.weakest) == {"classical", "yolo"}
    assert study.verdict.favours == "toy"
    assert study.verdict.answers["toy"] == "mAP@.50 1.000 [0.858 1.000]"
    draw(study).canvas.draw()
    alone = studied({"toy": detectors["toy"]}, toy_images)
    assert alone.verdict.favours == "neither"
    draw(alone).canvas.draw()


def test_true_proposals_and_true_classes_reach_the_classical_parts(classical, small_sample):
    oracles = {oracle.name: oracle for oracle in classical_oracles(classical)}
    assert list(oracles) == ["proposals", "classification", "localisation", "nms"]
    images = small_sample.splits["test"][:6]
    truth = [image.annotations for image in images]
    found = {name: [] for name in ("none", *oracles)}
    for image in images:
        values = recorded(classical.stages, load_image(image.path))
        found["none"].append(values[-1])
        for name, oracle in oracles.items():
            found[name].append(replayed(classical.stages, values, image.annotations, oracle))
        assert len(found["proposals"][-1].boxes) <= len(image.annotations) * len(classical.classes)
        assert set(found["classification"][-1].labels) <= set(image.annotations.labels)
    by_oracle = {n: score(truth, each, classical.classes).map_50 for n, each in found.items()}
    assert by_oracle["classification"] > by_oracle["none"] + 0.1
    assert by_oracle["localisation"] > by_oracle["none"]
    assert by_oracle["nms"] >= by_oracle["none"] - 1e-9
