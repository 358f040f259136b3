"""One figure, which a user may name, for headline, axes and choice alike."""

from dataclasses import replace

import numpy as np
import pytest
from made_metrics import difference, run
from msgspec import structs

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.resampling import DECISIVE, LABELS
from pipelines.report import rows
from pipelines.report.verdict import verdict_sentence
from pipelines.settings import RunSettings, with_setting
from pipelines.studies.approach.study import concluded
from pipelines.studies.common.choice import choice
from pipelines.studies.common.figures import MeanPrecision
from pipelines.studies.data.plan import PlannedTraining, SubsetResult
from pipelines.studies.data.study import concluded as data_concluded
from pipelines.studies.data.study import draw

# On the same images the classical pipeline finds more, and YOLO places what it finds better.
DISAGREEING = {
    "classical_minus_yolo": {
        "map_50": difference(0.1, 0.05, 0.15, "better"),
        "map_50_95": difference(-0.2, -0.3, -0.1, "worse"),
    }
}
CASES = [("map_50", "classical", 0.1), ("map_50_95", "yolo", 0.2)]


def decided_by(figure):
    """Settings of a run whose user has named a figure."""
    return with_setting(RunSettings(), f"evaluation.figure={figure}")


@pytest.mark.parametrize(("figure", "winner", "more"), CASES)
def test_headline_tables_and_choice_go_by_the_same_figure(figure, winner, more):
    metrics = run(DISAGREEING, classical=(0.8, 9.0, 1.0), yolo=(0.7, 9.0, 1.0))
    strict = {"classical": 0.4, "yolo": 0.6}
    pipelines = {
        name: structs.replace(each, quality=replace(each.quality, map_50_95=strict[name]))
        for name, each in metrics.pipelines.items()
    }
    metrics = structs.replace(metrics, pipelines=pipelines, settings=decided_by(figure))
    called = {"classical": "the classical pipeline", "yolo": "YOLO"}[winner]
    said = f"its {LABELS[figure]} is {more:.3f} higher"
    sentence = verdict_sentence(metrics)
    assert sentence.lower().startswith(f"{called} finds the objects in these images".lower())
    assert said in sentence
    axes = {"approach": data_study(figure)}
    text = choice(structs.replace(metrics, axes=axes))
    assert f"choose {called}: it finds more" in text
    assert f"On the test images {said}" in text
    assert next(iter(rows.headline(metrics))) == figure


def data_study(figure):
    from pipelines.runs.cells import Cells
    from pipelines.studies.common.verdict import axis_result

    return axis_result(studied(figure), Cells(None), 1.0)


def studied(figure):
    """Learning curves of two, of which one finds more and the other places it better."""
    results = {}
    for name, wide, strict in (("classical", 0.8, 0.4), ("yolo", 0.7, 0.6)):
        for images in (10, 40, 160):
            figures = {"map_50": wide - 1 / images, "map_50_95": strict - 1 / images}
            noise = np.random.default_rng(images).normal(0, 0.005, 100)
            resampled = tuple((figures[figure] + noise).tolist())
            span = figures[figure] - 0.01, figures[figure] + 0.01
            precision = MeanPrecision(**figures, interval_95=span, resampled=resampled, images=100)
            precision = structs.replace(precision, figure=figure)
            results[PlannedTraining(name, images, 0)] = SubsetResult(precision)
    return data_concluded(["classical", "yolo"], results, figure)


@pytest.mark.parametrize(("figure", "winner", "_"), CASES)
def test_the_axes_favour_by_the_same_figure(figure, winner, _):
    data = studied(figure)
    assert data.verdict.favours == winner
    assert LABELS[figure] in data.verdict.question
    draw(data).canvas.draw()
    box = Annotations([[0, 0, 10, 10]], [0])
    # All places, four of five of them exactly, against all of them nearly.
    near, exact = Detections([[0, 0, 10, 7]], [0.9], [0]), Detections(box.boxes, [0.9], [0])
    found = {"classical": [near] * 40, "yolo": [exact] * 32 + [Detections()] * 8}
    by_none = {name: {"none": each} for name, each in found.items()}
    verdict = concluded(by_none, [box] * 40, ("cat",), 0, figure=figure).verdict
    assert verdict.favours == winner
    assert all(answer.startswith(LABELS[figure]) for answer in verdict.answers.values())


def test_without_a_setting_it_is_the_usual_one():
    assert RunSettings().evaluation.figure == DECISIVE == run(yolo=(0.5,)).figure
