from dataclasses import replace

import msgspec
import numpy as np
import pytest
from toy_audit import NAMES, audited

from datasets.annotations import Annotations
from datasets.boxes import as_boxes, iou
from datasets.errors import UserError
from pipelines.audit.effect import FIGURES, effect_on, read_effect, write_effect
from pipelines.audit.ignoring import ignoring
from pipelines.audit.suspicion import Decisions
from pipelines.detections import Detections
from pipelines.evaluation.quality import score
from pipelines.evaluation.report_card import EvaluationImages, judge, judge_trainings
from pipelines.runs.finished import further_detections
from pipelines.runs.metrics import METRICS, Trainings


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    return audited(tmp_path_factory.mktemp("audited"))


@pytest.fixture(scope="module")
def ignored(given):
    return effect_on(given.run, given.audit)


def accepting(given, *ids, rejected=()):
    decisions = Decisions(given.audit.split_sha256, ids, tuple(rejected))
    return effect_on(given.run, given.audit, decisions)


def test_todays_figures_are_the_runs_own(given, ignored):
    for name in NAMES:
        quality = given.run.metrics.pipelines[name].quality
        for figure in FIGURES:
            each = ignored.figures[name][figure]
            assert each.today == pytest.approx(getattr(quality, figure), abs=1e-12)
            assert each.today_95 == pytest.approx(quality.interval_95[figure], abs=1e-9)


def test_an_object_that_was_not_labelled_is_found_once_it_is(given):
    effect = accepting(given, "missing-test-0")
    assert (effect.basis, effect.suspicions) == ("accepted", 1)
    test = given.dataset.splits["test"]
    suspected = given.audit.suspicions[0]
    truth = [image.annotations for image in test]
    new = [*truth[0].boxes, suspected.proposed_box], [*truth[0].labels, suspected.proposed]
    corrected = [Annotations(*new), *truth[1:]]
    for name in NAMES:
        expected = score(corrected, given.found[name]["test"], given.dataset.classes)
        for figure in FIGURES:
            each = effect.figures[name][figure]
            assert each.then == pytest.approx(getattr(expected, figure), abs=1e-12)
            assert each.then > each.today
            assert each.more.difference == pytest.approx(each.then - each.today)
            low, high = each.then_95
            assert low < each.then < high


def test_ignored_places_count_as_if_neither_labels_nor_detections_were_there(given, ignored):
    """But for detections that find another object: they are as right as they were."""
    test, suspected = given.dataset.splits["test"], given.audit.suspicions
    assert (ignored.basis, ignored.suspicions) == ("ignored", 4)
    for name in NAMES:
        truth = [image.annotations for image in test]
        found = list(given.found[name]["test"])
        for each in [each for each in suspected if each.split == "test"]:
            labels = truth[each.image]
            keep = np.arange(len(labels)) != each.object
            truth[each.image] = Annotations(labels.boxes[keep], labels.labels[keep])
            for box, label in (
                (each.label_box, each.label),
                (each.proposed_box or each.label_box, each.proposed),
            ):
                if box is not None and label is not None:
                    near = iou(found[each.image].boxes, as_boxes([box]))[:, 0] >= 0.5
                    stays = ~(near & (found[each.image].labels == label))
                    found[each.image] = Detections(
                        found[each.image].boxes[stays],
                        found[each.image].scores[stays],
                        found[each.image].labels[stays],
                    )
        expected = score(truth, found, given.dataset.classes)
        for figure in FIGURES:
            then = ignored.figures[name][figure].then
            assert then == pytest.approx(getattr(expected, figure), abs=1e-12)
            assert then != ignored.figures[name][figure].today


