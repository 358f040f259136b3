import pytest
from made_metrics import compared, difference, run
from msgspec import structs

from pipelines.report import rows
from pipelines.report.caveats import caveats
from pipelines.report.verdict import row_worths
from pipelines.report.verdict_on_new_images import on_new_images
from pipelines.runs.metrics import DecisiveFigures


def with_new_images(images, values, comparison=None):
    """A run of 29 test images, of which so many are unlike those seen, and the figures there."""
    metrics = run(
        {"classical_minus_yolo": compared(0.01, -0.02, 0.04, "cannot_tell")},
        images=29,
        classical=(0.98,),
        yolo=(0.97,),
    )
    spans = dict.fromkeys(values, (0.1, 0.9))
    known = DecisiveFigures(images, values, spans, comparison or {})
    return structs.replace(metrics, new_images=known)


TURNED = {"classical_minus_yolo": difference(-0.2, -0.3, -0.1, "worse")}


def test_figures_without_images_that_were_seen_stand_beside_those_with_them():
    metrics = with_new_images(20, {"classical": 0.6, "yolo": 0.8}, TURNED)
    (sentence,) = on_new_images(metrics)
    assert sentence == (
        "9 of 29 test images look nearly like training or validation images; without them (20 "
        "images left) YOLO is 0.200 (95 % +0.100 to +0.300) ahead of the classical pipeline"
    )
    assert sentence in caveats(metrics)
    (row,) = rows.decisive_rows(metrics)
    assert [figure.text for figure in row.figures] == ["0.600", "0.800"]
    assert row_worths(metrics, row)[0].word == "yolo better"


def test_where_most_test_images_were_seen_there_is_a_warning():
    (sentence,) = on_new_images(with_new_images(1, {"classical": 0.6, "yolo": 0.8}, TURNED))
    assert sentence.startswith("warning: 28 of 29 test images look nearly like training")
    assert "say little about new ones; without them (1 image left) YOLO is" in sentence


@pytest.mark.parametrize(("images", "values"), [(0, {}), (2, {"yolo": float("nan")})])
def test_without_a_figure_for_the_rest_nothing_is_said_of_it(images, values):
    metrics = with_new_images(images, values)
    assert on_new_images(metrics)[0].endswith("without them nothing can be said")
    assert rows.decisive_rows(metrics) == []


def test_one_alone_is_given_its_figure_and_new_images_are_no_word_worth():
    assert on_new_images(with_new_images(20, {"yolo": 0.8}))[0].endswith("YOLO reaches 0.800")
    assert on_new_images(run(yolo=(0.8,))) == []
