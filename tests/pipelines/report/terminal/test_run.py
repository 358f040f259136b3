from rich.console import Console

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.report_card import EvaluationImages, compared, judge
from pipelines.evaluation.undefined import plain
from pipelines.report.terminal.run import closing_tables, verdict_text

BOX, FAR = [0.0, 0, 10, 10], [50.0, 0, 60, 10]
IMAGES = EvaluationImages([Annotations([BOX, FAR], [0, 0]) for _ in range(12)], ("cat",))
LATENCY = {"p50": 4.25, "p90": None, "p99": None, "first_call": 9.0, "device": "CPU (test)"}


def metrics(**found):
    judged = {name: judge(IMAGES, detections) for name, detections in found.items()}
    return {
        "dataset": {
            "name": "cats",
            "classes": ["cat"],
            "splits": {"test": {"images": 12, "boxes": 24}},
        },
        "environment": {"cores": 2, "threads": {"opencv": 2, "tensorflow": None}},
        "settings": {},
        "pipelines": {
            name: {
                "quality": plain(each.quality),
                "latency_ms": LATENCY if name == "timed" else None,
                "training": None,
                "model": None,
                "memory_mb": None,
            }
            for name, each in judged.items()
        },
        "comparison": plain(compared(judged, 12)),
    }


def printed(told):
    console = Console(width=140, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    for table in closing_tables(told):
        console.print(table)
    console.file.close()
    return " ".join(console.export_text().split())


ALL = [Detections([BOX, FAR], [0.9, 0.8], [0, 0])] * 12
SOME = [Detections([BOX], [0.9], [0])] * 12


def test_the_tables_say_how_sure_they_are():
    text = printed(metrics(timed=ALL, other=SOME))
    assert "cats: 12 test images, 24 boxes" in text
    assert "timed against other" in text
    assert "better" in text
    assert "[1.000 1.000]" in text
    assert "4.2 ms" in text
    assert "threads: opencv 2" in text
    assert "at most 100 detections" in text
    assert "voc 2007" in text
    assert "cost of missed" in text
    assert "p90" not in text  # nobody has it


def test_three_detectors_are_told_apart_two_by_two():
    text = printed(metrics(timed=ALL, other=SOME, third=ALL))
    for pair in ("timed against other", "timed against third", "other against third"):
        assert pair in text


def test_one_detector_needs_no_verdict():
    assert "against" not in printed(metrics(timed=ALL))


def test_an_undecided_difference_says_what_would_decide_it():
    told = {
        "difference": 0.02,
        "interval_95": [-0.01, 0.05],
        "verdict": "cannot_tell",
        "images": 60,
        "images_to_settle": 1300,
    }
    assert verdict_text(told) == (
        "cannot tell with 60 images\n(about 1,300 would)\n+0.020 [-0.010 +0.050]"
    )
    assert verdict_text(None) == "–"
