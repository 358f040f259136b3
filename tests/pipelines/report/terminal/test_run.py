from msgspec.structs import replace
from rich.console import Console
from toy_run import CLASSES, toy_metrics

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.report_card import EvaluationImages, compared, judge
from pipelines.report.terminal.run import closing_tables
from pipelines.settings import ScoringSettings

BOX, FAR = [0.0, 0, 10, 10], [50.0, 0, 60, 10]
TRUTH = [Annotations([BOX, FAR], [0, 0]) for _ in range(12)]
ALL = [Detections([BOX, FAR], [0.9, 0.8], [0, 0])] * 12
SOME = [Detections([BOX], [0.9], [0])] * 12


def metrics(iou=None, **found):
    images = EvaluationImages(TRUTH, ("cat",), iou=iou)
    judged = {name: judge(images, detections) for name, detections in found.items()}
    qualities = {name: each.quality for name, each in judged.items()}
    return toy_metrics(qualities, compared(judged, 12), 12, scoring=ScoringSettings("", (), iou))


def printed(shown):
    console = Console(width=140, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    for table in closing_tables(shown):
        console.print(table)
    console.file.close()
    return " ".join(console.export_text().split())


def test_the_tables_say_how_sure_they_are():
    text = printed(metrics(yolo=ALL, other=SOME))
    assert "toys & <b>co</b>: 12 test images, 48 boxes" in text
    assert "yolo against other" in text
    assert "yolo better" in text
    assert "│ by 0.5" in text
    assert "[0.735 1.000]" in text  # twelve images that all agree
    assert "2.5 ms" in text
    assert "threads: opencv 2" in text
    assert "at most 100 detections" in text
    assert "voc 2007" in text
    assert "cost of missed" in text
    assert "p90" not in text  # nobody has it
    assert "nan" not in text


def test_another_iou_has_a_row_of_its_own():
    assert "mAP@0.3 " in printed(metrics(0.3, yolo=ALL, other=SOME))
    assert "mAP@0.3 " not in printed(metrics(yolo=ALL, other=SOME))


def test_three_detectors_are_compared_two_by_two():
    text = printed(metrics(one=ALL, other=SOME, third=ALL))
    for pair in ("one against other", "one against third", "other against third"):
        assert pair in text
    assert "corrected for 3 comparisons" in text


def test_two_detectors_are_one_comparison_which_needs_no_correction():
    assert "corrected" not in printed(metrics(one=ALL, other=SOME))


def test_classes_are_compared_together():
    truth = [Annotations([BOX, FAR], [0, 1]) for _ in range(12)]
    images = EvaluationImages(truth, CLASSES)  # of some of them there is no object
    found = {"one": [Detections([BOX, FAR], [0.9, 0.8], [0, 1])] * 12, "other": SOME}
    judged = {name: judge(images, detections) for name, detections in found.items()}
    qualities = {name: each.quality for name, each in judged.items()}
    text = printed(toy_metrics(qualities, compared(judged, 12), 12))
    assert "corrected for 2 comparisons, all classes together (Holm)" in text
    assert "comparisons a figure" not in text


def test_one_detector_needs_no_verdict():
    assert "against" not in printed(metrics(yolo=ALL))


def test_a_name_with_brackets_is_no_markup():
    shown = metrics(yolo=ALL)
    shown = replace(shown, dataset=replace(shown.dataset, name="[red]cats"))
    assert "[red]cats" in printed(shown)