def test_an_ignored_place_reaches_around_what_matches_it_and_no_further(given):
    each = given.audit.suspicions[0]
    left, top, right, bottom = each.proposed_box
    found = [
        Detections([[left - 2, top, right, bottom]], [0.9], [each.proposed]),
        Detections([[left, top, right + 3, bottom]], [0.4], [each.proposed]),
        Detections([[left, top - 9, right, bottom]], [0.9], [each.proposed + 1]),
        Detections([[left - 40, top, right, bottom]], [0.9], [each.proposed]),
    ]
    made = ignoring(Annotations(), [each], found)
    assert made.boxes.tolist() == [[left - 2, top, right + 3, bottom]]
    assert (made.labels.tolist(), made.ignore.tolist()) == ([each.proposed], [True])


def test_what_is_rejected_or_not_decided_changes_nothing(given):
    effect = accepting(given, rejected=["missing-test-0"])
    assert (effect.basis, effect.suspicions) == ("accepted", 0)
    for figures in effect.figures.values():
        for each in figures.values():
            assert each.then == each.today
            assert each.then_95 == each.today_95
            assert each.more.difference == 0
    named = {key: each["map_50"].difference for key, each in effect.comparison.items()}
    today = given.run.metrics.comparison
    assert named == {key: pytest.approx(today[key]["map_50"].difference) for key in today}


def test_no_decision_at_all_is_as_before_any(given, ignored):
    assert accepting(given) == ignored


def test_what_is_likelier_right_than_wrong_is_not_ignored(given, ignored):
    every = given.audit.suspicions
    doubted = (*every[:1], *(msgspec.structs.replace(each, probability=0.4) for each in every[1:]))
    effect = effect_on(given.run, msgspec.structs.replace(given.audit, suspicions=doubted))
    assert effect.suspicions == 1
    assert effect.figures != ignored.figures


def test_suspicions_of_validation_change_no_figure_of_the_test_split(given):
    effect = accepting(given, "doubled-val-0", "missing-val-1")
    assert effect.suspicions == 0
    assert all(e.then == e.today for each in effect.figures.values() for e in each.values())


def test_it_holds_every_training_of_a_contender(tmp_path):
    given = audited(tmp_path, trainings=3)
    metrics = given.run.metrics
    test = given.dataset.splits["test"]
    truth = [image.annotations for image in test]
    images = EvaluationImages(truth, metrics.dataset.classes, groups=[im.group for im in test])
    trainings = Trainings((0, 1, 2), (1.0, 1.0, 1.0), {"map_50": (0.5, 0.5, 0.5)})
    pipelines = {
        name: msgspec.structs.replace(each, trainings=trainings)
        for name, each in metrics.pipelines.items()
    }
    run = replace(given.run, metrics=msgspec.structs.replace(metrics, pipelines=pipelines))
    effect = effect_on(run, given.audit)
    for name in NAMES:
        first = judge(images, given.found[name]["test"])
        others = further_detections(run.folder, name, run.metrics.pipelines[name], len(truth))
        assert len(others) == 2
        mean = judge_trainings(images, first, others, name).quality
        each = effect.figures[name]["map_50"]
        assert each.today == pytest.approx(mean.map_50, abs=1e-12)
        assert each.today_95 == pytest.approx(mean.interval_95["map_50"], abs=1e-9)
        assert each.today != first.quality.map_50


def test_it_comes_back_as_it_was_written_and_touches_nothing_else(tmp_path, given, ignored):
    before = (given.run.folder / METRICS).read_bytes()
    assert read_effect(tmp_path) is None
    write_effect(tmp_path, ignored)
    assert read_effect(tmp_path) == ignored
    assert [each.name for each in tmp_path.iterdir()] == ["effect.json"]
    assert (given.run.folder / METRICS).read_bytes() == before


def test_an_audit_of_another_set_is_refused(given):
    other = msgspec.structs.replace(given.audit, split_sha256="other")
    with pytest.raises(UserError, match="the audit is of another run"):
        effect_on(given.run, other)


def test_a_broken_file_is_refused_with_a_sentence(tmp_path):
    (tmp_path / "effect.json").write_text('{"basis": "guessed"}')
    with pytest.raises(UserError, match=r"effect\.json: can't be read"):
        read_effect(tmp_path)
