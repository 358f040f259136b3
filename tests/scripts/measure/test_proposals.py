import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from datasets.progress import silently
from models.classical.settings import ClassicalSettings
from scripts.measure import proposals

ROOT = Path(__file__).resolve().parents[3]


def measured(*arguments):
    """Run the script in a process of its own: it sets threads, which TensorFlow allows once."""
    script = ROOT / "scripts" / "measure" / "proposals.py"
    command = [sys.executable, str(script), "recall", *arguments]
    environment = {**os.environ, "COLUMNS": "120"}
    return subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=300, env=environment
    )


def test_recall_is_printed_for_each_source_and_budget_and_drawn(tmp_path):
    plot = tmp_path / "recall.png"
    done = measured("--limit", "5", "--sources", "prior", "windows", "--plot", str(plot))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("prior") >= len(proposals.BUDGETS)
    assert "best average recall with 300 boxes: windows" in done.stdout
    with Image.open(plot) as picture:
        assert picture.width > 1000


def test_data_that_is_not_there_is_refused(tmp_path):
    done = measured("--dataset", str(tmp_path / "none"))
    assert done.returncode == 2
    assert "is not a folder" in done.stderr


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
