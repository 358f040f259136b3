from dataclasses import replace

import numpy as np
import pytest

from datasets.annotations import Annotations, Dataset, LabelledImage
from pipelines.benchmark.decide import chosen_threshold, decide, given_costs
from pipelines.detections import Detections
from pipelines.evaluation.costs import Judged
from pipelines.evaluation.timing import Latency
from pipelines.runs.decision import Decision
from pipelines.runs.detection_files import write_detections
from pipelines.runs.folder import SPLIT_FOLDERS
from pipelines.settings import DecisionSettings, RunSettings

NAMES = ("classical", "yolo")
IMAGES = 40
HIT, MISS = [0, 0, 10, 10], [30, 30, 40, 40]


def latency(milliseconds):
    calls = (milliseconds,) * 3
    return Latency(milliseconds, 0.0, 0.0, milliseconds, 3, 0, milliseconds, {}, calls)


def answers(images, hard, sure):
    """All easy objects are found; of the hard ones none, or all by who is ``sure``."""
    found = []
    for place in range(images):
        if sure or place not in hard:
            found.append(Detections([HIT, MISS], [0.95, 0.05], [0, 0]))
        else:
            found.append(Detections([[*HIT[:2], 4, 4], MISS], [0.45, 0.05], [0, 0]))
    return found


@pytest.fixture
def decided(tmp_path):
    truth = Annotations([HIT], [0])
    images = {
        split: tuple(
            LabelledImage(f"{split}{n}.png", tmp_path / "x.png", 50, 50, truth)
            for n in range(IMAGES)
        )
        for split in ("train", "val", "test")
    }
    dataset = Dataset("set", "voc", ("cat",), images, (), "", ())
    hard = set(range(0, IMAGES, 4))
    for place in SPLIT_FOLDERS.values():
        write_detections(tmp_path / place, "classical", answers(IMAGES, hard, sure=False))
        write_detections(tmp_path / place, "yolo", answers(IMAGES, hard, sure=True))

    def decide_by(**costs):
        settings = RunSettings(pipelines=NAMES, decision=DecisionSettings(**costs))
        val = {name: answers(IMAGES, hard, sure=name == "yolo") for name in NAMES}
        thresholds = {
            name: chosen_threshold([truth] * IMAGES, each, given_costs(settings)).threshold
            for name, each in val.items()
        }
        times = {"classical": latency(1.0), "yolo": latency(100.0)}
        return decide(dataset, settings, tmp_path, times, thresholds)

    return decide_by


def test_without_costs_there_are_figures_at_the_best_f1(decided):
    made = decided()
    assert (made.costs, made.mixture, made.saved) == (None, None, {})
    one = made.detectors["classical"]
    assert one.threshold == one.best_f1 == pytest.approx(0.7)
    assert one.figures.missed.value == pytest.approx(250)
    assert one.figures.false_alarms.value == 0
    assert one.figures.hours.value == pytest.approx(1 / 3600)
    assert np.isnan(one.figures.cost.value)


def test_costs_say_who_costs_less(decided):
    made = decided(miss_cost=10.0)
    assert made.detectors["classical"].figures.cost.value == pytest.approx(2500)
    assert made.detectors["yolo"].figures.cost.value == 0
    saved = made.saved["classical_against_yolo"]
    assert (saved.verdict, saved.difference) == ("worse", pytest.approx(-2500))
    dear = decided(miss_cost=10.0, second_cost=100.0)  # an image of the slow one costs 10
    assert dear.saved["classical_against_yolo"].verdict == "better"


def test_in_turns_the_slow_one_is_asked_where_the_quick_one_doubts(decided):
    made = decided(miss_cost=10.0, second_cost=50.0)
    mixture = made.mixture
    assert (mixture.cascade.first, mixture.cascade.second) == ("classical", "yolo")
    assert mixture.sent.value == pytest.approx(250)
    # A quarter of the images for .1 s, and all for .001 s, at 50 a second.
    assert mixture.figures.cost.value == pytest.approx(1000 * (0.25 * 5 + 0.05))
    assert mixture.cascade.validation_cost < mixture.alone_validation_cost


def test_the_threshold_that_costs_least_is_that_of_the_run_s_costs(decided):
    made = decided(miss_cost=100.0, false_alarm_cost=0.0)
    truth = [Annotations([HIT], [0])] * IMAGES
    for name, each in made.detectors.items():
        judged = Judged.of(truth, answers(IMAGES, set(range(0, IMAGES, 4)), sure=name == "yolo"))
        missed, _ = judged.mistakes(each.threshold)
        assert each.figures.missed.value == pytest.approx(1000 * missed.mean())


def test_a_decision_survives_metrics_json(decided):
    from pipelines.evaluation import undefined

    for made in (decided(), decided(miss_cost=3.0, second_cost=1.0)):
        again = undefined.convert(undefined.plain(made), Decision)
        assert undefined.plain(again) == undefined.plain(made)


def test_settings_without_costs_are_those_of_before():
    settings = RunSettings()
    assert given_costs(settings) is None
    given = replace(settings, decision=DecisionSettings(second_cost=3.0))
    assert given_costs(given).second == 3.0
