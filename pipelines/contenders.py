"""What competes: one row for each detector that is trained and compared.

A new contender is a folder in `pipelines/` and a row here. Stages, studies, tables and pages go by
this table and by what a row offers; none of them asks for a contender by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datasets.annotations import LabelledImage
from datasets.errors import UserError
from pipelines.classical import contender as classical_contender
from pipelines.detections import Detector, FeatureSource, Image
from pipelines.evaluation.oracles import Oracle
from pipelines.settings import RunSettings
from pipelines.system.other_machines import OtherMachines
from pipelines.system.runtime import Device
from pipelines.training import Call, SubsetTrainer, TrainedContender, TrainingJob
from pipelines.yolo import contender as yolo_contender
from pipelines.yolo import forms as yolo_forms
from pipelines.yolo import prepare as yolo_prepare
from pipelines.yolo import subsets as yolo_subsets
from pipelines.yolo import together as yolo_together

Load = Callable[[Path, Device, int], Detector]
Make = Callable[[Path, Sequence[LabelledImage], Path], None]
# From an (H, W, 3) image, the (4,) box of a detection and its label to an (H, W) map, more for
# pixels that mattered more.
PixelMap = Callable[[Image, NDArray[np.float64], int], NDArray[np.float64]]


@dataclass(frozen=True)
class OwnExplanation:
    """A contender's own method to show which pixels mattered, loaded from a model's folder."""

    name: str
    load: Callable[[Path], PixelMap]


@dataclass(frozen=True)
class Form:
    """One form in which a trained detector can be deployed.

    Attributes:
        load: gives the detector in this form; it raises a `UserError` where there is none.
        on_gpu: whether it can run on a GPU.
        make: writes the folder that ``load`` then takes, from the folder of the model and training
            images; it raises a `UserError` where it can't. None for a form of the model itself.
        products: gives a function that only does the matrix products of detecting in an image,
            from the folder of the model; None where that is not known.
    """

    name: str
    load: Load
    on_gpu: bool = False
    make: Make | None = None
    products: Callable[[Path, Image], Callable[[], object]] | None = None


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
        explanation: its own method to explain a detection, None where it has none.
        forms: in which it can be deployed, those that load fastest first; none for one that runs in
            no other form than ``load`` gives.
        subset_trainer: gives what trains quickly on subsets of a job's data, for as many updates
            as asked, once the job itself is done in its folder; None where ``train`` does it.
        oracles: gives an oracle for each part of a loaded detector, None without such parts.
        features: gives the boxes and features of the detector in a folder, for a number of threads;
            None where other learners can use none.
        prepare: gets what it needs besides the data, as weights; called before anything is trained,
            it raises an `UnavailableError` where the contender can't take part. None where nothing
            is needed.
        next_call: gives, on a machine that only follows, what the first one trains next, for a
            device; None for a contender that one machine trains alone.
    """

    name: str
    label: str
    uses_tensorflow: bool
    train: Callable[[TrainingJob], TrainedContender]
    load: Load
    load_each: Callable[[Path, Device, int], Sequence[Detector]] | None = None
    decodes_in_training: bool = False
    is_network: bool = False
    explanation: OwnExplanation | None = None
    forms: tuple[Form, ...] = ()
    subset_trainer: Callable[[TrainingJob], SubsetTrainer] | None = None
    oracles: Callable[[Detector], tuple[Oracle, ...]] | None = None
    features: Callable[[Path, int], FeatureSource] | None = None
    prepare: Callable[[RunSettings], None] | None = None
    next_call: Callable[[str, OtherMachines], Call] | None = None

    def device_choice(self, asked: str) -> str:
        """Return ``auto``, ``cpu`` or ``gpu``: what was asked for, as far as it matters here."""
        return asked if self.uses_tensorflow else "cpu"

    def load_some(self, folder: Path, device: Device, threads: int) -> Sequence[Detector]:
        """Return detectors that can work at the same time, one for each thread or one for all."""
        if self.load_each is not None:
            return self.load_each(folder, device, threads)
        return [self.load(folder, device, threads)]


def _network(name: str, label: str) -> Contender:
    """Return the row of a YOLO with that group of settings."""
    return Contender(
        name=name,
        label=label,
        uses_tensorflow=True,
        train=partial(yolo_contender.train, group=name),
        load=yolo_contender.load,
        load_each=yolo_contender.load_each,
        is_network=True,
        explanation=OwnExplanation("Grad-CAM", yolo_contender.grad_cam),
        forms=(
            Form("LiteRT float", yolo_forms.litert),
            Form("LiteRT int8", yolo_forms.litert, make=yolo_forms.make_int8),
            Form(
                "TensorFlow graph",
                yolo_forms.graph,
                on_gpu=True,
                products=yolo_forms.convolutions,
            ),
            Form("XLA", partial(yolo_forms.graph, compiled=True), on_gpu=True),
        ),
        subset_trainer=partial(yolo_subsets.subset_trainer, group=name),
        oracles=yolo_contender.oracles,
        features=yolo_contender.features,
        prepare=partial(yolo_prepare.prepare, group=name),
        next_call=yolo_together.next_call,
    )


CONTENDERS = (
    Contender(
        name="classical",
        label="the classical pipeline",
        uses_tensorflow=False,
        train=classical_contender.train,
        load=classical_contender.load,
        load_each=classical_contender.load_each,
        decodes_in_training=True,  # it opens images one by one as it goes
        explanation=OwnExplanation("HOG weights", classical_contender.hog_weights),
        forms=(
            Form(
                "GrabCut, HOG and SVM",
                classical_contender.load,
                products=classical_contender.matrix_products,
            ),
        ),
        oracles=classical_contender.oracles,
        features=classical_contender.features,
    ),
    _network("yolo", "YOLO"),
    _network("transfer", "transfer"),
)
NAMES = tuple(row.name for row in CONTENDERS)


def contender(name: str) -> Contender:
    """Return the row of that name.

    Raises:
        UserError: there is none.
    """
    if name not in NAMES:
        raise UserError(f"there is no contender {name!r}; choose of {', '.join(NAMES)}")
    return CONTENDERS[NAMES.index(name)]


def label_of(name: str, seen: str | None = None) -> str:
    """Return what to call a detector in a sentence: a contender's label, or another's own name.

    With it stands what the detector had seen before its training, if anything.
    """
    label = next((row.label for row in CONTENDERS if row.name == name), name)
    return f"{label} (pre-trained on {seen})" if seen else label
