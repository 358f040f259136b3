from dataclasses import replace

from made_metrics import compared, difference, run
from msgspec import structs

from pipelines.report import rows
from pipelines.report.verdict import row_worths, verdict_sentence
from pipelines.report.verdict_on_validation import on_validation
from pipelines.runs.metrics import DecisiveFigures


def with_validation(metrics, **differences):
    """The run with those differences on the validation split, by pair."""
    names = [*metrics.pipelines]
    known = DecisiveFigures(
        30, dict.fromkeys(names, 0.7), dict.fromkeys(names, (0.6, 0.8)), differences
    )
    return structs.replace(metrics, validation=known)


def two():
    better = compared(0.213, 0.127, 0.323, "better")
    return run({"classical_minus_yolo": better}, classical=(0.932,), yolo=(0.719,))


def test_a_validation_split_of_the_other_sign_is_in_the_headline():
    there = difference(-0.042, -0.094, 0.0, "cannot_tell")
    text = verdict_sentence(with_validation(two(), classical_minus_yolo=there))
    assert "its mAP@.50 is 0.213 higher" in text
    assert (
        "The validation split disagrees: there, where training and thresholds were chosen, YOLO is "
        "0.042 (95 % −0.000 to +0.094) ahead of the classical pipeline." in text
    )


def test_of_several_pairs_the_interval_is_the_one_that_decides():
    there = replace(difference(0.1, 0.05, 0.2, "better"), corrected_interval=(-0.01, 0.3))
    text = on_validation(with_validation(two(), classical_minus_yolo=there), ["classical", "yolo"])
    assert "0.100 (95 % −0.010 to +0.300) ahead of YOLO." in text


def test_one_of_the_same_sign_is_beside_it():
    there = difference(0.1, 0.05, 0.2, "better")
    text = verdict_sentence(with_validation(two(), classical_minus_yolo=there))
    assert "the classical pipeline is 0.100 (95 % +0.050 to +0.200) ahead of YOLO." in text
    assert "disagrees" not in text


def test_of_three_only_those_are_named_that_are_ahead_of_the_best():
    more = {
        "classical_minus_yolo": compared(0.1, 0.0, 0.2, "better"),
        "classical_minus_transfer": compared(-0.1, -0.2, 0.0, "worse"),
        "yolo_minus_transfer": compared(-0.2, -0.3, -0.1, "worse"),
    }
    metrics = run(more, classical=(0.8,), yolo=(0.7,), transfer=(0.9,))
    there = {
        "classical_minus_yolo": difference(-0.2, -0.3, -0.1, "worse"),
        "classical_minus_transfer": difference(-0.1, -0.2, 0.0, "worse"),
        "yolo_minus_transfer": difference(0.1, 0.0, 0.2, "better"),
    }
    text = on_validation(with_validation(metrics, **there), ["transfer", "classical", "yolo"])
    assert "YOLO is 0.100 (95 % +0.000 to +0.200) ahead of transfer." in text
    assert "classical" not in text


def test_nothing_is_said_where_nothing_is_known_or_ahead():
    assert on_validation(two(), ["classical", "yolo"]) == ""
    equal = run({"a_minus_b": compared(0.0, -0.1, 0.1, "cannot_tell")}, a=(0.8,), b=(0.8,))
    there = difference(-0.1, -0.2, 0.1, "cannot_tell")
    assert on_validation(with_validation(equal, a_minus_b=there), ["a", "b"]) == ""


def test_the_tables_have_a_row_of_it():
    there = difference(-0.042, -0.094, 0.0, "cannot_tell")
    metrics = with_validation(two(), classical_minus_yolo=there)
    (row,) = rows.decisive_rows(metrics)
    assert [figure.text for figure in row.figures] == ["0.700", "0.700"]
    (worth,) = row_worths(metrics, row)
    assert worth.word == "cannot tell"
    assert rows.decisive_rows(two()) == []
