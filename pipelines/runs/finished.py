"""A finished run, opened: its figures, its data read once more, its trained detectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from datasets.annotations import Annotations, Dataset
from datasets.errors import UserError
from datasets.regular_files import content
from datasets.splits import split_sha256
from pipelines.contenders import Contender, contender
from pipelines.detections import Detections, Detector
from pipelines.evaluation.coco_files.format import (
    CocoGroundTruth,
    decode_ground_truth,
    ground_truth_file,
)
from pipelines.runs.data import read_checked
from pipelines.runs.detection_files import (
    DETECTIONS,
    GROUND_TRUTH,
    read_detections,
    repeat_folder,
)
from pipelines.runs.folder import SPLIT_FOLDERS
from pipelines.runs.metrics import METRICS, DetectorMetrics, Metrics, read_metrics
from pipelines.settings import RunSettings
from pipelines.system.runtime import Device

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class FinishedRun:
    """The folder of a finished run, and all its figures."""

    folder: Path
    metrics: Metrics

    @property
    def settings(self) -> RunSettings:
        """The settings of a run that trained.

        Raises:
            UserError: the run only scored files.
        """
        if self.metrics.settings is None:
            raise UserError(f"{self.folder}: only scored files; give the folder of a comparison")
        return self.metrics.settings

    def ground_truth(self) -> CocoGroundTruth | None:
        """Return the test split as its file has it, None where there is none.

        Raises:
            UserError: the file is broken.
        """
        path = self.folder / GROUND_TRUTH
        return _read(path, lambda: decode_ground_truth(content(path)))

    def annotations(self) -> list[Annotations]:
        """Return the ground truth of each test image.

        Raises:
            UserError: the file is missing or broken.
        """
        path, truth = self.folder / GROUND_TRUTH, self.ground_truth()
        if truth is None:
            raise UserError(f"{path}: is not there; repeat the run")
        return list(ground_truth_file(truth, str(path)).annotations)

    def detections(self, name: str, images: int, split: str = "test") -> list[Detections] | None:
        """Return a detector's detections of so many images of a split, None where there are none.

        The split is ``val`` or ``test``.

        Raises:
            UserError: the file is broken.
        """
        return _detections(self.folder / SPLIT_FOLDERS[split], name, images)


def further_detections(
    folder: Path, name: str, figures: DetectorMetrics, images: int
) -> list[list[Detections]]:
    """Return what each further training of a run's detector found in so many test images.

    Raises:
        UserError: a file is missing or broken.
    """
    found = []
    for seed in () if figures.trainings is None else figures.trainings.seeds[1:]:
        place = repeat_folder(folder, seed)
        detections = _detections(place, name, images)
        if detections is None:
            raise UserError(f"{place}: has no {DETECTIONS}/{name}.json; repeat the run")
        found.append(detections)
    return found


def _detections(folder: Path, name: str, images: int) -> list[Detections] | None:
    path = folder / DETECTIONS / f"{name}.json"
    return _read(path, lambda: read_detections(folder, name, images))


def _read(path: Path, read: Callable[[], T]) -> T | None:
    try:
        return read()
    except FileNotFoundError:
        return None
    except (OSError, ValueError, LookupError, RecursionError) as error:
        raise UserError(f"{path}: can't be read ({error}); repeat the run") from error


@dataclass(frozen=True, eq=False)
class Subject:
    """A run with its data and detectors, to be studied.

    Attributes:
        folder: of the run; its trained detectors are in ``models/<contender>``.
        dataset: the very data it was made of.
        figures: of each contender, in the order of the run.
        cluster: address of a Dask cluster that does independent trainings; None for this machine.
    """

    folder: Path
    dataset: Dataset
    settings: RunSettings
    figures: Mapping[str, DetectorMetrics]
    cluster: str | None = None

    @property
    def contenders(self) -> tuple[Contender, ...]:
        """The contenders of the run, in its order."""
        return tuple(contender(name) for name in self.settings.pipelines)

    def detector(self, name: str, device: Device, threads: int) -> Detector:
        """Return the trained detector of a contender."""
        return contender(name).load(self.model_folder(name), device, threads)

    def detectors(self, name: str, device: Device, threads: int) -> Sequence[Detector]:
        """Return a contender's detectors that work at the same time, one a thread or one."""
        return contender(name).load_some(self.model_folder(name), device, threads)

    def found(self, name: str) -> list[Detections]:
        """Return what a contender's first training found in each test image.

        Raises:
            UserError: the file is missing or broken.
        """
        found = _detections(self.folder, name, len(self.dataset.splits["test"]))
        if found is None:
            raise UserError(f"{self.folder}: has no {DETECTIONS}/{name}.json; repeat the run")
        return found

    def model_folder(self, name: str) -> Path:
        """Return where a contender's trained detector is."""
        return self.folder / "models" / name


def open_run(path: Path) -> FinishedRun:
    """Return the finished run in a folder, or whose ``metrics.json`` that is.

    Raises:
        UserError: there is none, or another version made it.
    """
    file = path / METRICS if path.is_dir() else path
    return FinishedRun(file.parent, read_metrics(file))


def with_data(run: FinishedRun, cluster: str | None = None) -> Subject:
    """Return a finished run to be studied, its data read and held to what it was made of.

    ``cluster`` is the address of a Dask cluster for independent trainings.

    Raises:
        DatasetError: the data can't be read any more.
        UserError: a trained detector is missing, or the data has changed since.
    """
    settings = run.settings
    for name in settings.pipelines:
        if not (run.folder / "models" / name).is_dir():
            raise UserError(f"{run.folder / 'models' / name}: is not there; repeat the comparison")
    figures = {name: run.metrics.pipelines[name] for name in settings.pipelines}
    return Subject(run.folder, data_of(run), settings, figures, cluster)


def data_of(run: FinishedRun) -> Dataset:
    """Return the data of a finished run, read and held to what it was made of.

    Raises:
        DatasetError: the data can't be read any more.
        UserError: it has changed since.
    """
    settings = run.settings
    dataset = read_checked(settings)
    if split_sha256(dataset.splits) != run.metrics.dataset.split_sha256:
        raise UserError(
            f"{settings.dataset}: is not as it was when {run.folder} was made; repeat the "
            "comparison"
        )
    return dataset
