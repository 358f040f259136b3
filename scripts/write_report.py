"""Write the report of a finished run again, as after a study of it.

Exit 0 when done, 2 for bad usage or bad input.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    made = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    made.add_argument("run", type=Path, metavar="RUN", help="the folder of a finished run")
    made.add_argument(
        "--dataset",
        metavar="PATH",
        help="where the data is now; otherwise where the run found it, seen from here",
    )
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Write the report; return the exit status."""
    arguments = parser().parse_args(argv)
    # From here on it takes a second to import.
    from datasets.annotations import DatasetError
    from datasets.images import ImageError
    from pipelines.progress import on_terminal
    from pipelines.report.page import ReportError, write_report
    from pipelines.run_data import dataset_folder
    from pipelines.run_folder import METRICS

    run: Path = arguments.run
    try:
        said = json.loads((run / METRICS).read_text(encoding="utf-8"))
        coco = json.loads((run / "ground_truth.json").read_text(encoding="utf-8"))
        folder = dataset_folder(arguments.dataset or said["settings"]["dataset"])
        images = image_paths(folder, [image["file_name"] for image in coco["images"]])
        report = write_report(run, images, on_terminal)
    except (OSError, ValueError, LookupError) as error:
        return refuse(f"{run}: can't be read as a finished run ({error})")
    except ImageError as error:
        return refuse(f"{error}; give the data's folder with --dataset")
    except (DatasetError, ReportError) as error:
        return refuse(str(error))
    print(report)
    return 0


def image_paths(folder: Path, names: Sequence[str]) -> dict[str, Path]:
    """Return where the images are, by name; names that lead out of the folder are left out."""
    inside = [name for name in names if not leads_out(PurePosixPath(name))]
    return {name: folder / name for name in inside}


def leads_out(name: PurePosixPath) -> bool:
    """Say whether a name is of something that is not below the folder it is looked for in."""
    return name.is_absolute() or ".." in name.parts


def refuse(sentence: str) -> int:
    """Print one sentence; return 2."""
    print(f"write_report: {sentence}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    raise SystemExit(main())
