import numpy as np

from scripts.measure import scoring

SMALL = ("--images", "8", "--objects", "40", "--detections", "160", "--classes", "3")


def test_the_evaluator_agrees_with_pycocotools_on_simulated_boxes(capsys):
    assert scoring.main([*SMALL, "--pycocotools", "--fixtures", "3"]) == 0
    printed = capsys.readouterr().out
    assert "8 images, 40 objects, 160 detections, 3 classes" in printed
    assert "1000 paired resamples" in printed
    assert printed.count("largest difference") == 2


def test_a_figure_that_differs_is_the_exit_status(monkeypatch):
    monkeypatch.setattr(scoring, "by_pycocotools", lambda truth, rows: np.full(12, 0.5))
    assert scoring.main([*SMALL, "--pycocotools"]) == 1
