"""Write the report of a finished run again, as after a study of it.

Exit 0 when done, 2 for bad usage or bad input.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import pipelines.system.interrupted_imports  # noqa: F401 - for what it does
from datasets.errors import UserError
from datasets.path_names import leads_out
from pipelines.system.command_line import Options, command, say

OPTIONS = Options(__doc__)
option = OPTIONS.add_argument
option("run", type=Path, metavar="RUN", help="the folder of a finished run")
where = "where the data is now; otherwise where the run found it, seen from here"
option("--dataset", metavar="PATH", help=where)


@command("write_report", OPTIONS)
def main(arguments: argparse.Namespace) -> int:
    """Write the report and print where it is; return the exit status."""
    # From here on it takes a second to import.
    from datasets.images import ImageError
    from pipelines.report.run_page.labels import images_of_labels
    from pipelines.report.run_page.page import write_report
    from pipelines.runs.data import dataset_folder
    from pipelines.runs.finished import open_run
    from pipelines.system.output_lock import sole_writer
    from pipelines.system.progress import on_terminal

    folder = open_run(arguments.run).folder
    with sole_writer(folder):
        finished = open_run(folder)  # as whoever wrote there before has left it
        truth = finished.ground_truth()
        names = [] if truth is None else [image.file_name for image in truth.images]
        names += images_of_labels(folder)
        data = dataset_folder(arguments.dataset or finished.settings.dataset)
        images = {name: data / name for name in names if not leads_out(name)}
        try:
            say(str(write_report(finished.folder, images, on_terminal)))
        except ImageError as error:
            raise UserError(f"{error}; give the data's folder with --dataset") from error
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
