from made_metrics import run
from msgspec import structs

from pipelines.report.caveats import caveats
from pipelines.report.pace import pace_notes
from pipelines.system.pace import Moment


def with_pace(**moments):
    """A run during which the fixed work took those milliseconds, with that share of the cores."""
    pace = {what: [Moment(*each) for each in of_it] for what, of_it in moments.items()}
    return structs.replace(run(yolo=(0.5,)), pace=pace)


def test_a_machine_that_was_slower_while_timing_is_named_beside_the_figures():
    metrics = with_pace(timing=[(50, 1.0), (90, 0.95)], training=[(51, 1.0), (55, 1.0)])
    (note,) = pace_notes(metrics)
    assert note == (
        "while timing the machine was up to 1.8 times slower (the same fixed work took 50 to 90 "
        "ms): compare times by their ratio"
    )
    assert note in caveats(metrics)


def test_a_machine_that_others_use_all_the_time_is_named_though_it_is_equally_slow():
    (note,) = pace_notes(with_pace(timing=[(50, 0.6), (50, 0.55)]))
    assert "gave up to 45 % of its cores' time to other programs" in note


def test_trainings_have_one_sentence_together():
    notes = pace_notes(
        with_pace(**{"training a": [(60, 0.5)], "training b": [(50, 0.9), (90, 0.7)]})
    )
    assert notes == [
        "while training a and training b the machine was up to 1.8 times slower (the same fixed "
        "work took 50 to 90 ms) and gave up to 50 % of its cores' time to other programs: compare "
        "times by their ratio"
    ]


def test_of_a_steady_machine_and_of_an_older_run_nothing_is_said():
    assert pace_notes(with_pace(timing=[(50, 0.98), (56, 0.9)])) == []
    assert pace_notes(run(yolo=(0.5,))) == []
