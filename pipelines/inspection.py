"""A look at a set before anything is trained: numbers, problems, duplicates and a contact sheet."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image

from datasets.annotations import Dataset, DatasetError
from datasets.checking import decoded
from datasets.duplicates import Contents, find_copies, problems_of
from datasets.problems import Kind, Problem, counts
from datasets.progress import Track
from datasets.reading import completed
from datasets.settings import DatasetSettings
from datasets.statistics import statistics
from pipelines.report.contact_sheet import chosen, contact_sheet
from pipelines.run_folder import RunFolderError, replacing, write_json

NUMBERS, PROBLEMS, SHEET = "inspection.json", "problems.txt", "contact_sheet.png"


@dataclass(frozen=True)
class Inspection:
    """What a look has found.

    Attributes:
        numbers: as ``inspection.json`` has them.
        problems: one by one.
    """

    numbers: dict[str, Any]
    problems: tuple[Problem, ...]


def inspect(
    dataset: Dataset,
    settings: DatasetSettings,
    output: Path,
    track: Track,
    jobs: int,
    *,
    decode: bool,
) -> Inspection:
    """Write numbers, problems and contact sheet into ``output`` and return what was found.

    Args:
        dataset: the set as its folder has it.
        settings: choices about the data.
        output: replaced if it holds an earlier look.
        track: watches the images.
        jobs: threads that decode.
        decode: open every image to find broken ones and look-alikes; otherwise only headers.

    Raises:
        RunFolderError: the output can't be used.
    """
    check_replaceable(output)
    dataset = _as_far_as_possible(dataset, settings)
    if decode:
        dataset = decoded(dataset, track, jobs)
    numbers = {
        "name": dataset.name,
        "format": dataset.format,
        "found": dataset.summary,
        **statistics(dataset.classes, dataset.splits),
        "problem_counts": counts(dataset.problems),
        "problems": [str(problem) for problem in dataset.problems],
        "duplicates": [asdict(duplicate) for duplicate in dataset.duplicates],
    }
    try:
        _write(output, numbers, dataset)
    except OSError as error:
        raise RunFolderError(f"{output}: can't be written ({error.strerror or error})") from error
    return Inspection(numbers, dataset.problems)


def check_replaceable(output: Path) -> None:
    """Refuse an output that holds anything but an earlier look.

    Raises:
        RunFolderError: it does.
    """
    if output.is_dir() and (not any(output.iterdir()) or (output / NUMBERS).is_file()):
        return
    if output.exists():
        raise RunFolderError(f"{output}: holds something that is no inspection; choose another")


def _as_far_as_possible(dataset: Dataset, settings: DatasetSettings) -> Dataset:
    """Return the set as the main job would have it, or why it would refuse and what there is."""
    try:
        return completed(dataset, settings)
    except DatasetError as error:
        copies = find_copies(dataset.splits, Contents())
        refusal = Problem(Kind.SPLIT, "", f"the main job would refuse this set: {error}")
        problems = (*dataset.problems, refusal, *problems_of(copies))
        return replace(dataset, problems=problems, duplicates=copies)


def _write(output: Path, numbers: dict[str, Any], dataset: Dataset) -> None:
    """Write all three beside the output, then put them in its place."""
    with replacing(output) as work:
        lines = "".join(f"{problem}\n" for problem in dataset.problems)
        (work / PROBLEMS).write_text(lines, encoding="utf-8")
        shown = chosen(dataset.splits, len(dataset.classes))
        if shown:
            Image.fromarray(contact_sheet(shown, dataset.classes)).save(work / SHEET)
        write_json(work / NUMBERS, numbers)
