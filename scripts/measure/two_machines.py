"""Prove what several machines do with two processes of this one, which meet at its own address.

The weights after as many updates as asked are held to those of one process with two devices, then
the main job on the sample is run by both, and each is killed once in the middle of its training:
what the other says and when, and whether the run goes on from there with ``--resume``.

    python scripts/measure/two_machines.py DIR --updates 50
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import numpy as np
from numpy.typing import NDArray

from pipelines.system.command_line import Options, command, whole
from pipelines.system.other_machines import VARIABLE, OtherMachines
from scripts.measure.common import opened, print_table

ROOT = Path(__file__).resolve().parents[2]
IMAGES, INPUT_HW = 40, (128, 160)
LIMIT = 1200.0  # seconds: what takes longer hangs

OPTIONS = Options(__doc__)
option = OPTIONS.add_argument
option("folder", type=Path, metavar="DIR", help="where runs are kept")
option("--updates", type=whole(1), default=50, help="of the training whose weights are compared")
option("--run-updates", type=whole(100), default=1100, help="of the main job's training")


@command("measure_two_machines", OPTIONS, "start again with the same command")
def main(arguments: argparse.Namespace) -> int:
    """Compare, run, kill and print; return 1 where something is wrong."""
    from pipelines.system.processes import in_own_process

    folder, updates = arguments.folder.resolve(), arguments.updates
    alone = in_own_process(weights, None, updates)
    with ThreadPoolExecutor(2) as pool:
        machines = [OtherMachines(text, 2, not n) for n, text in enumerate(tf_configs())]
        jobs = [pool.submit(in_own_process, weights, each, updates) for each in machines]
        first, _ = (job.result() for job in jobs)
    apart = max(float(np.abs(a - b).max()) for a, b in zip(alone, first, strict=True))
    rows = [["weights of two machines and of one differ by at most", f"{apart:.1e}"]]
    for victim in (1, 0):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        seconds, sentence = killed(folder, victim, arguments.run_updates)
        rows.append([f"machine {victim} killed: seconds until the other ends", f"{seconds:.1f}"])
        rows.append(["which says", sentence])
        statuses = [process.wait(LIMIT) for process in both(folder, arguments.run_updates)]
        rows.append(["both started again: exit statuses", str(statuses)])
        left = sorted(path.name for path in (folder / "1").iterdir())
        rows.append(["what the second machine has written", ", ".join(left) or "nothing"])
        metrics = json.loads((folder / "0" / "run" / "metrics.json").read_bytes())
        made = metrics["pipelines"]["yolo"]["training"]
        rows.append(["updates of the whole run", str(made["updates"])])
        apart = max(apart, float(statuses != [0, 0] or bool(left)))
    print_table("two machines", ("what", "measured"), rows)
    return int(apart > 1e-4)


def weights(machines: OtherMachines | None, updates: int) -> list[NDArray[np.float32]]:
    """Return a network's weights after so many updates on the sample, in a process of its own."""
    from pipelines.system.training_process import begin_training

    begin_training("cpu", 1)
    import tensorflow as tf

    from models.yolo.checkpoint import Checkpoint
    from models.yolo.machines import ALONE, joined
    from models.yolo.schedule import TrainingLength
    from models.yolo.settings import YoloSettings
    from models.yolo.training import train_network
    from pipelines.system.progress import on_terminal

    if machines is None:
        (cpu,) = tf.config.list_physical_devices("CPU")
        two = [tf.config.LogicalDeviceConfiguration()] * 2
        tf.config.set_logical_device_configuration(cpu, two)
    if machines:
        machines.give_to_tensorflow()
    found = joined(machines.tf_config, is_first=machines.is_first) if machines else ALONE
    dataset = opened("sample")
    settings = YoloSettings(devices=0 if machines else 2, updates=updates)
    trained = train_network(
        dataset.splits["train"][:IMAGES],
        len(dataset.classes),
        INPUT_HW,
        settings,
        TrainingLength(),
        0,
        lambda network: 0.0,
        on_terminal,
        Checkpoint(None),
        machines=found,
    )
    result: list[NDArray[np.float32]] = trained.network.get_weights()
    return result


def tf_configs() -> list[str]:
    """Return the TF_CONFIG of each of two machines at free ports of this one."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    places = [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
    for each in sockets:
        each.close()
    tasks = ({"type": "worker", "index": index} for index in range(2))
    return [json.dumps({"cluster": {"worker": places}, "task": task}) for task in tasks]


def both(folder: Path, updates: int) -> list[subprocess.Popen[bytes]]:
    """Start the main job on the sample as two machines, or go on with it, each in its folder."""
    processes = []
    for index, text in enumerate(tf_configs()):
        place = folder / str(index)
        place.mkdir(exist_ok=True)
        begun = ["--resume"] if (folder / "0" / "run.partial").exists() else []
        job = [sys.executable, str(ROOT / "scripts" / "compare_detection.py"), "--pipelines"]
        job += ["yolo", "--axes", "none", "--output", "run", "--set", f"yolo.updates={updates}"]
        with log(folder, index).open("wb") as file:
            processes.append(
                subprocess.Popen(
                    [*job, *begun],
                    cwd=place,
                    env={**os.environ, VARIABLE: text},
                    stdout=file,
                    stderr=subprocess.STDOUT,
                )
            )
    return processes


def killed(folder: Path, victim: int, updates: int) -> tuple[float, str]:
    """Kill one machine once a state of the training is kept; return what the other makes of it.

    That is the seconds until it ends, and its last line.

    Raises:
        RuntimeError: they end before.
    """
    processes = both(folder, updates)
    state = folder / "0" / "run.partial" / "models" / "yolo" / "training.npz"
    while not state.exists():
        if any(process.poll() is not None for process in processes):
            raise RuntimeError(log(folder, 0).read_text(encoding="utf-8")[-500:])
        time.sleep(0.1)
    os.kill(processes[victim].pid, signal.SIGKILL)
    at = time.monotonic()
    processes[1 - victim].wait(LIMIT)
    seconds = time.monotonic() - at
    processes[victim].wait()
    return seconds, log(folder, 1 - victim).read_text(encoding="utf-8").splitlines()[-1]


def log(folder: Path, index: int) -> Path:
    """Return where a machine's output goes."""
    return folder / f"{index}.log"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
