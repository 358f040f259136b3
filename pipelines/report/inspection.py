"""An inspection of a set before any training: numbers, problems, duplicates and a contact sheet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
from PIL import Image

from datasets.annotations import Dataset, DatasetError
from datasets.checking import decoded
from datasets.duplicates import find_copies, problem_of
from datasets.problems import Kind, Problem
from datasets.progress import Track
from datasets.reading import completed
from datasets.settings import DatasetSettings
from datasets.statistics import Statistics, statistics
from pipelines.report.images.contact_sheet import chosen, contact_sheet
from pipelines.system.files import check_output, replacing
from pipelines.system.fonts import undrawn
from pipelines.system.output_lock import claimed

NUMBERS, PROBLEMS, SHEET = "inspection.json", "problems.txt", "contact_sheet.png"


def _is_inspection(path: Path) -> bool:
    """Say whether a folder holds an inspection and nothing of the user's, who need not be asked."""
    if not (path / NUMBERS).is_file():
        return False
    shown = {each.name for each in path.iterdir() if not each.name.startswith(".")}
    return shown <= {NUMBERS, PROBLEMS, SHEET}


REPLACEABLE = "inspection", _is_inspection  # what `check_output` asks of an earlier output


def inspect(
    dataset: Dataset,
    settings: DatasetSettings,
    output: Path,
    track: Track,
    jobs: int,
    *,
    decode: bool,
) -> tuple[Dataset, Statistics]:
    """Write numbers, problems and contact sheet into ``output``.

    Returns the set as the main job would have it, as far as possible, and its numbers.

    Args:
        dataset: the set as its folder has it.
        settings: choices about the data.
        output: replaced if it holds an earlier inspection.
        track: watches the images.
        jobs: threads that decode.
        decode: open every image to find broken ones and look-alikes; otherwise only headers.

    Raises:
        UserError: the output can't be used.
    """
    with claimed(output, *REPLACEABLE):
        dataset = _as_far_as_possible(dataset, settings)
        if decode:
            dataset = decoded(dataset, track, jobs)
        if missing := undrawn(dataset.classes):
            remark = Problem(Kind.CLASS, "", missing)
            dataset = replace(dataset, problems=(*dataset.problems, remark))
        numbers = statistics(dataset)
        with replacing(output) as work:
            lines = "".join(f"{problem}\n" for problem in numbers.problems)
            (work / PROBLEMS).write_text(lines, encoding="utf-8")
            if shown := chosen(dataset.splits, len(dataset.classes)):
                Image.fromarray(contact_sheet(shown, dataset.classes)).save(work / SHEET)
            encoded = msgspec.json.format(msgspec.json.encode(numbers), indent=2)
            (work / NUMBERS).write_bytes(encoded + b"\n")
    return dataset, numbers


def check_replaceable(output: Path) -> None:
    """Refuse an output that holds anything but an earlier inspection.

    Raises:
        UserError: it does.
    """
    check_output(output, *REPLACEABLE)


def _as_far_as_possible(dataset: Dataset, settings: DatasetSettings) -> Dataset:
    """Return the set as the main job would have it, or why it would refuse and what there is."""
    try:
        return completed(dataset, settings)
    except DatasetError as error:
        copies = find_copies(dataset.splits)
        refusal = Problem(Kind.SPLIT, "", f"the main job would refuse this set: {error}")
        problems = (*dataset.problems, refusal, *map(problem_of, copies))
        return replace(dataset, problems=problems, duplicates=copies)
