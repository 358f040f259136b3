"""The data of a run: read, checked, summarised on the terminal and kept free of outputs."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from rich.markup import escape

from datasets.annotations import SPLITS, Dataset
from datasets.checking import without_broken_images
from datasets.class_names import judged_where_learnt, training_boxes
from datasets.duplicates import by_split_pair, file_sha256
from datasets.errors import UserError
from datasets.groups import group_numbers
from datasets.path_names import leads_out, overlap, real_path
from datasets.problems import counts, summary
from datasets.reading import read_dataset
from datasets.sample.store import BACKGROUND, sample_folder
from datasets.sample.store import NAME as SAMPLE
from datasets.splits import limited, split_sha256, with_objects_in_val
from datasets.tfds import PREFIX as TFDS
from datasets.tfds import stored_folder
from pipelines.runs.metrics import METRICS, DatasetSummary, Duplicates, SplitSize
from pipelines.runs.usefulness import few_examples
from pipelines.settings import RunSettings
from pipelines.system import runtime
from pipelines.system.processes import in_own_process
from pipelines.system.progress import CONSOLE, on_terminal

IMAGE_FOLDERS = re.compile("images$|jpegimages$|train|val|test", re.IGNORECASE)
SOUGHT_IMAGES = 100  # of a ground truth: if none of them is there, its images are elsewhere
LISTED_PROBLEMS = 12  # lines on the terminal; metrics.json has all of them, one by one


def read_checked(settings: RunSettings) -> Dataset:
    """Return the set, read, checked and cut to ``--limit``, and print what was found.

    Raises:
        DatasetError: it can't be used.
    """
    path = dataset_folder(settings.dataset)
    jobs = runtime.usable_cores()
    choices = settings.data
    if settings.dataset == SAMPLE and not choices.group:
        choices = replace(choices, group=BACKGROUND)
    dataset = read_dataset(path, settings.format, on_terminal, choices, jobs)
    CONSOLE.print(f"[bold]{escape(dataset.name)}[/bold]: {escape(dataset.summary)}")
    if settings.limit is not None:
        dataset = limited(dataset, settings.limit, settings.seed)
    dataset = without_broken_images(dataset, on_terminal, jobs)
    _, share, _ = settings.data.shares()
    dataset = judged_where_learnt(dataset)
    dataset = judged_where_learnt(with_objects_in_val(dataset, share, file_sha256))
    split_counts = ", ".join(f"{len(dataset.splits[split])} {split}" for split in SPLITS)
    CONSOLE.print(
        f"  {split_counts} images, {len(dataset.classes)} classes ({', '.join(dataset.classes)})",
        markup=False,
    )
    lines = summary(dataset.problems)
    for line in lines[:LISTED_PROBLEMS]:
        CONSOLE.print_line(f"  note: {line}")
    if len(lines) < len(dataset.problems) or len(lines) > LISTED_PROBLEMS:
        CONSOLE.print(f"  dataset.problems in {METRICS} lists all {len(dataset.problems)} notes")
    if few := few_examples(_training_objects(dataset)):
        CONSOLE.print_line(f"  note: {few}: expect little of any detector there")
    return dataset


def dataset_folder(name: str) -> Path:
    """Return the folder of a set: the sample's, a TensorFlow dataset's, or the one named.

    Raises:
        DatasetError: the set can't be made.
    """
    if name == SAMPLE:
        return sample_folder(track=on_terminal)
    if name.startswith(TFDS):
        return in_own_process(stored_folder, name.removeprefix(TFDS), on_terminal)
    return Path(name)


def keep_out_of_data(output: Path, settings: RunSettings) -> None:
    """Refuse to write where the user's images are.

    Raises:
        UserError: the output is the set's folder, in it or around it.
    """
    if settings.dataset == SAMPLE or settings.dataset.startswith(TFDS):
        return
    if overlap(output, Path(settings.dataset)):
        raise UserError(f"{output}: is where the images are; choose an --output elsewhere")


def keep_out_of_images(output: Path, ground_truth: Path, names: Sequence[str]) -> None:
    """Refuse to write into a set of which there is a file of ground truth alone.

    Its folder is the file's, or the one around ``annotations``, if an image that the file names is
    there or in a folder for images or for a split.

    Raises:
        UserError: the output is in that folder or around it.
    """
    folder = real_path(ground_truth).parent
    sets = [folder, *([folder.parent] if folder.name.lower() == "annotations" else [])]
    some = [name for name in names if name and not leads_out(name)][:SOUGHT_IMAGES]
    for each in filter(partial(overlap, output), sets):
        inside = [place for place in each.iterdir() if re.match(IMAGE_FOLDERS, place.name)]
        paths = (str(place / name) for place in (each, *inside) for name in some)
        if any(map(os.path.isfile, paths)):  # which takes a name that no file can have
            raise UserError(f"{output}: is where the images are; choose an --output elsewhere")


def summary_of(dataset: Dataset) -> DatasetSummary:
    """Return the set as ``metrics.json`` has it."""
    copies = dataset.duplicates
    return DatasetSummary(
        name=dataset.name,
        format=dataset.format,
        classes=dataset.classes,
        split_sha256=split_sha256(dataset.splits),
        splits={
            split: SplitSize(
                len(images),
                sum(len(image.annotations) for image in images),
                len({*group_numbers([image.group for image in images])}),
            )
            for split, images in dataset.splits.items()
        },
        found=dataset.summary,
        problems=tuple(map(str, dataset.problems)),
        problem_counts=counts(dataset.problems),
        duplicates=Duplicates(
            by_split_pair([each for each in copies if each.first_split != each.second_split]),
            sum(each.left_out for each in copies),
            copies,
        ),
        training_objects=_training_objects(dataset),
    )


def _training_objects(dataset: Dataset) -> dict[str, int]:
    return dict(zip(dataset.classes, training_boxes(dataset).tolist(), strict=True))
