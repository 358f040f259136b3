import pytest

from pipelines.report.differences import Verdict, cost_ratio, verdict_of
from pipelines.report.run_page.tables import confusions, flat

PAIR = ("classical", "yolo")


def told(more, low, high, verdict, settle=None):
    return {
        "difference": more,
        "interval_95": [low, high],
        "verdict": verdict,
        "images_to_settle": settle,
    }


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        (
            told(0.2, 0.1, 0.3, "better"),
            Verdict("classical better", "by 0.200 (0.100 to 0.300)", "classical"),
        ),
        (
            told(-0.2, -0.3, -0.1, "worse"),
            Verdict("yolo better", "by 0.200 (0.100 to 0.300)", "yolo"),
        ),
        (
            told(-0.01, -0.1, 0.08, "cannot_tell", 1300),
            Verdict("cannot tell", "classical −0.010 (−0.100 to +0.080), about 1,300 images would"),
        ),
        (told(0.1, None, None, "cannot_tell"), Verdict("cannot tell", "classical +0.100")),
        (told(None, None, None, "cannot_tell"), None),
        (None, None),
    ],
)
def test_a_difference_names_whom_it_speaks_for(difference, said):
    assert verdict_of(difference, PAIR) == said


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([100.0, 7.0], "classical 14 times as much"),
        ([2.0, 5.0], "yolo 2.5 times as much"),
        ([1.0, 1.1], "about alike"),
        ([1.0, None], None),
        ([1.0, 0], None),
        ([1.0, 2.0, 3.0], None),
    ],
)
def test_costs_are_compared_as_ratios(values, said):
    ratio = cost_ratio(PAIR, values)
    assert (ratio.span if ratio else None) == said


def test_the_pairs_most_often_confused_come_first():
    matrix = [[5, 1, 0], [4, 9, 2], [0, 3, 0]]
    pairs = confusions({"classes": ["cat", "dog", "background"], "matrix": matrix})
    assert pairs == [
        ("dog", "cat", 4),
        ("background", "dog", 3),
        ("dog", "background", 2),
        ("cat", "dog", 1),
    ]


def test_nested_settings_are_told_by_names_with_dots():
    rows = flat({"seed": 0, "yolo": {"width": 8, "flips": []}, "limit": None, "on": ["a", "b"]})
    assert rows == [
        ("seed", "0"),
        ("yolo.width", "8"),
        ("yolo.flips", "–"),
        ("limit", "–"),
        ("on", "a, b"),
    ]
