"""Several finished runs side by side: what changed in settings, and whether figures did.

Where two runs were tested on the same images their detections are paired image by image, by the
evaluator's own bootstrap; on other images the two are drawn apart, and the interval is wider.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import Any, TypeVar

from datasets.errors import UserError
from datasets.progress import Track
from pipelines.evaluation.coco_files.format import (
    CocoGroundTruth,
    decode_detections,
    decode_ground_truth,
    detections_from_coco,
    ground_truth_from_coco,
)
from pipelines.evaluation.figures import named_figure
from pipelines.evaluation.pairs import Floats
from pipelines.evaluation.quality import evaluation_set, quality_of
from pipelines.evaluation.resampling import (
    bootstrap_counts,
    headline_figures,
    images_holding,
    resampled,
)
from pipelines.evaluation.significance import Difference, difference
from pipelines.runs.folder import METRICS, SCHEMA_VERSION

T = TypeVar("T")
# Of what a run says of its data and machine, the entries that are compared.
DATA = ("name", "format", "classes", "split_sha256", "splits")
MACHINE = ("cpu", "cores", "gpus", "threads", "python", "libraries", "git_commit", "git_changed")


@dataclass(frozen=True, eq=False)
class Run:
    """A finished run.

    Attributes:
        name: unique among those compared.
        folder: where it is.
        metrics: its ``metrics.json``.
    """

    name: str
    folder: Path
    metrics: Mapping[str, Any]

    @property
    def pipelines(self) -> tuple[str, ...]:
        """Names of its detectors, other tools' among them."""
        return tuple(self.metrics["pipelines"])


@dataclass(frozen=True)
class Changed:
    """A setting or fact that is not the same in all runs: its values in the order of the runs."""

    name: str
    values: tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Change:
    """How a detector of one run differs from the same of the baseline.

    Attributes:
        differences: by figure, the run's less the baseline's.
        is_paired: whether both were tested on the same images.
    """

    differences: Mapping[str, Difference]
    is_paired: bool


@dataclass(frozen=True, eq=False)
class RunComparison:
    """All that is told of several runs.

    Attributes:
        runs: in the order given, the baseline first.
        settings: those that differ.
        facts: of data and machine that differ.
        changes: by run and pipeline, against the baseline; None where detections are missing.
    """

    runs: tuple[Run, ...]
    settings: tuple[Changed, ...]
    facts: tuple[Changed, ...]
    changes: Mapping[tuple[str, str], Change | None]

    @property
    def baseline(self) -> Run:
        """The run the others are held against."""
        return self.runs[0]

    @property
    def pipelines(self) -> tuple[str, ...]:
        """Names of the detectors of all runs."""
        return tuple(dict.fromkeys(name for run in self.runs for name in run.pipelines))


def read_runs(given: Sequence[Path]) -> list[Run]:
    """Return the runs in those folders.

    Raises:
        UserError: one of them is none, is named twice, or has another schema.
    """
    folders = [(path.parent if path.name == METRICS else path).resolve() for path in given]
    names = [folder.name for folder in folders]
    runs = []
    for path, folder in zip(given, folders, strict=True):
        if folders.count(folder) > 1:
            raise UserError(f"{path}: is named twice")
        name = folder.name if names.count(folder.name) == 1 else str(path)
        metrics = _read(folder / METRICS, json.loads)
        wanted = {"settings", "dataset", "environment", "pipelines"}
        if not isinstance(metrics, dict) or not wanted <= set(metrics):
            raise UserError(f"{path}: holds no finished run; give a folder with a {METRICS}")
        if metrics.get("schema_version") != SCHEMA_VERSION:
            raise UserError(
                f"{path}: its {METRICS} has schema {metrics.get('schema_version')}, not "
                f"{SCHEMA_VERSION}; repeat the run with this version"
            )
        runs.append(Run(name, folder, metrics))
    return runs


