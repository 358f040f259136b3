"""Measure `detect.py` without drawing beside the evaluator's throughput, in turns on one machine.

A run's test images are repeated until there are as many files as wanted, in a folder of their own.
The evaluator's images are decoded before its clock starts; `detect.py` opens each file and writes
each result within its time, so what decoding alone takes is printed beside.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pipelines.contenders import NAMES
from pipelines.system.command_line import Options, run, whole

SECONDS = 3.0  # of the evaluator's turns: one second is too short beside other programs


def main(argv: Sequence[str] | None = None) -> int:
    """Measure; return the exit status."""
    made = Options(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    made.add_argument("run", type=Path, metavar="RUN", help="folder of a finished comparison")
    made.add_argument("--dataset", help="where its data is, if not where the run found it")
    made.add_argument("--images", type=whole(1), default=500, metavar="N", help="files (500)")
    made.add_argument("--rounds", type=whole(1), default=3, metavar="N", help="turns of each (3)")
    made.add_argument("--pipelines", nargs="+", choices=NAMES)
    return run("measure_detect", made, argv, measured)


def measured(arguments: argparse.Namespace) -> int:
    """Measure and print."""
    from pipelines.runs.finished import open_run
    from pipelines.runs.images import run_dataset, test_images
    from pipelines.system.processes import in_own_process

    finished = open_run(arguments.run)
    settings = finished.settings
    data = run_dataset(finished, arguments.dataset)
    tested = [image.path for image in test_images(finished, data)]
    with tempfile.TemporaryDirectory(prefix="detect-") as name:
        folder = Path(name)
        files = repeat(tested, folder / "photos", arguments.images)
        decoding = in_own_process(decoded_a_second, files)
        print(f"{len(files)} images; all threads decode {decoding:.1f} a second")
        for pipeline in arguments.pipelines or settings.pipelines:
            model = finished.folder / "models" / pipeline
            device = settings.device
            turns = [
                (
                    in_own_process(evaluated, model, pipeline, device, files),
                    in_own_process(detected, model, folder / "photos", folder / "out", device),
                )
                for _ in range(arguments.rounds)
            ]
            recorded = finished.metrics.pipelines[pipeline].throughput
            print(compared(pipeline, turns, recorded.best if recorded else None, decoding))
    return 0


def repeat(paths: Sequence[Path], folder: Path, count: int) -> list[Path]:
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
    started = time.perf_counter()
    with ThreadPoolExecutor(runtime.usable_cores()) as pool:
        for _ in pool.map(lambda path: load_image(path).shape, files):
            pass
    return len(files) / (time.perf_counter() - started)


def evaluated(model: Path, pipeline: str, device_name: str, files: Sequence[Path]) -> float:
    """Return the evaluator's images a second in the best batch, as a run measures it."""
    from datasets.images import load_image
    from pipelines.benchmark.detect import RATE_IMAGES
    from pipelines.contenders import contender
    from pipelines.evaluation.timing.throughput import measure_throughput
    from pipelines.settings import EvaluationSettings
    from pipelines.system import runtime

    threads = runtime.usable_cores()
    runtime.set_threads(threads)
    device = runtime.choose_device(contender(pipeline).device_choice(device_name))
    rates = measure_throughput(
        contender(pipeline).load(model, device, threads),
        [load_image(path) for path in files[:RATE_IMAGES]],
        batches=EvaluationSettings().throughput_batches,
        seconds=SECONDS,
        clock=time.perf_counter,
        synchronise=device.synchronise,
        joules=lambda: None,
    )
    return rates.best


def detected(model: Path, photos: Path, output: Path, device: str) -> float:
    """Return how many images a second `detect.py` reports, without drawing."""
    from scripts.detect import main as detect

    options = ("--no-draw", "--overwrite", "--device", device, "--output", str(output))
    if detect([str(model), str(photos), *options]):
        raise SystemExit(1)  # it has printed why
    summary = json.loads((output / "summary.json").read_text(encoding="utf-8"))
    rate: float = summary["pictures_per_second"]
    return rate


def compared(
    pipeline: str, turns: Sequence[tuple[float, float]], recorded: float | None, decoding: float
) -> str:
    """Return the medians of both and of their ratio in a line."""
    evaluator, detect, ratio = (
        statistics.median(values)
        for values in (
            [turn[0] for turn in turns],
            [turn[1] for turn in turns],
            [turn[1] / turn[0] for turn in turns],
        )
    )
    of_run = "" if recorded is None else f" ({recorded:.1f} when the run was made)"
    opening = 1 / (1 / evaluator + 1 / decoding)
    return (
        f"{pipeline}: detect.py {detect:.1f} images/s, the evaluator {evaluator:.1f}{of_run}; "
        f"ratio {ratio:.2f}, the median of {len(turns)} turns; the evaluator would do "
        f"{opening:.1f} if it opened the files too"
    )


if __name__ == "__main__":
    raise SystemExit(main())
