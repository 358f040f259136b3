"""Measure this project's network beside YOLOv8n, in turns on one machine.

    python -m venv peer && peer/bin/pip install ultralytics onnx onnxruntime
    python scripts/measure/peer.py runs/BCCD --peer-python peer/bin/python --data set/data.yaml

The peer lives in an environment of its own and is only called through its public interface; it is
no dependency. The network alone is timed at the run's input size, p50 of single pictures; training
in images a second at a square of the longer side, each with its own usual batch and with what makes
its pictures: the second epoch of the peer, pictures held in memory, and updates of ours after the
first. ``--data`` is the set as YOLO text, as ``inspect_dataset.py --convert yolo`` writes it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import msgspec
import numpy as np

from datasets.errors import UserError
from pipelines.system.command_line import Options, command, whole
from scripts.measure.common import costly, in_turns, opened

if TYPE_CHECKING:
    from datasets.annotations import LabelledImage
    from models.yolo.settings import YoloSettings

CALLS, WARM_UP, TURNS = 100, 10, 3  # timed, left out, and how often each has its turn
UPDATES, UPDATES_LEFT_OUT = 100, 10  # as many are left out as were made ahead, and more
PEER_BATCH = 16  # its default
QUIET = {"YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false"}  # it asks no network for anything

# What the peer's Python runs; it prints one line of JSON last.
EXPORT = """
from ultralytics import YOLO
print(YOLO("yolov8n.yaml").export(format="onnx", imgsz=[{height}, {width}]))
"""
CALL = """
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
import json, time, torch
from ultralytics import YOLO
torch.set_num_threads({threads})
model = YOLO("yolov8n.yaml")
times = []
for moment in ("on_train_epoch_start", "on_train_epoch_end"):
    model.add_callback(moment, lambda trainer: times.append(time.perf_counter()))
model.train(data={data!r}, epochs=2, imgsz={side}, batch={batch}, device="cpu", val=False,
    plots=False, project=".", name="peer", workers={threads}, cache="ram", fraction={fraction})
print(json.dumps(len(model.trainer.train_loader.dataset) / (times[3] - times[2])))
"""

OPTIONS = Options(__doc__)
option = OPTIONS.add_argument
option("run", type=Path, help="a finished run with a YOLO")
option("--peer-python", type=Path, required=True, help="with ultralytics")
option("--data", type=Path, help="data.yaml of the set, to time training too")
option("--images", type=whole(1), help="train on so many only, for a fast look")


@command("measure_peer", OPTIONS)
def main(arguments: argparse.Namespace) -> int:
    """Measure and print; return 0."""
    from pipelines.runs.finished import open_run
    from pipelines.system import runtime
    from pipelines.yolo.storage import LITERT, saved_yolo

    settings = open_run(arguments.run).settings.yolo
    folder = arguments.run / "models" / "yolo"
    if not (folder / LITERT).is_file():
        raise UserError(f"{folder}: has no {LITERT}; name a finished run with a YOLO")
    threads = runtime.usable_cores()
    runtime.set_threads(threads)
    print(runtime.cpu_name())
    height, width = saved_yolo(folder).input_hw
    with TemporaryDirectory() as place:
        peer = partial(by_peer, arguments.peer_python.absolute(), Path(place))
        peer(EXPORT.format(height=height, width=width))
        sizes = {"height": height, "width": width, "calls": CALLS, "warm_up": WARM_UP}
        call = CALL.format(threads=threads, **sizes)
        turns = in_turns(
            TURNS,
            partial(call_seconds, folder / LITERT, (height, width), threads),
            lambda: msgspec.json.decode(peer(call), type=list[float]),
        )
        ours, theirs = 1e3 * np.median(turns, axis=(1, 2))
        show("network alone, p50 in ms", ours, theirs)
        if arguments.data is not None:
            data, side = str(arguments.data.absolute()), max(height, width)
            train = opened(str(Path(data).parent)).splits["train"]
            some = train[: arguments.images]
            amounts = {"batch": PEER_BATCH, "fraction": len(some) / len(train)}
            theirs = float(peer(TRAIN.format(threads=threads, data=data, side=side, **amounts)))
            ours = images_a_second(some, side, settings)
            show(f"training at {side}×{side}, images a second", ours, theirs)
    return 0


def by_peer(python: Path, place: Path, code: str) -> str:
    """Return the last line that the code prints in the other environment, run in a folder.

    Raises:
        UserError: it fails.
    """
    environment = {**os.environ, **QUIET, "YOLO_CONFIG_DIR": str(place)}
    call = partial(subprocess.check_output, cwd=place, env=environment, text=True)
    try:
        printed = call([str(python), "-c", code], stderr=subprocess.PIPE)
    except subprocess.CalledProcessError as error:
        raise UserError(f"the peer failed: {error.stderr.strip()[-400:]}") from error
    return printed.strip().splitlines()[-1]


def call_seconds(network: Path, input_hw: tuple[int, int], threads: int) -> list[float]:
    """Return the seconds of single calls of the saved network."""
    from models.yolo.forward import LiteRtForward

    forward = LiteRtForward(network, threads)
    picture = np.random.default_rng(0).integers(0, 256, (*input_hw, 3), dtype=np.uint8)
    return [costly(lambda: forward(picture))[1].seconds for _ in range(CALLS + WARM_UP)][WARM_UP:]


def images_a_second(images: Sequence[LabelledImage], side: int, settings: YoloSettings) -> float:
    """Return how many pictures a second training takes, made from the images as it goes on."""
    from datasets.progress import silently
    from models.yolo.batches import batches, fill_cache
    from models.yolo.learner import Learner
    from models.yolo.symmetry import chosen_flips

    classes = 1 + max(int(label) for image in images for label in image.annotations.labels)
    learner = Learner.of((side, side), classes, settings)
    with TemporaryDirectory() as place:
        cache = fill_cache(images, (side, side), Path(place), silently)
        samples = [cache.sample(index) for index in range(len(images))]
        flips = chosen_flips(settings.flips, samples, seed=0)
        (phase,) = learner.phases
        made = batches(cache, (side, side), settings, flips, 0, lambda update: True, phase.prepare)
        for update in range(UPDATES_LEFT_OUT + UPDATES):
            if update == UPDATES_LEFT_OUT:
                started = time.perf_counter()
            batch = next(made)
            float(phase.update(*batch.arrays).boxes)
        seconds = time.perf_counter() - started
        made.close()
        del samples, cache
    return UPDATES * settings.batch / seconds


def show(figure: str, ours: float, theirs: float) -> None:
    """Print both and their ratio."""
    print(f"{figure}: {ours:.2f} against {theirs:.2f} of YOLOv8n: {ours / theirs:.2f}")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
