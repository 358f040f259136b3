from itertools import combinations

import pytest
from made_metrics import compared, run
from msgspec import structs

from pipelines.evaluation.cost_figures import CostFigures, Estimate
from pipelines.evaluation.costs import Costs
from pipelines.runs.decision import Decision, DetectorCosts
from pipelines.runs.metrics import AxisResult
from pipelines.studies.common.choice import choice

SURE, LIKELY = "sure: 99.0 % of resamples", "likely: 90.0 % of resamples"
UNSURE = "cannot tell: 60.0 % of resamples for YOLO"


def row(favours, sureness=SURE):
    return AxisResult(
        question="", answers={}, verdict="", favours=favours, sureness=sureness, cells=()
    )


def chosen(axes, metrics=None):
    return choice(structs.replace(metrics or run(), axes=axes))


@pytest.mark.parametrize(
    ("axes", "words"),
    [
        (
            {"data": row("yolo"), "time": row("classical")},
            "choose the classical pipeline: which finds more is not sure, and it costs less (time",
        ),
        ({"data": row("yolo"), "time": row("classical")}, "Against it speak data (sure"),
        ({"approach": row("classical")}, "more axes favour it (approach (sure"),
        (
            {"approach": row("neither", UNSURE), "time": row("yolo"), "hardware": row("yolo")},
            "choose YOLO: which finds more is not sure, and it costs less (hardware",
        ),
        (
            {"time": row("yolo"), "hardware": row("classical"), "features": row("classical")},
            "choose the classical pipeline: which finds more is not sure, and more axes favour it",
        ),
        ({"time": row("yolo"), "hardware": row("classical")}, "do not decide between them"),
        ({"data": row("neither", UNSURE)}, "do not decide between them"),
        (
            {"data": row("toy", LIKELY), "time": row("yolo"), "hardware": row("classical")},
            "do not decide between them",
        ),
        (
            {
                "data": row("toy", LIKELY),
                "hardware": row("classical"),
                "time": row("yolo"),
                "features": row("toy"),
                "interpretability": row("toy"),
            },
            "choose toy: which finds more is not sure, and more axes favour it (data",
        ),
    ],
)
def test_the_choice_follows_the_rules(axes, words):
    assert words in chosen(axes)


def test_the_choice_never_says_more_than_the_headline():
    axes = {"data": row("yolo"), "approach": row("yolo"), "time": row("classical")}
    undecided = three({"classical": 0.799, "yolo": 0.8}, [])
    assert "it finds more" not in chosen(axes, undecided)
    decided = three({"classical": 0.7, "yolo": 0.8}, [{"classical", "yolo"}])
    text = chosen(axes, decided)
    assert "choose YOLO: it finds more (the test images" in text
    assert "Against it speak time" in text


def test_of_three_all_that_favour_another_speak_against_the_choice():
    for_toy = dict.fromkeys(("data", "features", "approach"), row("toy"))
    paragraph = chosen({**for_toy, "hardware": row("yolo"), "time": row("classical")})
    assert "Against it speak hardware (sure: 99.0 % of resamples) and time (sure" in paragraph


def test_nothing_studied_advises_nothing():
    assert chosen({}) == ""


COSTS = {"transfer": (12.0, 300.0, 9.0, "ImageNet"), "yolo": (6.0, 500.0, 4.5)}
COSTS["classical"] = (100.0, 40.0, 0.1)
OPEN = {
    "approach": row("neither", UNSURE),
    "hardware": row("classical"),
    "time": row("classical"),
}


def three(scores, sure):
    """A run of three with those mAPs, of which those pairs are surely apart."""
    comparison = {}
    for a, b in combinations(scores, 2):
        more = scores[a] - scores[b]
        word = ("better" if more > 0 else "worse") if {a, b} in sure else "cannot_tell"
        comparison[f"{a}_minus_{b}"] = compared(more, more - 0.2, more + 0.2, word)
    return run(comparison, **{name: (each, *COSTS[name]) for name, each in scores.items()})


SCORES = {"classical": 0.7, "yolo": 0.8, "transfer": 0.85}
FIRST_TWO = [{"classical", "yolo"}, {"classical", "transfer"}]


def test_the_choice_says_what_it_gains_and_what_all_cost():
    for_transfer = dict.fromkeys(("features", "approach"), row("transfer"))
    text = chosen({**for_transfer, "time": row("classical")}, three(SCORES, FIRST_TWO))
    assert text.startswith(
        "On this data and this machine choose transfer (pre-trained on ImageNet)"
    )
    assert "its mAP@.50 is 0.050 higher than that of YOLO, which may be chance." in text
    assert (
        "Transfer (pre-trained on ImageNet) takes 300 s to train, 12.0 ms an image (in turns), "
        "9.0 MiB on disk; YOLO takes 500 s to train, 6.0 ms an image (in turns), 4.5 MiB on disk; "
        "the classical pipeline takes 40 s to train, 100.0 ms an image (in turns), 0.1 MiB on "
        "disk." in text
    )
    assert "Against it speak time (sure" in text
    assert "\n" not in text


