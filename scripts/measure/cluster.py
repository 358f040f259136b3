"""Hold a cluster of this machine's processes to the same work without it.

The data axis of a finished run is studied by local processes and by a Dask cluster of two workers,
once left alone and as often as asked with a worker killed at a random moment: figures, cells and
times. Then the same images are detected in, by this machine and by the cluster.

    python scripts/measure/cluster.py runs/sample DIR --kills 10 --images 2000
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import psutil

from pipelines.system.command_line import Options, command, real, whole
from scripts.measure.common import opened, print_table
from scripts.measure.detect import repeated

ROOT = Path(__file__).resolve().parents[2]
WORKERS = 2

OPTIONS = Options(__doc__)
option = OPTIONS.add_argument
option("run", type=Path, metavar="RUN", help="a finished run")
option("folder", type=Path, metavar="DIR", help="where copies of it are kept")
option("--minutes", type=real(0, 1e6, above=True), default=30.0, help="for the data axis")
option("--kills", type=whole(0), default=10)
option("--images", type=whole(1), default=2000)
option("--contender", default="classical", help="that detects")
option("--seed", type=whole(0), default=0)


@command("measure_cluster", OPTIONS, "start again with the same command")
def main(arguments: argparse.Namespace) -> int:
    """Study, kill, detect and print; return 1 where something differs."""
    folder, minutes = arguments.folder.resolve(), arguments.minutes
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    local, cells = studied(arguments.run, folder / "local", minutes, None)
    rows = [["data axis, local processes", f"{local:.0f} s, {len(cells)} trainings"]]
    wrong = 0
    draw = random.Random(arguments.seed)  # noqa: S311 - moments, not secrets
    for number in range(1 + arguments.kills):
        with cluster() as (address, workers):
            killer = threading.Timer(draw.uniform(0.05, 0.9) * local, kill_one(workers, draw))
            if number:
                killer.start()
            seconds, there = studied(arguments.run, folder / str(number), minutes, address)
            killer.cancel()
        same = "the same figures" if there == cells else "OTHER FIGURES"
        wrong += there != cells
        title = f"a worker killed, {number}" if number else "a cluster of two workers"
        rows.append([title, f"{seconds:.0f} s ({seconds / local:.2f}), {len(there)}, {same}"])
    photos = folder / "photos"
    dataset = json.loads((arguments.run / "metrics.json").read_bytes())["settings"]["dataset"]
    files = [image.path for image in opened(dataset).splits["test"]]
    repeated(files, photos, arguments.images)
    model = arguments.run.resolve() / "models" / arguments.contender
    here = detected(model, photos, folder / "here", None)
    with cluster() as (address, _):
        there_rate = detected(model, photos, folder / "there", address)
    results = [(folder / name / "detections.json").read_bytes() for name in ("here", "there")]
    wrong += results[0] != results[1]
    same = "the same file" if results[0] == results[1] else "ANOTHER FILE"
    rows.append([f"{arguments.contender}, this machine", f"{here:.1f} images a second"])
    rows.append(["a cluster of two workers", f"{there_rate:.1f} ({there_rate / here:.2f}), {same}"])
    print_table("a cluster beside this machine", ("what", "measured"), rows)
    return int(wrong > 0)


@contextmanager
def cluster() -> Iterator[tuple[str, Callable[[], list[psutil.Process]]]]:
    """Give the address of a cluster of two workers, and a function that gives their processes."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=WORKERS, threads_per_worker=1, dashboard_address=":0", silence_logs=50
    ) as made:

        def workers() -> list[psutil.Process]:
            return [psutil.Process(nanny.pid) for nanny in made.workers.values() if nanny.pid]

        yield made.scheduler_address, workers


def kill_one(
    workers: Callable[[], list[psutil.Process]], draw: random.Random
) -> Callable[[], None]:
    """Return what kills one of the workers."""
    return lambda: draw.choice(workers()).kill()


def studied(
    run: Path, copy: Path, minutes: float, address: str | None
) -> tuple[float, dict[str, Any]]:
    """Study a copy of the run; return the seconds it took and what each training gave."""
    shutil.copytree(run, copy, ignore=shutil.ignore_patterns("axes"))
    metrics = json.loads((copy / "metrics.json").read_bytes())
    metrics["axes"].pop("data", None)
    (copy / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    arguments = [str(copy), "--axes", "data", "--budget-minutes", str(minutes)]
    started = time.monotonic()
    run_script("study_axes", *arguments, *(["--cluster", address] if address else []))
    seconds = time.monotonic() - started
    axis = json.loads((copy / "metrics.json").read_bytes())["axes"]["data"]
    return seconds, {json.dumps(row): row for row in axis["cells"]}


def detected(model: Path, photos: Path, output: Path, address: str | None) -> float:
    """Return how many images a second `detect.py` reaches, without drawing."""
    also = ["--cluster", address] if address else []
    run_script("detect", str(model), str(photos), "--no-draw", "--output", str(output), *also)
    return float(json.loads((output / "summary.json").read_bytes())["pictures_per_second"])


def run_script(name: str, *arguments: str) -> None:
    """Run a script as a user does.

    Raises:
        CalledProcessError: it fails.
    """
    subprocess.run([sys.executable, str(ROOT / "scripts" / f"{name}.py"), *arguments], check=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
