import numpy as np
from PIL import Image

from datasets.progress import silently
from models.classical.settings import ClassicalSettings
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


def test_windows_masks_and_proposals_are_drawn(sample_dataset, tmp_path):
    from pipelines.classical.storage import save_classical
    from pipelines.classical.training import train_classical

    settings = ClassicalSettings(
        proposals=100, grabcut_sizes=(64,), window_shapes=3, mining_rounds=0, c_factors=()
    )
    train, val = sample_dataset.splits["train"][:12], sample_dataset.splits["val"][:3]
    detector = train_classical(train, val, sample_dataset.classes, settings, 0, silently, threads=2)
    save_classical(detector, tmp_path / "model")
    drawn = tmp_path / "drawn"
    arguments = ["show", str(tmp_path / "model"), str(train[0].path), "--output", str(drawn)]
    assert proposals.main(arguments) == 0
    names = {path.name for path in drawn.iterdir()}
    assert names == {"windows.png", "grabcut_1.png", "grabcut_2.png", "proposals.png"}
    with Image.open(drawn / "proposals.png") as picture:
        shown = np.asarray(picture, int)
    assert np.abs(shown - np.asarray(Image.open(train[0].path), int)).max() > 50


def test_a_model_that_is_not_there_is_refused(tmp_path, capsys):
    assert proposals.main(["show", str(tmp_path), str(tmp_path / "a.png")]) == 2
    assert "measure_proposals:" in capsys.readouterr().err
