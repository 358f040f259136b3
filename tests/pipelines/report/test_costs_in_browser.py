"""The costs that a reader types in: the page's own sums, held to those of ``metrics.json``."""

from urllib.parse import quote

import pytest
from toy_run import CLASSES, decision_of, write_run

from datasets.progress import silently
from pipelines.evaluation.costs import Costs
from pipelines.report.run_page.page import write_report
from pipelines.runs.finished import open_run

NAMES = ("classical", "yolo", "mine")
GIVEN = Costs(5, 1, 0.25)
ROWS = ("missed", "false_alarms", "hours", "cost")


@pytest.fixture(scope="module", params=[None, GIVEN], ids=["by F1", "by costs"])
def run(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    images = write_run(folder, NAMES, costs=request.param)
    write_report(folder, images, silently)
    return open_run(folder)


@pytest.fixture
def page(browser, run):
    complaints = []
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"file://{quote(str(run.folder))}/report.html")
    yield page
    page.close()
    assert complaints == []


def fields(page):
    return [page.locator(f"#costs input[data-cost={name}]") for name in ("miss", "false-alarm")]


def give(page, miss, alarm):
    for field, value in zip(fields(page), (miss, alarm), strict=True):
        field.fill(value)


def shown(page, name, row):
    return page.locator(f"#costs td[data-name={name}][data-row={row}]")


def value(page, name, row):
    text = shown(page, name, row).get_attribute("data-value")
    return float(text) if text else None


def wanted(run, costs):
    """What the detectors cost by the very code of the run."""
    truth = run.annotations()
    found = {name: run.detections(name, len(truth)) for name in NAMES}
    return decision_of(truth, found, costs)


def held_to(page, decision, rows=ROWS):
    for name, each in decision.detectors.items():
        assert value(page, name, "threshold") == pytest.approx(each.threshold, rel=1e-12)
        for row in rows:
            figure = getattr(each.figures, row).value
            assert value(page, name, row) == pytest.approx(figure, rel=1e-12), (name, row)


def test_the_page_s_own_sums_are_those_of_metrics_json(page, run):
    decision = run.metrics.decision
    if decision.costs is None:
        assert [field.input_value() for field in fields(page)] == ["", ""]
        give(page, "1", "1")
        give(page, "", "")
        held_to(page, decision, ROWS[:3])
        assert shown(page, "yolo", "cost").inner_text() == "–"
        assert page.locator("#costs .by").inner_text() == "best for F1 on the validation split"
    else:
        assert [field.input_value() for field in fields(page)] == ["5", "1"]
        give(page, "", "")
        give(page, "5", "1")
        held_to(page, decision)
        assert "by the costs above" in page.locator("#costs .by").inner_text()


@pytest.mark.parametrize("costs", [("10", "1"), ("1", "3"), ("0", "1"), ("1", "0"), ("2.5", "2.5")])
def test_other_costs_have_other_thresholds_and_sums(page, run, costs):
    give(page, *costs)
    given = run.metrics.decision.costs
    second = 0.0 if given is None else given.second
    held_to(page, wanted(run, Costs(float(costs[0]), float(costs[1]), second)))


def test_costs_that_are_none_leave_the_best_f1(page, run):
    give(page, "-1", "1")
    for name, each in run.metrics.decision.detectors.items():
        assert value(page, name, "threshold") == pytest.approx(each.best_f1)
        assert value(page, name, "cost") is None


def test_what_is_not_a_contender_has_no_costs(page):
    give(page, "2", "1")
    assert {shown(page, "mine", row).inner_text() for row in ("threshold", *ROWS)} == {"–"}


def test_what_stands_there_before_anyone_types_has_intervals(page, run):
    text = shown(page, "yolo", "missed").inner_text()
    figure = run.metrics.decision.detectors["yolo"].figures.missed
    assert f"{figure.value:,.1f}" in text
    assert f"{figure.interval_95[0]:,.1f} to {figure.interval_95[1]:,.1f}" in text
    assert len(CLASSES) == 3
