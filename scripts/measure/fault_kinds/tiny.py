"""A tiny set, the smallest main job on it, and the scripts run as a user runs them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from PIL import Image

ROOT = Path(__file__).resolve().parents[3]
IMAGES, SIZE_PX, OBJECT_PX = 20, (96, 72), 24
COLOURS = {"red": (220, 40, 40), "blue": (40, 60, 220)}
SMALL = (
    *("classical.proposals=30", "classical.window_shapes=3", "classical.moved_copies=1"),
    *("classical.refinement_steps=1", "evaluation.latency_samples=2", "evaluation.warm_up=0"),
    *("evaluation.throughput_seconds=0", "yolo.updates=12", "yolo.batch=2", "yolo.width=2"),
    *("yolo.validations=1", "yolo.early_validations=0"),
)
CLASSICAL, WITH_NETWORK = ("classical",), ("classical", "yolo")
TIME_LIMIT = 600.0  # seconds: what takes longer hangs


@dataclass(frozen=True)
class Ended:
    """How a script ended: its exit status, or the negative number of a signal, and what it said."""

    status: int
    text: str

    @property
    def wrong(self) -> str:
        """What is wrong with how it ended: a traceback, or a status that no script has."""
        if "Traceback" in self.text:
            return f"traceback: {self.text.partition('Traceback')[2]}"
        stopped = {130, -signal.SIGINT, -signal.SIGTERM}  # the latter two before a script answers
        return "" if self.status in {0, 1, 2} | stopped else f"status {self.status}"

    def refusal(self, word: str) -> str:
        """Return what is wrong if it did not refuse with a sentence that has that word."""
        if self.wrong or self.status != 2:
            return self.wrong or f"status {self.status}"
        return "" if word in self.text else f"said {self.text.splitlines()[-1]}"


def make_set(folder: Path) -> Path:
    """Write twenty pictures of noise with a coloured square each, labelled as COCO, and return it.

    They are the same each time.
    """
    random = np.random.default_rng(0)
    folder.mkdir(parents=True)
    width, height = SIZE_PX
    boxes = []
    for number in range(IMAGES):
        pixels = random.integers(90, 160, (height, width, 3), dtype=np.uint8)
        left, top = (int(random.integers(0, side - OBJECT_PX)) for side in SIZE_PX)
        pixels[top : top + OBJECT_PX, left : left + OBJECT_PX] = list(COLOURS.values())[number % 2]
        Image.fromarray(pixels).save(folder / f"{number}.png")
        box = [left, top, OBJECT_PX, OBJECT_PX]
        boxes.append({"image_id": number, "category_id": number % 2, "bbox": box, "id": number})
    document = {
        "images": [{"id": n, "file_name": f"{n}.png"} for n in range(IMAGES)],
        "categories": [{"id": n, "name": name} for n, name in enumerate(COLOURS)],
        "annotations": boxes,
    }
    (folder / "annotations.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


def main_job(*more: str, networks: bool = False) -> list[str]:
    """Return the command of the smallest main job, on ``set`` and into ``run`` where it is begun.

    Named so, what one began can be gone on with at another place.
    """
    names = WITH_NETWORK if networks else CLASSICAL
    return script(
        *("compare_detection", "--quick", "--dataset", "set", "--annotate", "2"),
        *("--image-size", "32"),
        *("--output", "run", "--pipelines", *names, "--set", *SMALL, *more),
    )


def script(name: str, *arguments: str) -> list[str]:
    """Return the command of a script."""
    return [sys.executable, str(ROOT / "scripts" / f"{name}.py"), *arguments]


def started(
    command: Sequence[str], place: Path, *, one_core: bool = False
) -> subprocess.Popen[str]:
    """Start a command in a session of its own; its temporary files are to be in ``place/tmp``.

    On one core a network's sums are the same each time, to the last digit.
    """
    (place / "tmp").mkdir(exist_ok=True)
    if one_core:
        command = [*_on_the_idlest_core(), *command]
    environment = {**os.environ, "TMPDIR": str(place / "tmp"), "CUDA_VISIBLE_DEVICES": ""}
    return subprocess.Popen(
        command,
        cwd=place,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def _on_the_idlest_core() -> list[str]:
    """Return what runs a command on one core, that which is least busy now.

    Raises:
        RuntimeError: this system has nothing for it.
    """
    if shutil.which("taskset") is None:
        raise RuntimeError("taskset, of util-linux, is needed to compare networks")
    busy = psutil.cpu_percent(0.2, percpu=True)
    return ["taskset", "-c", str(min(os.sched_getaffinity(0), key=lambda core: busy[core]))]


def ended(process: subprocess.Popen[str]) -> Ended:
    """Wait for a command to end."""
    try:
        text, _ = process.communicate(timeout=TIME_LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        return Ended(-1, f"Traceback: hung for {TIME_LIMIT:.0f} s\n")
    return Ended(process.returncode, text)


def done(command: Sequence[str], place: Path) -> Ended:
    """Run a command to its end."""
    return ended(started(command, place))


def figures(run: Path) -> Any:
    """Return a run's figures that two runs share to the last digit, a network's on one core.

    They are those of quality, the splits, and of each training its updates and all their losses.
    """
    metrics = json.loads((run / "metrics.json").read_bytes())
    trainings = {name: each["training"] for name, each in metrics["pipelines"].items()}
    return {
        "splits": metrics["dataset"]["split_sha256"],
        "quality": {name: each["quality"] for name, each in metrics["pipelines"].items()},
        "updates": {name: each.get("updates") for name, each in trainings.items()},
        "losses": {name: each.get("losses") for name, each in trainings.items()},
    }


def files_of(folder: Path) -> set[str]:
    """Return the names of all files below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
