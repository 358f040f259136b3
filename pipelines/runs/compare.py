"""Several finished runs side by side: what changed in settings, and whether figures did.

Where two runs were tested on the same images their detections are paired image by image, by the
evaluator's own bootstrap; other images are resampled apart, and the interval is wider.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path

from datasets.errors import UserError
from datasets.path_names import real_path
from datasets.progress import Track
from pipelines.evaluation import undefined
from pipelines.evaluation.coco_files.format import CocoGroundTruth, ground_truth_file
from pipelines.evaluation.quality import evaluation_set, quality_of
from pipelines.evaluation.report_card import named_figure
from pipelines.evaluation.resampling import Resampled, Units, figures_of
from pipelines.evaluation.significance import Difference, differences
from pipelines.evaluation.trainings import over_trainings
from pipelines.runs.detection_files import GROUND_TRUTH
from pipelines.runs.finished import FinishedRun, further_detections, open_run

# Of what a run records of its data and machine, the entries that are compared.
DATA = ("name", "format", "classes", "split_sha256", "splits")
MACHINE = ("cpu", "cores", "gpus", "threads", "python", "libraries", "git_commit", "git_changed")


# Settings or facts that are not the same in all runs: their values in the order of the runs.
Changed = Mapping[str, Sequence[object]]


@dataclass(frozen=True, eq=False)
class Change:
    """How a detector of one run differs, by figure, from the same of the baseline."""

    differences: Mapping[str, Difference]
    is_paired: bool


@dataclass(frozen=True, eq=False)
class RunComparison:
    """All that is known of several runs, which have unique names; the first is the baseline.

    Attributes:
        settings: those that differ.
        facts: of data and machine that differ.
        changes: by run and detector, against the baseline; None where detections are missing.
    """

    runs: Mapping[str, FinishedRun]
    settings: Changed
    facts: Changed
    changes: Mapping[tuple[str, str], Change | None]

    @property
    def detectors(self) -> tuple[str, ...]:
        """Names of the detectors of all runs, other tools' among them."""
        return tuple(dict.fromkeys(n for run in self.runs.values() for n in run.metrics.pipelines))


def open_runs(given: Sequence[Path]) -> dict[str, FinishedRun]:
    """Return the runs in those folders, by the folder's name or, where two share it, the path.

    Raises:
        UserError: one of them is none, or is given twice.
    """
    runs = [open_run(path) for path in given]
    folders = [real_path(run.folder) for run in runs]
    for path, folder in zip(given, folders, strict=True):
        if folders.count(folder) > 1:
            raise UserError(f"{path}: is named twice")
    names = [folder.name for folder in folders]
    return {
        name if names.count(name) == 1 else str(path): run
        for name, path, run in zip(names, given, runs, strict=True)
    }


def compare_runs(runs: Mapping[str, FinishedRun], track: Track) -> RunComparison:
    """Return what changed from the first run, the baseline, to each of the others.

    Raises:
        UserError: detections or ground truth of a run are there and broken.
    """
    base = next(iter(runs))
    truths = {name: run.ground_truth() for name, run in runs.items()}
    tested = {n: t and (t.images, t.annotations, t.categories) for n, t in truths.items()}
    sizes = {name: run.metrics.dataset.splits["test"].images for name, run in runs.items()}
    jobs = [(name, detector) for name, run in runs.items() for detector in run.metrics.pipelines]
    evaluations: dict[tuple[str, str], Resampled | None] = {}
    changes: dict[tuple[str, str], Change | None] = {}
    for name, detector in track(jobs, "resampling", len(jobs)):
        # The same resamples pair two runs of the same images; of others they would pretend to.
        is_paired = tested[name] == tested[base]
        place = list(runs).index(name)
        seed = 0 if is_paired else place
        given = runs[name], detector, truths[name], seed, place
        new = evaluations[name, detector] = _evaluation(*given)
        if name != base:
            old, images = evaluations.get((base, detector)), min(sizes[name], sizes[base])
            changes[name, detector] = _change(new, old, images, is_paired)
    return RunComparison(
        runs,
        changed([run.metrics.settings or run.metrics.scoring for run in runs.values()]),
        changed([_facts(run) for run in runs.values()]),
        changes,
    )


def changed(every: Sequence[object]) -> Changed:
    """Return the values that are not the same in all of several results, by dotted name."""
    flattened = [dict(flat(undefined.plain(values))) for values in every]
    names = dict.fromkeys(name for values in flattened for name in values)
    rows = {name: [values.get(name) for values in flattened] for name in names}
    return {name: row for name, row in rows.items() if any(value != row[0] for value in row)}


def figure_of(run: FinishedRun, detector: str, figure: str) -> tuple[float, tuple[float, float]]:
    """Return a figure of a run and its 95 % interval; nan where there is none."""
    if detector not in run.metrics.pipelines:
        return nan, (nan, nan)
    return named_figure(run.metrics.pipelines[detector].quality, figure)


def _evaluation(
    run: FinishedRun, detector: str, truth: CocoGroundTruth | None, seed: int, place: int
) -> Resampled | None:
    """Return a detector's figures and their resamples, None where its files are missing.

    ``place`` is the run's among those that are compared, which have no training in common.
    """
    found = run.detections(detector, len(truth.images)) if truth is not None else None
    if truth is None or found is None:
        return None
    figures, classes = run.metrics.pipelines[detector], run.metrics.dataset.classes
    further = further_detections(run.folder, detector, figures, len(truth.images))
    trainings = [found, *further]
    try:
        file = ground_truth_file(truth, str(run.folder / GROUND_TRUTH))
        sets = [evaluation_set(file.annotations, each, classes) for each in trainings]
    except (LookupError, ValueError) as error:
        raise UserError(
            f"{run.folder}: ground_truth.json or detections/{detector}.json is broken ({error})"
        ) from error
    units = Units.of(len(file.annotations), file.groups)
    # Where there are several trainings, the run has only the mean of their quality.
    qualities = [quality_of(given) for given in sets] if further else [figures.quality]
    each = [figures_of(*both, units, seed) for both in zip(sets, qualities, strict=True)]
    return over_trainings(each, seed, f"{place} {detector}")


def _change(
    new: Resampled | None, old: Resampled | None, images: int, is_paired: bool
) -> Change | None:
    if new is None or old is None:
        return None
    return Change(differences(new, old, images), is_paired)


def _facts(run: FinishedRun) -> dict[str, dict[str, object]]:
    dataset, environment = run.metrics.dataset, run.metrics.environment
    return {
        "data": {name: getattr(dataset, name) for name in DATA},
        "machine": {name: getattr(environment, name) for name in MACHINE},
    }


def flat(values: Mapping[str, object], above: str = "") -> Iterator[tuple[str, object]]:
    """Yield nested values, as JSON has them, by names with dots."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value
