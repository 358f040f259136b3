"""Measure `detect.py` without drawing beside the evaluator's throughput, in turns on one machine.

A run's test images are repeated until there are as many files as wanted, in a folder of their own.
The evaluator's images are decoded before its clock starts; `detect.py` opens each file and writes
each result within its time, so what decoding alone takes is printed beside.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import numpy as np

from pipelines.contenders import NAMES
from pipelines.system.command_line import Options, command, whole
from scripts.measure.common import costly, in_turns, loaded

SECONDS = 3.0  # of the evaluator's turns: one second is too short beside other programs

OPTIONS = Options(__doc__)
option = OPTIONS.add_argument
option("run", type=Path, metavar="RUN", help="folder of a finished comparison")
option("--dataset", help="where its data is, if not where the run found it")
option("--images", type=whole(1), default=500, metavar="N", help="files (500)")
option("--rounds", type=whole(1), default=3, metavar="N", help="turns of each (3)")
option("--pipelines", nargs="+", choices=NAMES)


@command("measure_detect", OPTIONS)
def main(arguments: argparse.Namespace) -> int:
    """Measure and print; return 0."""
    from pipelines.runs.finished import open_run
    from pipelines.runs.images import run_dataset, test_images
    from pipelines.system.processes import in_own_process

    run = open_run(arguments.run)
    tested = [image.path for image in test_images(run, run_dataset(run, arguments.dataset))]
    device = run.settings.device
    with tempfile.TemporaryDirectory(prefix="detect-") as place:
        photos, output = Path(place) / "photos", Path(place) / "out"
        files = repeated(tested, photos, arguments.images)
        decoding = in_own_process(decoded_a_second, files)
        print(f"{len(files)} images; all threads decode {decoding:.1f} a second")
        for name in arguments.pipelines or run.settings.pipelines:
            model = run.folder / "models" / name
            rates = in_turns(
                arguments.rounds,
                partial(in_own_process, detected, model, photos, output, device),
                partial(in_own_process, evaluated, model, name, device, files),
            )
            throughput = run.metrics.pipelines[name].throughput
            then = f" ({throughput.best:.1f} when the run was made)" if throughput else ""
            script, evaluator = np.median(rates, axis=1)
            ratio = np.median(np.divide(rates[0], rates[1]))
            print(
                f"{name}: detect.py {script:.1f} images/s, the evaluator {evaluator:.1f}{then}; "
                f"ratio {ratio:.2f}, the median of {arguments.rounds} turns; the evaluator would "
                f"do {1 / (1 / evaluator + 1 / decoding):.1f} if it opened the files too"
            )
    return 0


def repeated(paths: Sequence[Path], folder: Path, count: int) -> list[Path]:
    """Copy the images into a new folder until there are that many; return where they are."""
    folder.mkdir()
    places = [folder / f"{turn:05}{paths[turn % len(paths)].suffix}" for turn in range(count)]
    for turn, place in enumerate(places):
        shutil.copyfile(paths[turn % len(paths)], place)
    return places


def decoded_a_second(files: Sequence[Path]) -> float:
    """Return how many of the files as many threads as there are cores open in a second."""
    from concurrent.futures import ThreadPoolExecutor

    from datasets.images import load_image
    from pipelines.system import runtime

    runtime.set_threads(1)
    with ThreadPoolExecutor(runtime.usable_cores()) as pool:
        _, cost = costly(lambda: sum(pool.map(lambda path: load_image(path).size, files)))
    return len(files) / cost.seconds


def evaluated(model: Path, name: str, device_name: str, files: Sequence[Path]) -> float:
    """Return the evaluator's images a second in the best batch, as a run measures it."""
    from datasets.images import load_image
    from pipelines.benchmark.detect import RATE_IMAGES
    from pipelines.evaluation.timing import measure_throughput
    from pipelines.settings import EvaluationSettings

    detector, device = loaded(name, model, device_name)
    rates = measure_throughput(
        detector,
        [load_image(path) for path in files[:RATE_IMAGES]],
        batches=EvaluationSettings().throughput_batches,
        seconds=SECONDS,
        clock=time.perf_counter,
        synchronise=device.synchronise,
        joules=lambda: None,
    )
    return rates.best


def detected(model: Path, photos: Path, output: Path, device: str) -> float:
    """Return how many images a second `detect.py` reaches, without drawing."""
    from datasets.progress import silently
    from datasets.settings import MAX_PIXELS
    from pipelines.inference.detect import detect_sources
    from pipelines.inference.engines import DetectOptions
    from pipelines.inference.sources import found_sources
    from pipelines.runs.model_folder import open_model, validated_threshold

    folder = open_model(model)
    wanted = DetectOptions(validated_threshold(folder), "coco", False, device, MAX_PIXELS)
    sources = found_sources([str(photos)])
    return detect_sources(folder, sources, output, wanted, silently).pictures_per_second


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
