"""CI's evaluation on the sample set means something: labels without sense miss its thresholds."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
NAME = re.compile(r"(?<=<name>)[^<]*(?=</name>)")


def shuffle_training_labels(folder):
    """Give every training object the label of another one, drawn at random."""
    stems = (folder / "ImageSets" / "Main" / "train.txt").read_text().split()
    paths = [folder / "Annotations" / f"{stem}.xml" for stem in stems]
    texts = [path.read_text() for path in paths]
    names = [name for text in texts for name in NAME.findall(text)]
    mixed = iter(np.random.default_rng(0).permutation(names).tolist())
    for path, text in zip(paths, texts, strict=True):
        path.write_text(NAME.sub(lambda _: next(mixed), text))
    return names


@pytest.mark.slow
@pytest.mark.tensorflow
def test_shuffled_training_labels_miss_both_thresholds_of_ci(tmp_path):
    from datasets.sample.store import sample_folder

    shuffled = shutil.copytree(sample_folder(), tmp_path / "shuffled")
    assert len(set(shuffle_training_labels(shuffled))) == 6
    wanted = re.findall(r"\w+\.map_50=[\d.]+", (ROOT / ".ci" / "run").read_text())
    assert len(wanted) == 2
    done = subprocess.run(
        [
            *(sys.executable, ROOT / "scripts" / "compare_detection.py", "--quick"),
            *("--dataset", shuffled, "--output", tmp_path / "run", "--annotate", "0"),
            *("--pipelines", "classical", "yolo"),
            *("--set", "evaluation.latency_samples=1", "evaluation.warm_up=0"),
            "evaluation.throughput_seconds=0",
            *("--require", *wanted),
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "COLUMNS": "120"},
    )
    assert done.returncode == 1, done.stderr
    assert len(re.findall(r"^MISSED (classical|yolo)\.map_50", done.stdout, re.MULTILINE)) == 2
