"""Inspect a labelled set, or write it in another format.

Exit 0 when done, problems or not; 2 for bad usage or a set that can't be read at all.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import reduce
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from datasets.errors import UserError
from pipelines.settings import RunSettings, with_setting
from pipelines.system.command_line import Options, printable, run


def parser() -> Options:
    """Return the command line's parser."""
    made = Options(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    made.add_argument("dataset", metavar="PATH|sample|tfds:NAME", help="a labelled folder")
    formats = ["auto", "voc", "coco", "yolo", "csv"]
    made.add_argument("--format", choices=formats, default="auto", help="default: recognised")
    made.add_argument("--output", type=Path, metavar="DIR", help="default: runs/inspect-<name>")
    made.add_argument(
        "--convert", choices=["voc", "coco", "yolo"], help="write the set so, into --output DIR"
    )
    made.add_argument(
        "--headers-only", action="store_true", help="decode no image, which is faster"
    )
    made.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=VALUE",
        help="as dataset.split=80/10/10, dataset.merge_classes=true",
    )
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Inspect or convert; return the exit status."""
    return run("inspect_dataset", parser(), argv, inspected, "nothing was written")


def inspected(arguments: argparse.Namespace) -> int:
    """Inspect or convert and print; return the exit status."""
    settings = RunSettings(dataset=arguments.dataset, format=arguments.format)
    settings = reduce(with_setting, arguments.set, settings)
    if arguments.convert is None:
        inspect_set(settings, arguments.output, decode=not arguments.headers_only)
    elif arguments.output is None:
        raise UserError("--convert needs --output DIR, a new folder for the set")
    else:
        convert_set(settings, arguments.convert, arguments.output)
    return 0


def inspect_set(settings: RunSettings, output: Path | None, *, decode: bool) -> None:
    """Print and write what is in the set."""
    from rich.console import Console

    from datasets.problems import summary
    from datasets.reading import read_folder
    from pipelines.inspection import PROBLEMS, check_replaceable, inspect
    from pipelines.report.terminal.inspection import inspection_text
    from pipelines.runs.data import dataset_folder, keep_out_of_data
    from pipelines.system import runtime
    from pipelines.system.progress import on_terminal

    folder = dataset_folder(settings.dataset)
    output = output or Path("runs") / f"inspect-{folder.resolve().name}"
    keep_out_of_data(output, settings)
    check_replaceable(output)
    found = read_folder(folder, settings.format, on_terminal, settings.data)
    jobs = runtime.usable_cores()
    dataset, numbers = inspect(found, settings.data, output, on_terminal, jobs, decode=decode)
    console = Console(highlight=False)
    for part in inspection_text(numbers):
        console.print(part, soft_wrap=isinstance(part, str))
    for line in summary(dataset.problems):
        console.print(f"  {printable(line)}", markup=False, soft_wrap=True)
    console.print(f"[bold]{output}[/bold]: inspection.json, contact_sheet.png, {PROBLEMS}")


def convert_set(settings: RunSettings, target: str, output: Path) -> None:
    """Write the set in another format and print what was left out."""
    from datasets.conversion import convert
    from datasets.problems import summary
    from datasets.reading import read_folder
    from pipelines.runs.data import dataset_folder
    from pipelines.system.progress import on_terminal

    folder = dataset_folder(settings.dataset)
    found = read_folder(folder, settings.format, on_terminal, settings.data)
    lost = convert(found, folder, target, output, on_terminal)
    print(f"{found.name}: {found.summary}")
    for line in (*summary(found.problems), *lost):
        print(f"  {printable(line)}")
    images = [image for split in found.splits.values() for image in split]
    boxes = sum(len(image.annotations) for image in images)
    print(f"{output}: {len(images)} images and {boxes} boxes as {target}")


if __name__ == "__main__":
    raise SystemExit(main())
