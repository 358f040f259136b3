from msgspec import structs
from toy_run import CLASSES, decision_of, toy_metrics

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.cascade import Cascade
from pipelines.evaluation.cost_figures import Estimate
from pipelines.evaluation.costs import Costs, Judged
from pipelines.evaluation.report_card import EvaluationImages, judge
from pipelines.report.decision import chosen_by, decision_rows, mixture_sentence, page_data
from pipelines.runs.decision import MixtureCosts

BOX, FAR = [0.0, 0, 10, 10], [50.0, 0, 60, 10]
TRUTH = [Annotations([BOX, FAR], [0, 0]) for _ in range(12)]
FOUND = {
    "yolo": [Detections([BOX, FAR], [0.9, 0.8], [0, 0])] * 12,
    "mine": [Detections([BOX], [0.9], [0])] * 12,
}


def metrics(costs=None, decided=True):
    qualities = {
        name: judge(EvaluationImages(TRUTH, CLASSES), each).quality for name, each in FOUND.items()
    }
    decision = decision_of(TRUTH, FOUND, costs) if decided else None
    return toy_metrics(qualities, {}, 12, decision=decision)


def test_the_table_has_figures_of_contenders_and_dashes_for_others():
    rows = {row.name: row.texts for row in decision_rows(metrics(Costs(10, 1, 0)))}
    assert rows["threshold"]["yolo"] == ("0.4", "")
    assert rows["missed"]["yolo"][0] == "0.0"
    assert rows["missed"]["yolo"][1].startswith("0.0 to ")
    assert rows["cost"]["yolo"][0] == "0.0"
    assert {texts["mine"] for texts in rows.values()} == {("–", "")}
    assert decision_rows(metrics(decided=False)) == []
    assert {row.name: row.texts for row in decision_rows(metrics())}["cost"]["yolo"] == ("–", "")


def test_it_is_said_what_thresholds_were_chosen_by():
    assert chosen_by(metrics(decided=False)) == "best for F1"
    assert chosen_by(metrics()) == "best for F1 on the validation split"
    said = chosen_by(metrics(Costs(10, 1, 0.5)))
    assert "missed costs 10, a false alarm 1 and a second 0.5" in said


def test_two_in_turns_are_a_sentence_with_whether_it_pays():
    shown = metrics(Costs(10, 1, 0))
    assert mixture_sentence(shown) == ""
    figures = shown.decision.detectors["yolo"].figures
    cascade = Cascade("yolo", "classical", 0.25, 1.0)
    for alone, words in ((2.0, "the cheapest on validation"), (0.5, "no cheaper than one alone")):
        mixture = MixtureCosts(cascade, Estimate(250.0), alone, figures)
        decision = structs.replace(shown.decision, mixture=mixture)
        text = mixture_sentence(structs.replace(shown, decision=decision))
        assert "YOLO in all images and the classical pipeline in the 250 of 1,000" in text
        assert words in text


def test_the_page_gets_the_corners_of_all_thresholds_with_what_they_miss_in_test_images():
    tested = {
        "yolo": Judged.of(
            [*TRUTH, *TRUTH], [*FOUND["yolo"], *[Detections([FAR, BOX], [0.9, 0.8], [0, 1])] * 12]
        )
    }
    data = page_data(metrics(Costs(10, 1, 0.5)).decision, tested)
    assert data["second_cost"] == 0.5
    assert data["images"] == 24
    assert data["costs"] == {"miss": 10.0, "false_alarm": 1.0, "second": 0.5}
    yolo = data["detectors"]["yolo"]
    assert yolo["validation"][1:] == [[0, 0]]
    assert yolo["trade_offs"][0][1:] == [48, 0]
    assert yolo["trade_offs"][1:] == [[0.4, 12, 12]]
    assert yolo["best_f1"] == [0.4, 12, 12]
    assert page_data(metrics().decision, tested)["costs"] is None
