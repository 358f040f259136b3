import pytest

from datasets.images import load_image
from datasets.progress import silently
from pipelines.evaluation.quality import score
from pipelines.studies.approach.oracles import oracles_of, recorded, replayed
from pipelines.studies.approach.study import concluded, with_oracles

CAT = (16, 16, 40, 40)
BESIDE = (24, 16, 52, 40)  # IoU 0.44 with the cat
NEARLY = (16, 16, 40, 30)  # IoU 0.58
FLAWS = {
    "localisation": ([BESIDE], [0], [0.9]),
    "classification": ([CAT], [1], [0.9]),
    "nms": ([NEARLY, CAT], [0, 0], [0.9, 0.5]),
}


def figures(detector, images):
    found = with_oracles(detector, images, oracles_of(detector), silently, "toy")
    truth = [image.annotations for image in images]
    return {name: score(truth, each, ("cat", "dog")).map_50_95 for name, each in found.items()}


@pytest.mark.parametrize("flaw", FLAWS)
def test_the_oracle_of_the_part_that_is_wrong_mends_everything(toy_yolo, toy_images, flaw):
    told = figures(toy_yolo(*FLAWS[flaw]), toy_images)
    assert told["none"] < 0.65
    assert told[flaw] == pytest.approx(1.0)


def test_an_oracle_of_another_part_does_not_mend_a_wrong_class(toy_yolo, toy_images):
    told = figures(toy_yolo(*FLAWS["classification"]), toy_images)
    assert told["localisation"] == told["nms"] == told["none"] == 0


def test_perfect_nms_leaves_what_is_on_no_object_as_it_was(toy_yolo, toy_images):
    detector = toy_yolo([CAT, (48, 48, 62, 62)], [0, 0], [0.5, 0.9])
    told = figures(detector, toy_images)
    assert told["nms"] == pytest.approx(told["none"]) == pytest.approx(0.5)


def test_the_weakest_part_is_named_and_the_better_pipeline_favoured(toy_yolo, toy_images):
    truth = [image.annotations for image in toy_images]
    found = {}
    answers = {"classical": FLAWS["classification"], "yolo": ([NEARLY], [0], [0.9])}
    for name, answer in answers.items():
        detector = toy_yolo(*answer)
        found[name] = with_oracles(detector, toy_images, oracles_of(detector), silently, name)
    told = concluded(found, truth, ("cat", "dog"), seed=0)
    assert told.weakest == {
        "classical": ("classification", 1.0),
        "yolo": ("localisation", 1.0),
    }
    assert told.verdict.favours == "yolo"
    assert told.verdict.sureness.startswith("sure: 100.0 %")
    rows = {(row.pipeline, row.oracle): row for row in told.cells}
    assert rows["classical", "classification"].gain == pytest.approx(1.0)
    assert rows["classical", "localisation"].gain == pytest.approx(0.0)


def test_true_proposals_and_true_classes_reach_the_classical_parts(classical, small_sample):
    oracles = {oracle.name: oracle for oracle in oracles_of(classical)}
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
    told = {n: score(truth, each, classical.classes).map_50 for n, each in found.items()}
    assert told["classification"] > told["none"] + 0.1
    assert told["localisation"] > told["none"]
    assert told["nms"] >= told["none"] - 1e-9
