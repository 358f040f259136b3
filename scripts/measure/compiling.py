"""Print what TensorFlow takes to compile an update, and then an update, with and without rewriting.

    python scripts/measure/compiling.py --weights FILE

Each row is a process of its own, in turns. The graph is rewritten before its first run unless
`pipelines.system.training_process.leave_graphs_as_they_are` forbids it.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import numpy as np

from models.yolo.settings import SCRATCH, TransferSettings, YoloSettings
from pipelines.system import runtime, training_process
from pipelines.system.command_line import Options, command, whole
from pipelines.system.processes import in_own_process
from scripts.measure.common import Cost, costly, print_table

INPUT_HW = (256, 320)
CLASSES, BOXES = 3, 20
COLUMNS = ("network", "graphs", "traced, CPU s", "first call, CPU s", "an update, CPU ms")

OPTIONS = Options(__doc__)
option = OPTIONS.add_argument
option("--weights", default=SCRATCH, help="of the pre-trained network's backbone")
option("--rounds", type=whole(1), default=3)
option("--updates", type=whole(1), default=20)


@command("measure_compiling", OPTIONS)
def main(arguments: argparse.Namespace) -> int:
    """Measure and print; return 0."""
    networks = (YoloSettings(), TransferSettings(backbone_weights=arguments.weights))
    rows = []
    for _ in range(arguments.rounds):
        for settings in networks:
            for rewritten in (True, False):
                costs = in_own_process(compiled, settings, rewritten, arguments.updates)
                traced, first, updates = (cost.cpu_seconds for cost in costs)
                name = "rewritten" if rewritten else "as they are"
                update = f"{1000 * updates / arguments.updates:.0f}"
                rows.append([settings.LABEL, name, f"{traced:.1f}", f"{first:.1f}", update])
    print_table(f"Compiling, {runtime.cpu_name()}", COLUMNS, rows)
    return 0


def compiled(settings: YoloSettings, rewritten: bool, updates: int) -> list[Cost]:
    """Return what tracing the last phase's update took, its first call, and so many updates."""
    runtime.set_threads(runtime.usable_cores())
    training_process.begin_training("cpu", settings.parts)
    import tensorflow as tf

    from models.yolo.decoding import grid_points
    from models.yolo.learner import Learner

    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": not rewritten})
    settings = replace(settings, frozen=0.0)  # a single phase, in which everything learns
    phase = Learner.of(INPUT_HW, CLASSES, settings).phases[-1]
    random, size = np.random.default_rng(0), settings.batch
    pictures = random.integers(0, 256, (size, *INPUT_HW, 3), dtype=np.uint8)
    corners = random.uniform(0, 128, (size, BOXES, 2))
    boxes = np.concatenate([corners, corners + 100], axis=2).astype(np.float32)
    labels, real = np.zeros((size, BOXES), np.int32), np.ones((size, BOXES), np.float32)
    asked = np.ones((size, len(grid_points(INPUT_HW)[0])), np.float32)
    batch = (pictures, boxes, labels, real, asked)
    _, traced = costly(lambda: phase.update.get_concrete_function(*batch))  # type: ignore[attr-defined]
    _, first = costly(lambda: phase.update(*batch))
    _, more = costly(lambda: [phase.update(*batch) for _ in range(updates)])
    return [traced, first, more]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
