import pytest

from pipelines.report.verdict import verdict_sentence


def run(comparison=None, images=72, **pipelines):
    """Metrics of pipelines given as (mAP, median ms, training seconds)."""
    return {
        "dataset": {"splits": {"test": {"images": images}}},
        "pipelines": {
            name: {
                "quality": {"map_50": value, "interval_95": {"map_50": [0.7, 0.9]}},
                "latency_ms": None if median is None else {"p50": median},
                "training": None if seconds is None else {"seconds": seconds},
            }
            for name, (value, median, seconds) in pipelines.items()
        },
        "comparison": comparison or {},
    }


def difference(more, low, high, verdict, settle=None):
    return {
        "map_50": {
            "difference": more,
            "interval_95": [low, high],
            "verdict": verdict,
            "images_to_settle": settle,
        }
    }


WORSE = {"classical_minus_yolo": difference(-0.126, -0.165, -0.091, "worse")}
OPEN = {"classical_minus_yolo": difference(0.02, -0.01, 0.05, "cannot_tell", 1300)}


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        (
            run(WORSE, classical=(0.795, 107.0, 60.0), yolo=(0.921, 7.0, 780.0)),
            "YOLO finds the objects in these images better than classical: its mAP@.50 is 0.126 "
            "higher (95 % 0.091 to 0.165, 72 test images); it answers 15 times as fast but "
            "trains 13 times as long.",
        ),
        (
            run(WORSE, classical=(0.795, 107.0, 60.0), yolo=(0.921, 7.0, 20.0)),
            "YOLO finds the objects in these images better than classical: its mAP@.50 is 0.126 "
            "higher (95 % 0.091 to 0.165, 72 test images); it answers 15 times as fast and "
            "trains 3 times as fast.",
        ),
        (
            run(WORSE, classical=(0.795, None, None), yolo=(0.921, 7.0, 20.0)),
            "YOLO finds the objects in these images better than classical: its mAP@.50 is 0.126 "
            "higher (95 % 0.091 to 0.165, 72 test images).",
        ),
        (
            run(OPEN, classical=(0.81, 10.0, 60.0), yolo=(0.79, 9.9, 150.0)),
            "These 72 test images cannot tell whether classical or YOLO finds more: classical is "
            "0.020 ahead in mAP@.50 (95 % -0.010 to 0.050); about 1,300 would; classical trains "
            "2.5 times as fast.",
        ),
        (
            run(classical=(0.8, 10.0, 60.0)),
            "Classical reaches an mAP@.50 of 0.800 (95 % 0.700 to 0.900, 72 test images); it was "
            "compared with no other.",
        ),
        (
            run(classical=(None, 10.0, 60.0), yolo=(None, 1.0, 1.0), images=3),
            "Nothing can be said: the 3 test images have no object to be found.",
        ),
        (
            run(
                {
                    **WORSE,
                    "classical_minus_mine": difference(-0.1, None, None, "cannot_tell"),
                    "yolo_minus_mine": difference(0.01, -0.1, 0.1, "cannot_tell"),
                },
                classical=(0.795, 1.0, 1.0),
                yolo=(0.921, 1.0, 1.0),
                mine=(0.911, None, None),
            ),
            "YOLO has the highest mAP@.50, 0.921 on 72 test images: better than classical by more "
            "than luck, but not to be told from mine.",
        ),
    ],
)
def test_the_verdict_says_who_is_better_how_surely_and_at_what_price(metrics, said):
    assert verdict_sentence(metrics) == said
