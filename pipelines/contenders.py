"""What competes: one row for each detector that is trained and compared.

A new contender is a folder in `pipelines/` and a row here. Stages, studies, tables and pages go by
this table and by what a row offers; none of them asks for a contender by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.classical import contender as classical_contender
from pipelines.detections import Detector, FeatureSource
from pipelines.evaluation.oracles import Oracle
from pipelines.system.runtime import Device
from pipelines.training import TrainedContender, TrainingJob
from pipelines.yolo import contender as yolo_contender

Load = Callable[[Path, Device, int], Detector]


@dataclass(frozen=True)
class Contender:
    """One competitor. Its functions import what is heavy when they are called.

    Attributes:
        name: in options, in ``metrics.json`` and of its folder in ``models/``.
        label: in sentences and plots.
        uses_tensorflow: whether it trains and detects on the device that the user chose; one that
            does not works on the CPU.
        train: learns from a job's data and saves the model into its folder.
        load: gives the detector saved in a folder, for a device and a number of threads.
        load_each: gives detectors that work at the same time, one for each of so many threads or
            one for all; None where one has to serve all, one call after the other.
        decodes_in_training: whether opening images is part of its training's seconds.
        is_network: whether it is one network, which other runtimes can take.
        oracles: gives an oracle for each part of a loaded detector, None without such parts.
        features: gives the boxes and features of the detector in a folder, for a number of threads;
            None where other learners can use none.
    """

    name: str
    label: str
    uses_tensorflow: bool
    train: Callable[[TrainingJob], TrainedContender]
    load: Load
    load_each: Callable[[Path, Device, int], Sequence[Detector]] | None = None
    decodes_in_training: bool = False
    is_network: bool = False
    oracles: Callable[[Detector], tuple[Oracle, ...]] | None = None
    features: Callable[[Path, int], FeatureSource] | None = None

    def device_choice(self, asked: str) -> str:
        """Return ``auto``, ``cpu`` or ``gpu``: what was asked for, as far as it matters here."""
        return asked if self.uses_tensorflow else "cpu"


CONTENDERS = (
    Contender(
        name="classical",
        label="the classical pipeline",
        uses_tensorflow=False,
        train=classical_contender.train,
        load=classical_contender.load,
        load_each=classical_contender.load_each,
        decodes_in_training=True,  # it opens images one by one as it goes
        oracles=classical_contender.oracles,
        features=classical_contender.features,
    ),
    Contender(
        name="yolo",
        label="YOLO",
        uses_tensorflow=True,
        train=yolo_contender.train,
        load=yolo_contender.load,
        load_each=yolo_contender.load_each,
        is_network=True,
        oracles=yolo_contender.oracles,
        features=yolo_contender.features,
    ),
)
NAMES = tuple(row.name for row in CONTENDERS)


def contender(name: str) -> Contender:
    """Return the row of that name.

    Raises:
        KeyError: there is none.
    """
    return {row.name: row for row in CONTENDERS}[name]


def label_of(name: str) -> str:
    """Return what to call a detector in a sentence: a contender's label, or another's own name."""
    return next((row.label for row in CONTENDERS if row.name == name), name)
