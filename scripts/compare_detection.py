"""Train a classical and a YOLO-style detector on the same images and compare them.

Exit 0 when done, 1 when a requirement is missed, 2 for bad usage or bad input.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pipelines.contenders import NAMES
from pipelines.runs.requirements import Requirement, parse_requirement
from pipelines.settings import RunSettings, completed, named_file, quickened, with_setting
from pipelines.system.command_line import Options, run

if TYPE_CHECKING:
    from pipelines.runs.metrics import Metrics

# Options that are fields of `RunSettings` under the same name; None means "not given".
SHARED = (
    "dataset",
    "format",
    "pipelines",
    "device",
    "seed",
    "epochs",
    "train_minutes",
    "image_size",
    "limit",
    "annotate",
    "detections",
)


def parser() -> Options:
    """Return the command line's parser."""
    made = Options(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    data = made.add_argument_group("data")
    data.add_argument(
        "--dataset",
        metavar="PATH|sample|tfds:NAME",
        help="a labelled folder, the sample, or tfds:voc/2007",
    )
    formats = ["auto", "voc", "coco", "yolo", "csv"]
    data.add_argument("--format", choices=formats, help="default: found by looking")
    data.add_argument("--limit", type=int, metavar="N", help="images a split, for a fast look")
    run = made.add_argument_group("run")
    run.add_argument("--pipelines", nargs="+", choices=NAMES, help="default: all")
    run.add_argument("--output", type=Path, metavar="DIR", help="default: runs/<dataset name>")
    run.add_argument("--overwrite", action="store_true", help="replace the run in DIR")
    run.add_argument("--resume", action="store_true", help="go on with a run that was cut off")
    run.add_argument("--device", choices=["auto", "cpu", "gpu"], help="default: auto")
    run.add_argument("--seed", type=int, metavar="N", help="of everything left to chance")
    run.add_argument("--quick", action="store_true", help="a minute-sized run, for a first look")
    training = made.add_argument_group("YOLO training")
    amount = training.add_mutually_exclusive_group()
    amount.add_argument("--epochs", type=int, metavar="N", help="rounds through the images")
    amount.add_argument("--train-minutes", type=float, metavar="M", help="by the clock")
    training.add_argument(
        "--tensorboard", type=Path, metavar="DIR", help="log it there, as DIR/<run>, while it goes"
    )
    training.add_argument("--image-size", type=int, metavar="PX", help="longer side, 32·n")
    more = made.add_argument_group("results and details")
    more.add_argument("--annotate", type=int, metavar="N", help="test images drawn (100)")
    more.add_argument(
        "--detections",
        type=named_file,
        nargs="+",
        action="extend",
        metavar="NAME=FILE",
        help="another tool's COCO results on the test images, scored beside the pipelines",
    )
    more.add_argument(
        "--require",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME.FIGURE=VALUE",
        help="exit 1 unless it is at least that much, as yolo.map_50=0.5",
    )
    more.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=VALUE",
        help="change a setting of an algorithm, as classical.proposals=300",
    )
    more.add_argument(
        "--axes",
        metavar="NAMES",
        help="also study data,hardware,features,approach,time,interpretability, all or none "
        "(approach,time; with --quick none); scripts/study_axes.py adds others later",
    )
    more.add_argument(
        "--settings", type=Path, metavar="FILE", help="repeat the run of this metrics.json"
    )
    return made


def settings_of(arguments: argparse.Namespace) -> RunSettings:
    """Return the settings the command line asks for.

    Raises:
        UserError: a file, name or value is wrong.
    """
    settings = RunSettings() if arguments.settings is None else read_settings(arguments.settings)
    if arguments.quick:
        settings = quickened(settings)
    given = {name: getattr(arguments, name) for name in SHARED}
    if given["pipelines"] is None and arguments.settings is None:
        given["pipelines"] = NAMES
    for name in ("pipelines", "detections"):
        if given[name] is not None:
            given[name] = tuple(given[name])
    if given["epochs"] is not None or given["train_minutes"] is not None:
        settings = replace(settings, epochs=None, train_minutes=None)
    settings = replace(settings, **{name: v for name, v in given.items() if v is not None})
    for assignment in arguments.set:
        settings = with_setting(settings, assignment)
    return completed(settings)


def read_settings(path: Path) -> RunSettings:
    """Return the settings a run's ``metrics.json`` holds.

    Raises:
        UserError: the file can't be read, is of another version or of no comparison.
    """
    from pipelines.runs.finished import open_run  # takes a second to import

    return open_run(path).settings


def main(argv: Sequence[str] | None = None) -> int:
    """Run the comparison; return the exit status."""
    stopped = "go on with the same command and --resume, from what is in DIR.partial"
    return run("compare_detection", parser(), argv, compared, stopped)


def compared(arguments: argparse.Namespace) -> int:
    """Train, compare and print; return the exit status."""
    settings = settings_of(arguments)
    names = (*settings.pipelines, *(each.name for each in settings.detections))
    requirements = [parse_requirement(text, names) for text in arguments.require]
    # From here on it takes seconds to import and minutes to run.
    from pipelines.benchmark.add_axes import add_axes
    from pipelines.benchmark.run import compare, default_output
    from pipelines.studies.study import MINUTES, chosen_axes

    output = arguments.output or default_output(settings)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # both ways to stop are one
    axes = chosen_axes(arguments.axes or ("none" if arguments.quick else "approach,time"))
    metrics = compare(
        settings,
        output,
        overwrite=arguments.overwrite,
        resume=arguments.resume,
        axes=axes,
        tensorboard=arguments.tensorboard,
    )
    missing = [name for name in axes if name not in metrics.axes]
    if missing:  # a run that was whole before knows nothing of axes asked for since
        metrics = add_axes(output, missing, MINUTES, overwrite=False, resume=True)
    show(metrics, output)
    return judge(requirements, metrics)


def show(metrics: Metrics, output: Path) -> None:
    """Print the closing table and where everything is."""
    from rich.console import Console

    from pipelines.report.terminal.axes import print_axes
    from pipelines.report.terminal.run import closing_tables

    console = Console()
    for table in closing_tables(metrics):
        console.print(table)
    if metrics.axes:
        print_axes(metrics.axes, metrics.choice)
    console.print(
        f"[bold]{output}/report.html[/bold], metrics.json, annotated/, axes/, detections/, models/"
    )


def judge(requirements: Sequence[Requirement], metrics: Metrics) -> int:
    """Print how each requirement came out; return 1 if one is missed, else 0."""
    missed = 0
    for requirement in requirements:
        figure = requirement.figure_in(metrics)
        met = figure >= requirement.least  # an undefined figure is never enough
        verdict = "met" if met else "MISSED"
        print(
            f"{verdict:<6} {requirement.name} = {figure:.4f}, at least {requirement.least} wanted"
        )
        missed += not met
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
