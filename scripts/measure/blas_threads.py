"""Print what BLAS's threads cost a contender that detects: time by the clock and of all cores.

    python scripts/measure/blas_threads.py runs/NAME --contenders classical yolo

The calls take turns, one with all threads and one with a single one for BLAS, so that a slow moment
of the machine meets both alike; all other libraries keep their threads.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import numpy as np

from pipelines.system import runtime
from pipelines.system.command_line import Options, command, whole
from pipelines.system.progress import on_terminal
from scripts.measure.common import Cost, costly, in_turns, loaded, print_table

IMAGES = 20  # of the validation split, one after the other
COLUMNS = ("contender", "BLAS threads", "p50 ms", "CPU ms", "CPU by clock")

OPTIONS = Options(__doc__)
option = OPTIONS.add_argument
option("run", type=Path, help="a finished run")
option("--contenders", nargs="+", default=["classical"])
option("--rounds", type=whole(1), default=3)


@command("measure_blas_threads", OPTIONS)
def main(arguments: argparse.Namespace) -> int:
    """Measure and print; return 0."""
    from pipelines.system.processes import in_own_process

    threads = runtime.usable_cores()
    rows = []
    for name in on_terminal(arguments.contenders, "timing", len(arguments.contenders)):
        costs = in_own_process(timed, arguments.run, name, arguments.rounds)
        for count, each in zip((threads, 1), costs, strict=True):
            wall = 1000 * float(np.median([cost.seconds for cost in each]))
            cpu = 1000 * float(np.median([cost.cpu_seconds for cost in each]))
            rows.append([name, str(count), f"{wall:.1f}", f"{cpu:.1f}", f"{cpu / wall:.2f}"])
    print_table(f"{arguments.run}: {runtime.cpu_name()}", COLUMNS, rows)
    return 0


def timed(run: Path, name: str, rounds: int) -> tuple[list[Cost], list[Cost]]:
    """Return the cost of each call in this process, with all threads for BLAS and with one."""
    import threadpoolctl

    from datasets.images import load_image
    from pipelines.runs.data import read_checked
    from pipelines.runs.finished import open_run

    finished = open_run(run)
    dataset = read_checked(finished.settings)
    images = [load_image(image.path) for image in dataset.splits["val"][:IMAGES]]
    detector, _ = loaded(name, run / "models" / name, "cpu")
    threads = runtime.usable_cores()
    runtime.set_threads(threads)

    def detect(blas: int, number: int) -> Cost:
        with threadpoolctl.threadpool_limits(blas, user_api="blas"):
            detector.detect(images[number])  # its own first call: idle threads start to wait
            return costly(partial(detector.detect, images[number]))[1]

    with_all: list[Cost] = []
    with_one: list[Cost] = []
    for number in range(len(images)):
        every, one = in_turns(rounds, partial(detect, threads, number), partial(detect, 1, number))
        with_all += every
        with_one += one
    return with_all, with_one


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
