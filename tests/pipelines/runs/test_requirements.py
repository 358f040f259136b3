import math
from dataclasses import replace

import msgspec
import pytest
from run_files import found, metrics_of, truth

from datasets.errors import UserError
from pipelines.evaluation.report_card import EvaluationImages, judge, named_figure
from pipelines.runs.requirements import parse_requirement

BOTH = ("classical", "yolo")
OBJECTS = truth(images=6)
DETECTIONS = found(OBJECTS, 0.8)


@pytest.fixture(scope="module")
def metrics():
    """A run whose figures are all different, with classes of every kind of name."""
    made = metrics_of({"yolo": DETECTIONS}, OBJECTS, ("give way", "v1.5=x"))
    figures = made.pipelines["yolo"]
    quality = figures.quality
    classes = zip(quality.per_class.items(), (0.25, 0.75), strict=True)
    conventions = dict(quality.conventions)
    conventions["voc_2007"] = replace(conventions["voc_2007"], map_50=0.375)
    changed = replace(
        quality,
        map_50=0.5,
        map_75=math.nan,
        operating_point=replace(quality.operating_point, f1=0.625),
        conventions=conventions,
        per_class={name: replace(each, ap_50=value) for (name, each), value in classes},
    )
    return msgspec.structs.replace(
        made, pipelines={"yolo": msgspec.structs.replace(figures, quality=changed)}
    )


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("yolo.map_50=0.4", 0.5),
        ("yolo.map_75=0.4", math.nan),
        ("yolo.operating_point.f1=0.6", 0.625),
        ("yolo.conventions.voc_2007.map_50=0.3", 0.375),
        ("yolo.small=0.1", math.nan),
        ("yolo.per_class.give way.ap_50=0.1", 0.25),
        ("yolo.per_class.v1.5=x.ap_50=0.1", 0.75),
        ("yolo.per_class.of nobody.ap_50=0.1", math.nan),
    ],
)
def test_a_requirement_finds_its_figure(metrics, text, figure):
    assert parse_requirement(text, BOTH).figure_in(metrics) == pytest.approx(figure, nan_ok=True)


def test_a_figure_comes_with_its_interval():
    images = EvaluationImages(OBJECTS, ("a", "b.c"), iou=0.3)
    quality = judge(images, DETECTIONS).quality
    for name in ("map_50", "map_30", "per_class.b.c.ap_50"):
        value, (low, high) = named_figure(quality, name)
        assert (low, high) == quality.interval_95[name]
        assert 0 < low <= value <= high
    assert named_figure(quality, "map_30")[0] == quality.at_iou.map
    for name in ("map_40", "operating_point.speed", "conventions.ours.map_50"):
        assert all(
            map(math.isnan, (named_figure(quality, name)[0], *named_figure(quality, name)[1]))
        )


@pytest.mark.parametrize(
    "text",
    [
        *("", "yolo.map_50", "yolo=0.5", "yolo.map_50=much", "yolo.map_50=nan", "yolo.map_51=0.5"),
        *("yolo.per_class.ap_50=0.5", "yolo.per_class..ap_50=0.5", "yolo.per_class.cat.f1=0.5"),
    ],
)
def test_a_malformed_requirement_is_refused(text):
    with pytest.raises(UserError):
        parse_requirement(text, BOTH)


def test_a_pipeline_that_does_not_run_is_refused():
    with pytest.raises(UserError, match="no pipeline 'yolo'"):
        parse_requirement("yolo.map_50=0.5", ("classical",))