def test_a_sure_gain_is_no_chance():
    metrics = three(SCORES, [*FIRST_TWO, {"yolo", "transfer"}])
    text = chosen({"approach": row("transfer")}, metrics)
    assert "0.050 higher than that of YOLO. " in text


def costs(**values):
    """A decision in which those cost as much, the dearer ones surely."""
    made = {
        name: DetectorCosts(
            *(0.5, 0.5, (), 0.01),
            CostFigures(Estimate(), Estimate(), Estimate(), Estimate(cost, (cost - 9, cost + 9))),
        )
        for name, cost in values.items()
    }
    saved = {
        f"{first}_against_{second}": compared(
            values[second] - values[first],
            *(0.0, 0.0),
            "cannot_tell"
            if values[first] == values[second]
            else "better"
            if values[first] < values[second]
            else "worse",
        )["map_50"]
        for first, second in combinations(values, 2)
    }
    return Decision(Costs(10, 1, 0), made, None, saved)


def test_where_costs_are_given_they_choose_and_not_who_finds_more():
    metrics = structs.replace(
        three(SCORES, [{"transfer", "yolo"}, {"transfer", "classical"}]),
        decision=costs(classical=300.0, yolo=120.0, transfer=250.0),
    )
    text = chosen({"approach": row("transfer")}, metrics)
    assert "choose YOLO: it costs less by your costs (the test images" in text
    assert (
        "By your costs (an object missed 10, a false alarm 1, a second 0) 1,000 images cost: "
        "YOLO 120 [111 129], transfer 250 [241 259], the classical pipeline 300 [291 309]."
    ) in text
    assert "Against it speak approach" in text
    assert "choose YOLO" in chosen({}, metrics)  # costs alone are reason enough


def test_where_costs_can_not_tell_axes_decide_among_the_cheapest_and_not_times_alone():
    metrics = structs.replace(
        three(SCORES, FIRST_TWO), decision=costs(classical=120.0, yolo=120.0, transfer=250.0)
    )
    text = chosen(OPEN, metrics)
    assert "choose the classical pipeline: which of YOLO and the classical pipeline" in text
    assert "costs less by your costs is not sure, and more axes favour it" in text


def test_costs_that_nobody_gave_choose_nothing():
    metrics = structs.replace(
        three(SCORES, []), decision=structs.replace(costs(yolo=1.0), costs=None)
    )
    assert chosen({}, metrics) == ""
    assert "By your costs" not in chosen(OPEN, metrics)


def test_cheapness_does_not_choose_what_surely_finds_less():
    text = chosen(OPEN, three(SCORES, FIRST_TWO))
    assert text.startswith("These figures do not decide between transfer and YOLO:")
    assert "Transfer (pre-trained on ImageNet) takes 300 s to train" in text
    assert "YOLO takes 500 s to train" in text
    assert "classical" not in text


def test_cheapness_decides_between_those_that_are_left():
    axes = {**OPEN, "hardware": row("yolo"), "time": row("yolo")}
    text = chosen(axes, three(SCORES, FIRST_TWO))
    assert "choose YOLO: which of transfer and YOLO finds more is not sure, and it costs" in text


def test_the_one_that_surely_finds_more_than_all_others_is_chosen_whatever_it_costs():
    metrics = three(SCORES, [{"transfer", "yolo"}, {"transfer", "classical"}])
    text = chosen(OPEN, metrics)
    assert "choose transfer (pre-trained on ImageNet): it finds more (the test images" in text
    assert "Against it speak hardware (sure: 99.0 % of resamples) and time" in text


def test_where_nothing_is_sure_the_cheapest_of_three_is_chosen():
    text = chosen(OPEN, three(SCORES, []))
    assert "choose the classical pipeline: which finds more is not sure, and it costs less" in text
    assert "0.150 lower than that of transfer, which may be chance." in text


def test_costs_that_are_not_known_are_left_out():
    metrics = three(SCORES, [])
    pipelines = dict(metrics.pipelines)
    pipelines["yolo"] = structs.replace(pipelines["yolo"], latency_ms=None, model=None)
    text = chosen({"approach": row("yolo")}, structs.replace(metrics, pipelines=pipelines))
    assert (
        "YOLO takes 500 s to train; transfer (pre-trained on ImageNet) takes 300 s to train, "
        "12.0 ms an image" in text
    )


def test_another_tool_s_detections_are_nothing_to_choose():
    metrics = three(SCORES, FIRST_TWO)
    pipelines = dict(metrics.pipelines)
    pipelines["transfer"] = structs.replace(pipelines["transfer"], training=None)
    text = chosen({"approach": row("yolo")}, structs.replace(metrics, pipelines=pipelines))
    assert "0.100 higher than that of the classical pipeline." in text
    assert "transfer" not in text
