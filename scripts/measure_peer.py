"""Time this project's network against YOLOv8n, in turns on one machine.

    python -m venv peer && peer/bin/pip install ultralytics onnx onnxruntime
    python scripts/measure_peer.py runs/BCCD --peer-python peer/bin/python --data set/data.yaml

The peer lives in an environment of its own and is only called through its public interface; it is
no dependency. The network alone is timed at the run's input size, p50 of single pictures; training
in images a second at a square of the longer side, each with its own usual batch. ``--data`` is the
set as YOLO text, which ``inspect_dataset.py --convert yolo`` writes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

CALLS, WARM_UP, TURNS = 100, 10, 3  # timed, left out, and how often each has its turn
UPDATES, UPDATES_LEFT_OUT = 20, 3
PEER_BATCH = 16  # its default

# What the peer's Python runs; it prints one line of JSON last.
EXPORT = """
from ultralytics import YOLO
print(YOLO("yolov8n.yaml").export(format="onnx", imgsz=[{height}, {width}]))
"""
ANSWER = """
import json, time, numpy, onnxruntime
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = {threads}
session = onnxruntime.InferenceSession("yolov8n.onnx", options)
picture = numpy.random.rand(1, 3, {height}, {width}).astype("float32")
seconds = []
for call in range({calls} + {warm_up}):
    started = time.perf_counter()
    session.run(None, {{session.get_inputs()[0].name: picture}})
    seconds.append(time.perf_counter() - started)
print(json.dumps(seconds[{warm_up}:]))
"""
TRAIN = """
import csv, json, torch
from ultralytics import YOLO
torch.set_num_threads({threads})
model = YOLO("yolov8n.yaml")
model.train(data={data!r}, epochs=2, imgsz={side}, batch={batch}, device="cpu", val=False,
    plots=False, project=".", name="peer", workers={threads})
rows = list(csv.DictReader(open(model.trainer.save_dir / "results.csv")))
times = [float(next(v for k, v in row.items() if k.strip() == "time")) for row in rows]
print(json.dumps(times[1] - times[0]))
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; return 0, or 2 for what can't be used."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run", type=Path, help="a finished run with a YOLO")
    parser.add_argument("--peer-python", type=Path, required=True, help="with ultralytics")
    parser.add_argument("--data", type=Path, help="data.yaml of the set, to time training too")
    arguments = parser.parse_args(argv)
    folder = arguments.run / "models" / "yolo"
    if not (folder / "network.tflite").is_file():
        print(f"measure_peer: {folder}: has no network.tflite; name a finished run")
        return 2

    from pipelines import runtime

    threads = runtime.usable_cores()
    runtime.set_threads(threads)
    print(runtime.cpu_name())
    height, width = json.loads((folder / "settings.json").read_text("utf-8"))["input_hw"]
    with TemporaryDirectory() as place:
        peer = _Peer(arguments.peer_python.absolute(), Path(place))
        peer.run(EXPORT.format(height=height, width=width))
        call = ANSWER.format(
            threads=threads, height=height, width=width, calls=CALLS, warm_up=WARM_UP
        )
        ours, theirs = [], []
        for _ in range(TURNS):
            ours += answer_seconds(folder, (height, width), threads)
            theirs += json.loads(peer.run(call))
        show("network alone, p50", 1e3 * np.median(ours), 1e3 * np.median(theirs), "ms")
        if arguments.data is not None:
            data = arguments.data.absolute()
            side = max(height, width)
            second_epoch = json.loads(
                peer.run(TRAIN.format(threads=threads, data=str(data), side=side, batch=PEER_BATCH))
            )
            metrics = json.loads((arguments.run / "metrics.json").read_text("utf-8"))
            images = metrics["dataset"]["splits"]["train"]["images"]
            batch = metrics["settings"]["yolo"]["batch"]
            show(
                f"training at {side}×{side}, images a second",
                batch / update_seconds(side, batch, len(metrics["dataset"]["classes"])),
                images / second_epoch,
                "",
            )
    return 0


class _Peer:
    """The other environment's Python, working in a folder."""

    def __init__(self, python: Path, place: Path) -> None:
        self.python, self.place = python, place

    def run(self, code: str) -> str:
        """Return the last line that the code prints."""
        done = subprocess.run(
            [self.python, "-c", code], cwd=self.place, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"measure_peer: the peer failed: {done.stderr.strip()[-400:]}")
        return done.stdout.strip().splitlines()[-1]


def answer_seconds(folder: Path, input_hw: tuple[int, int], threads: int) -> list[float]:
    """Return the seconds of single calls of the saved network."""
    from models.yolo.forward import LiteRtForward

    forward = LiteRtForward(folder / "network.tflite", threads)
    picture = np.random.default_rng(0).integers(0, 256, (*input_hw, 3), dtype=np.uint8)
    seconds = []
    for _ in range(CALLS + WARM_UP):
        started = time.perf_counter()
        forward(picture)
        seconds.append(time.perf_counter() - started)
    return seconds[WARM_UP:]


def update_seconds(side: int, batch: int, classes: int) -> float:
    """Return the mean seconds of an update with that many square pictures, 10 objects each."""
    from models.yolo.network import build_network
    from models.yolo.settings import YoloSettings
    from models.yolo.update import compiled_update
    from models.yolo.weights import FlatWeights

    settings = YoloSettings()
    network = build_network((side, side), classes, settings.width, settings.depth)
    update = compiled_update(FlatWeights(network, settings), settings)
    random = np.random.default_rng(0)
    corners = random.uniform(0, side / 2, (batch, 10, 2))
    boxes = np.concatenate([corners, corners + random.uniform(8, side / 2, corners.shape)], -1)
    arrays: list[Any] = [
        random.integers(0, 256, (batch, side, side, 3), dtype=np.uint8),
        boxes.astype(np.float32),
        random.integers(0, classes, (batch, 10)).astype(np.int32),
        np.ones((batch, 10), np.float32),
    ]
    for _ in range(UPDATES_LEFT_OUT):
        update(*arrays)
    started = time.perf_counter()
    for _ in range(UPDATES):
        float(update(*arrays).boxes)
    return (time.perf_counter() - started) / UPDATES


def show(what: str, ours: float, theirs: float, unit: str) -> None:
    """Print both and their ratio."""
    print(f"{what}: {ours:.2f} {unit} against {theirs:.2f} {unit} of YOLOv8n: {ours / theirs:.2f}")


if __name__ == "__main__":
    raise SystemExit(main())
