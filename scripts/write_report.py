"""Write the report of a finished run again, as after a study of it.

Exit 0 when done, 2 for bad usage or bad input.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from datasets.errors import UserError
from datasets.path_names import leads_out
from pipelines.system.command_line import Options, run


def parser() -> Options:
    """Return the command line's parser."""
    made = Options(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    made.add_argument("run", type=Path, metavar="RUN", help="the folder of a finished run")
    made.add_argument(
        "--dataset",
        metavar="PATH",
        help="where the data is now; otherwise where the run found it, seen from here",
    )
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Write the report; return the exit status."""
    return run("write_report", parser(), argv, written)


def written(arguments: argparse.Namespace) -> int:
    """Write the report and print where it is; return the exit status."""
    # From here on it takes a second to import.
    from datasets.images import ImageError
    from pipelines.report.run_page.page import write_report
    from pipelines.runs.data import dataset_folder
    from pipelines.runs.finished import open_run
    from pipelines.system.progress import on_terminal

    finished = open_run(arguments.run)
    truth = finished.ground_truth()
    names = [] if truth is None else [image.file_name for image in truth.images]
    images = image_paths(dataset_folder(arguments.dataset or finished.settings.dataset), names)
    try:
        print(write_report(finished.folder, images, on_terminal))
    except ImageError as error:
        raise UserError(f"{error}; give the data's folder with --dataset") from error
    return 0


def image_paths(folder: Path, names: Sequence[str]) -> dict[str, Path]:
    """Return where the images are, by name; names that lead out of the folder are left out."""
    return {name: folder / name for name in names if not leads_out(name)}


if __name__ == "__main__":
    raise SystemExit(main())
