"""Inspect a labelled set, or write it in another format.

Exit 0 when done, problems or not; 2 for bad usage or a set that can't be read at all.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial, reduce
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import pipelines.system.interrupted_imports  # noqa: F401 - for what it does
from datasets.annotations import Dataset
from datasets.errors import UserError
from datasets.path_names import real_path
from datasets.settings import DatasetSettings
from pipelines.settings import RunSettings, with_setting
from pipelines.system.command_line import Options, command, say

OPTIONS = Options(__doc__)
option = OPTIONS.add_argument
option("dataset", metavar="PATH|sample|tfds:NAME", help="a labelled folder")
named = "of the annotations; default: found by looking"
option("--format", metavar="NAME", default="auto", help=named)
option("--output", type=Path, metavar="DIR", help="default: runs/inspect-<name>")
option("--convert", choices=["voc", "coco", "yolo"], help="write the set so, into --output DIR")
option("--headers-only", action="store_true", help="decode no image, which is faster")
changed = "as dataset.split=80/10/10, dataset.merge_classes=true"
several = partial(option, nargs="+", action="extend", default=[])
several("--set", metavar="NAME=VALUE", help=changed)


@command("inspect_dataset", OPTIONS, "nothing half done was left")
def main(arguments: argparse.Namespace) -> int:
    """Inspect or convert and print; return the exit status."""
    # From here on it takes a moment to import.
    from datasets.reading import read_folder
    from pipelines.report.inspection import check_replaceable
    from pipelines.runs.data import dataset_folder, keep_out_of_data
    from pipelines.system import runtime
    from pipelines.system.files import followed
    from pipelines.system.progress import on_terminal

    settings = RunSettings(dataset=arguments.dataset, format=arguments.format)
    settings = reduce(with_setting, arguments.set, settings)
    if arguments.convert and arguments.output is None:
        raise UserError("--convert needs --output DIR, a new folder for the set")
    folder = dataset_folder(settings.dataset)
    output = followed(arguments.output or Path("runs") / f"inspect-{real_path(folder).name}")
    if not arguments.convert:
        keep_out_of_data(output, settings)
        check_replaceable(output)
    jobs = runtime.usable_cores()
    found = read_folder(folder, settings.format, on_terminal, settings.data, jobs)
    if arguments.convert:
        convert_set(found, folder, arguments.convert, output)
    else:
        inspect_set(found, settings.data, output, decode=not arguments.headers_only)
    return 0


def inspect_set(found: Dataset, settings: DatasetSettings, output: Path, *, decode: bool) -> None:
    """Print and write what is in the set."""
    from rich.markup import escape

    from datasets.problems import summary
    from pipelines.report.inspection import PROBLEMS, inspect
    from pipelines.report.terminal.inspection import inspection_text
    from pipelines.system import runtime
    from pipelines.system.progress import on_terminal
    from pipelines.system.terminal import Terminal

    jobs = runtime.usable_cores()
    dataset, numbers = inspect(found, settings, output, on_terminal, jobs, decode=decode)
    console = Terminal(highlight=False)
    for part in inspection_text(numbers):
        console.print(part, soft_wrap=isinstance(part, str))
    for line in summary(dataset.problems):
        console.print_line(f"  {line}")
    console.print(
        f"[bold]{escape(str(output))}[/bold]: inspection.json, contact_sheet.png, {PROBLEMS}"
    )


def convert_set(found: Dataset, folder: Path, target: str, output: Path) -> None:
    """Write the set in another format and print what was left out."""
    from datasets.conversion import convert
    from datasets.problems import summary
    from pipelines.system.files import replacing
    from pipelines.system.output_lock import claimed
    from pipelines.system.progress import on_terminal

    free = claimed(output, "place for a new set", lambda path: False, apart_from=[folder])
    with free, replacing(output) as work:
        lost = convert(found, folder, target, work, on_terminal)
    say(f"{found.name}: {found.summary}")
    say(*(f"  {line}" for line in (*summary(found.problems), *lost)))
    images = [image for split in found.splits.values() for image in split]
    boxes = sum(len(image.annotations) for image in images)
    say(f"{output}: {len(images)} images and {boxes} boxes as {target}")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
