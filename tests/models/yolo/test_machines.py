"""Two machines that make the same updates, as two processes of this one."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]

MACHINE = """
import sys
sys.path[:0] = [{root!r}, {root!r} + "/tests/support"]
import os, numpy as np, pytest, tensorflow as tf, keras
from pathlib import Path
from models.yolo.learner import Learner
from models.yolo.machines import joined
from models.yolo.settings import YoloSettings
from simple_blocks import take_simple_blocks
take_simple_blocks(pytest.MonkeyPatch())
name = sys.argv[1]
machines = joined(os.environ["TF_CONFIG"], is_first=name == "0")
keras.utils.set_random_seed(0)
learner = Learner.of((32, 64), 2, YoloSettings(width=2), machines)
random = np.random.default_rng(0)
for _ in range(3):
    corners = random.uniform(0, 20, (4, 5, 2))
    learner.phases[0].update(
        random.integers(0, 256, (4, 32, 64, 3), dtype=np.uint8),
        np.concatenate([corners, corners + random.uniform(8, 30, (4, 5, 2))], -1).astype("float32"),
        random.integers(0, 2, (4, 5)).astype("int32"),
        np.ones((4, 5), "float32"),
        np.ones((4, 42), "float32"),
    )
said = machines.from_first(lambda: b"from " + name.encode())
nothing = machines.from_first(lambda: b"")
rows = [np.asarray(row) for row in learner.phases[0].weights._rows]
np.savez(Path({place!r}) / f"{{name}}.npz", *rows)
if name == "1":
    os._exit(0)
if name == "0":
    try:
        while True:
            machines.from_first(lambda: b"more")
    except Exception as error:
        said += b"; " + type(error).__name__.encode()
print(said.decode(), len(nothing))
"""


@pytest.mark.tensorflow
@pytest.mark.slow
def test_two_machines_learn_the_same_and_one_left_behind_says_so(tmp_path):
    from scripts.measure.two_machines import tf_configs

    code = MACHINE.format(root=str(ROOT), place=str(tmp_path))
    texts = {str(number): text for number, text in enumerate(tf_configs())}

    def run(name):
        return subprocess.run(
            [sys.executable, "-c", code, name],
            env={"TF_CONFIG": texts[name], "TF_CPP_MIN_LOG_LEVEL": "3", "PATH": ""},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    with ThreadPoolExecutor(2) as pool:
        first, _ = pool.map(run, texts)
    assert first.stdout.strip() == "from 0; TrainingError 0", first.stderr[-3000:]
    one, two = (np.load(tmp_path / f"{name}.npz") for name in texts)
    assert max(float(np.abs(one[key]).max()) for key in one.files) > 0.1
    for key in one.files:
        np.testing.assert_allclose(one[key], two[key], atol=1e-6)
