"""A look at a set before anything is trained: numbers, problems, duplicates and a contact sheet."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from datasets.annotations import Dataset, DatasetError
from datasets.checking import checked_images, near_duplicates, problems_of_likeness
from datasets.duplicates import Contents, find_copies, problems_of
from datasets.problems import Kind, Problem, counts
from datasets.progress import Track
from datasets.reading import Found, completed
from datasets.settings import DatasetSettings
from datasets.statistics import statistics
from pipelines.files import check_output, replacing, write_json
from pipelines.report.contact_sheet import chosen, contact_sheet

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
    found: Found, settings: DatasetSettings, output: Path, track: Track, jobs: int, *, decode: bool
) -> Inspection:
    """Write numbers, problems and contact sheet into ``output`` and return what was found.

    Args:
        found: the set as its folder has it.
        settings: choices about the data.
        output: replaced if it holds an earlier look.
        track: watches the images.
        jobs: threads that decode.
        decode: open every image to find broken ones and look-alikes; otherwise only headers.

    Raises:
        UserError: the output can't be used.
    """
    check_replaceable(output)
    dataset = _as_far_as_possible(found, settings)
    problems, duplicates, splits = dataset.problems, dataset.duplicates, dataset.splits
    if decode:
        splits, hashes, broken = checked_images(splits, track, jobs)
        alike = near_duplicates(splits, hashes, {copy.second for copy in duplicates})
        problems = (*problems, *broken, *problems_of_likeness(alike))
        duplicates = (*duplicates, *alike)
    numbers = {
        "name": found.name,
        "format": found.format,
        "found": found.found,
        **statistics(found.classes, splits),
        "problem_counts": counts(problems),
        "problems": [str(problem) for problem in problems],
        "duplicates": [asdict(duplicate) for duplicate in duplicates],
    }
    _write(output, numbers, problems, Dataset(found.name, found.format, found.classes, splits))
    return Inspection(numbers, problems)


def check_replaceable(output: Path) -> None:
    """Refuse an output that holds anything but an earlier look.

    Raises:
        UserError: it does.
    """
    check_output(output, "inspection", lambda path: (path / NUMBERS).is_file())


def _as_far_as_possible(found: Found, settings: DatasetSettings) -> Dataset:
    """Return the set as the main job would have it, or why it would refuse and what there is."""
    try:
        return completed(found, settings)
    except DatasetError as error:
        copies = find_copies(found.splits, Contents())
        refusal = Problem(Kind.SPLIT, "", f"the main job would refuse this set: {error}")
        problems = (*found.problems, refusal, *problems_of(copies))
        return Dataset(
            found.name, found.format, found.classes, found.splits, problems, found.found, copies
        )


def _write(
    output: Path, numbers: dict[str, Any], problems: tuple[Problem, ...], dataset: Dataset
) -> None:
    """Write all three beside the output, then put them in its place."""
    with replacing(output) as work:
        lines = "".join(f"{problem}\n" for problem in problems)
        (work / PROBLEMS).write_text(lines, encoding="utf-8")
        shown = chosen(dataset.splits, len(dataset.classes))
        if shown:
            Image.fromarray(contact_sheet(shown, dataset.classes)).save(work / SHEET)
        write_json(work / NUMBERS, numbers)
