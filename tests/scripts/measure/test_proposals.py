import numpy as np
from PIL import Image

from scripts.measure import proposals


def test_recall_is_printed_for_each_source_and_budget_and_drawn(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "120")
    plot, sources = tmp_path / "recall.png", ("prior", "windows")
    arguments = ["recall", "--limit", "5", "--sources", *sources, "--plot", str(plot)]
    assert proposals.main(arguments) == 0
    printed = capsys.readouterr().out
    assert printed.count("prior") >= len(proposals.BUDGETS)
    assert "best average recall with 300 boxes: windows" in printed
    with Image.open(plot) as picture:
        assert picture.width > 1000


def test_data_that_is_not_there_is_refused(tmp_path, capsys):
    assert proposals.main(["recall", "--dataset", str(tmp_path / "none")]) == 2
    assert "none" in capsys.readouterr().err


def test_windows_masks_and_proposals_are_drawn(classical_folder, small_sample, tmp_path):
    drawn, photograph = tmp_path / "drawn", small_sample.splits["train"][0].path
    arguments = ["show", str(classical_folder), str(photograph), "--output", str(drawn)]
    assert proposals.main(arguments) == 0
    names = {path.name for path in drawn.iterdir()}
    assert names == {"windows.png", "grabcut_1.png", "grabcut_2.png", "proposals.png"}
    with Image.open(drawn / "proposals.png") as picture:
        shown = np.asarray(picture, int)
    assert np.abs(shown - np.asarray(Image.open(photograph), int)).max() > 50


def test_a_model_that_is_not_there_is_refused(tmp_path, capsys):
    assert proposals.main(["show", str(tmp_path), str(tmp_path / "a.png")]) == 2
    assert "measure_proposals:" in capsys.readouterr().err