def compare_runs(runs: Sequence[Run], track: Track) -> RunComparison:
    """Return what changed from the first run, the baseline, to each of the others."""
    judged: dict[tuple[str, str], _Judged | None] = {}
    every = [(place, run, name) for place, run in enumerate(runs) for name in run.pipelines]
    truths = {r.name: _read(r.folder / "ground_truth.json", decode_ground_truth) for r in runs}
    base = truths[runs[0].name]
    for place, run, name in track(every, "resampling", len(every)):
        truth = truths[run.name]
        # The same draws pair two runs of the same images; of other images they would pretend to.
        is_paired = _same_images(truth, base)
        judged[run.name, name] = _judge(run, name, truth, 0 if is_paired else place, is_paired)
    changes = {
        (run.name, name): _change(judged[run.name, name], judged.get((runs[0].name, name)))
        for _, run, name in every
        if run is not runs[0]
    }
    return RunComparison(
        tuple(runs),
        changed([run.metrics["settings"] for run in runs]),
        changed([_facts(run.metrics) for run in runs]),
        changes,
    )


def changed(every: Sequence[Mapping[str, Any]]) -> tuple[Changed, ...]:
    """Return the values that are not the same in all of several nested objects, by dotted name."""
    flat = [dict(_flat(values)) for values in every]
    names = dict.fromkeys(name for values in flat for name in values)
    rows = (Changed(name, tuple(values.get(name) for values in flat)) for name in names)
    return tuple(row for row in rows if any(value != row.values[0] for value in row.values))


@dataclass(frozen=True, eq=False)
class _Judged:
    """A detector's figures and those of its resamples."""

    once: Mapping[str, float]
    resamples: Mapping[str, Floats]
    holding: Mapping[str, int]
    images: int
    is_paired: bool


def _judge(
    run: Run, name: str, truth: CocoGroundTruth | None, seed: int, is_paired: bool
) -> _Judged | None:
    """Return what resampling says of a detector, None where its detections are not there.

    Raises:
        UserError: they are there and broken.
    """
    rows = _read(run.folder / "detections" / f"{name}.json", decode_detections)
    if rows is None or truth is None:
        return None
    try:
        objects = ground_truth_from_coco(truth)
        found = detections_from_coco(rows, len(objects))
        given = evaluation_set(objects, found, run.metrics["dataset"]["classes"])
    except (KeyError, ValueError) as error:
        raise UserError(
            f"{run.folder}: ground_truth.json or detections/{name}.json is broken ({error})"
        ) from error
    values = resampled(given, bootstrap_counts(given.images, seed))
    return _Judged(
        headline_figures(quality_of(given)), values, images_holding(given), given.images, is_paired
    )


def _change(new: _Judged | None, old: _Judged | None) -> Change | None:
    if new is None or old is None:
        return None
    both = [name for name in new.once if name in old.once]
    differences = {
        name: difference(
            new.once[name],
            old.once[name],
            new.resamples[name],
            old.resamples[name],
            min(new.images, old.images),
            min(new.holding[name], old.holding[name]),
        )
        for name in both
    }
    return Change(differences, new.is_paired)


def _same_images(one: CocoGroundTruth | None, other: CocoGroundTruth | None) -> bool:
    """Say whether two ground truths are of the same images, objects and classes."""
    if one is None or other is None:
        return False
    both = [(each.images, each.annotations, each.categories) for each in (one, other)]
    return both[0] == both[1]


def _facts(metrics: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "data": {name: metrics["dataset"].get(name) for name in DATA},
        "machine": {name: metrics["environment"].get(name) for name in MACHINE},
    }


def _flat(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def _read(path: Path, decode: Callable[[bytes], T]) -> T | None:
    """Return what a JSON file holds, None where there is none.

    Raises:
        UserError: it is there and no JSON.
    """
    try:
        return decode(path.read_bytes())
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path}: can't be read as JSON ({error})") from error


def figure_of(run: Run, pipeline: str, figure: str) -> tuple[float, tuple[float, float]]:
    """Return a figure of a run and its 95 % interval; nan where there is none."""
    if pipeline not in run.metrics["pipelines"]:
        return nan, (nan, nan)
    quality = run.metrics["pipelines"][pipeline]["quality"]
    value, interval = named_figure(quality, figure)
    return nan if value is None else float(value), interval or (nan, nan)
