import pytest

from datasets.errors import UserError
from pipelines.runs.requirements import parse_requirement

BOTH = ("classical", "yolo")
METRICS = {
    "pipelines": {
        "yolo": {
            "quality": {
                "map_50": 0.5,
                "map_75": None,
                "operating_point": {"f1": 0.625},
                "conventions": {"voc_2007": {"map_50": 0.375}},
                "per_class": {"give way": {"ap_50": 0.25}, "v1.5=x": {"ap_50": 0.75}},
            }
        }
    }
}


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("yolo.map_50=0.4", 0.5),
        ("yolo.map_75=0.4", None),
        ("yolo.operating_point.f1=0.6", 0.625),
        ("yolo.conventions.voc_2007.map_50=0.3", 0.375),
        ("yolo.small=0.1", None),
        ("yolo.per_class.give way.ap_50=0.1", 0.25),
        ("yolo.per_class.v1.5=x.ap_50=0.1", 0.75),
        ("yolo.per_class.unheard of.ap_50=0.1", None),
    ],
)
def test_a_requirement_finds_its_figure(text, figure):
    assert parse_requirement(text, BOTH).figure_in(METRICS) == figure


@pytest.mark.parametrize(
    "text",
    ["", "yolo.map_50", "yolo=0.5", "yolo.map_50=much", "yolo.map_50=nan", "yolo.map_51=0.5"],
)
def test_a_malformed_requirement_is_refused(text):
    with pytest.raises(UserError):
        parse_requirement(text, BOTH)


def test_a_pipeline_that_does_not_run_is_refused():
    with pytest.raises(UserError, match="no pipeline 'yolo'"):
        parse_requirement("yolo.map_50=0.5", ("classical",))
