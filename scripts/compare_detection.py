"""Train a classical detector and YOLO, from scratch and pre-trained, and compare them.

Exit 0 when done, 1 when a requirement is missed, 2 for bad usage or bad input.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from functools import partial, reduce
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import pipelines.system.interrupted_imports  # noqa: F401 - for what it does
from pipelines.contenders import NAMES
from pipelines.runs.requirements import Requirement, parse_requirement
from pipelines.settings import ENSEMBLE, RunSettings, completed, named_file, quickened, with_setting
from pipelines.system.command_line import Options, command, say

if TYPE_CHECKING:
    from pipelines.runs.metrics import Metrics

OPTIONS = Options(__doc__)
data = OPTIONS.add_argument_group("data").add_argument
where = "a labelled folder, the sample, or tfds:voc/2007"
data("--dataset", metavar="PATH|sample|tfds:NAME", help=where)
data("--format", metavar="NAME", help="of the annotations; default: found by looking")
data("--limit", type=int, metavar="N", help="images a split, for a fast look")
run = OPTIONS.add_argument_group("run").add_argument
run("--pipelines", nargs="+", choices=NAMES, help="default: all")
run("--output", type=Path, metavar="DIR", help="default: runs/<dataset name>")
run("--overwrite", action="store_true", help="replace the run in DIR")
run("--resume", action="store_true", help="go on with a run that was cut off")
run("--device", choices=["auto", "cpu", "gpu"], help="default: auto")
run("--seed", type=int, metavar="N", help="of everything left to chance")
again = "train each contender K times, from seeds that count on (1)"
run("--repeats", type=int, metavar="K", help=again)
others = "Dask cluster for those and for --axes data, as tcp://10.0.0.1:8786"
run("--cluster", metavar="ADDRESS", help=others)
run("--quick", action="store_true", help="a minute-sized run, for a first look")
training = OPTIONS.add_argument_group("training of the networks")
amount = training.add_mutually_exclusive_group().add_argument
amount("--epochs", type=int, metavar="N", help="rounds through the images")
amount("--train-minutes", type=float, metavar="M", help="by the clock")
logged = "log it there, as DIR/<run>, while it goes"
training.add_argument("--tensorboard", type=Path, metavar="DIR", help=logged)
training.add_argument("--image-size", type=int, metavar="PX", help="longer side, 32·n")
more = OPTIONS.add_argument_group("results and details")
more.add_argument("--annotate", type=int, metavar="N", help="test images drawn (100)")
several = partial(more.add_argument, nargs="+", action="extend")
scored = "another tool's COCO results on the test images, scored beside the pipelines"
several("--detections", type=named_file, metavar="NAME=FILE", help=scored)
together = "judge all pipelines' detections joined too, as one more column"
more.add_argument("--ensemble", action="store_true", default=None, help=together)
least = "exit 1 unless it is at least that much, as yolo.map_50=0.5"
several("--require", default=[], metavar="NAME.FIGURE=VALUE", help=least)
changed = "change a setting of an algorithm, as classical.proposals=300"
several("--set", default=[], metavar="NAME=VALUE", help=changed)
axes = """also study data,hardware,features,approach,time,interpretability,conditions, all or none
(approach,time; with --quick none); scripts/study_axes.py adds others later"""
more.add_argument("--axes", metavar="NAMES", help=axes)
repeated = "repeat the run of this metrics.json"
more.add_argument("--settings", type=Path, metavar="FILE", help=repeated)
STOPPED = "go on with the same command and --resume, from what is in DIR.partial"


def settings_of(arguments: argparse.Namespace) -> RunSettings:
    """Return the settings the command line asks for.

    Raises:
        UserError: a file, name or value is wrong.
    """
    settings = RunSettings()
    if arguments.settings is not None:
        from pipelines.runs.finished import open_run  # takes a second to import

        settings = open_run(arguments.settings).settings
    if arguments.quick:
        settings = quickened(settings)
    # Options that are fields of the settings have their names; None means "not given".
    shared = vars(arguments).keys() & {field.name for field in fields(RunSettings)}
    given = {name: value for name in shared if (value := getattr(arguments, name)) is not None}
    for name in given.keys() & {"pipelines", "detections"}:
        given[name] = tuple(given[name])
    if arguments.settings is None:
        given.setdefault("pipelines", NAMES)
    if given.keys() & {"epochs", "train_minutes"}:
        settings = replace(settings, epochs=None, train_minutes=None)
    return completed(reduce(with_setting, arguments.set, replace(settings, **given)))


@command("compare_detection", OPTIONS, STOPPED)
def main(arguments: argparse.Namespace) -> int:
    """Train, compare and print; return the exit status."""
    settings = settings_of(arguments)
    ensemble = (ENSEMBLE,) if settings.ensemble else ()
    names = (*settings.pipelines, *ensemble, *(each.name for each in settings.detections))
    requirements = [parse_requirement(text, names) for text in arguments.require]
    # From here on it takes seconds to import and minutes to run.
    from pipelines.benchmark.add_axes import add_axes
    from pipelines.benchmark.run import compare, default_output
    from pipelines.studies.study import MINUTES, chosen_axes
    from pipelines.system.files import followed
    from pipelines.system.other_machines import take_other_machines

    others = take_other_machines()
    if others is not None and not others.is_first:
        from pipelines.benchmark.follow import follow

        follow(settings, others)
        return 0
    output = followed(arguments.output or default_output(settings))
    axes = chosen_axes(arguments.axes or ("none" if arguments.quick else "approach,time"))
    names = ("overwrite", "resume", "tensorboard", "cluster")
    also = {name: getattr(arguments, name) for name in names}
    metrics = compare(settings, output, axes=axes, others=others, **also)
    missing = [name for name in axes if name not in metrics.axes]
    if missing:  # a run that was whole before knows nothing of axes asked for since
        again = {"overwrite": False, "resume": True, "cluster": arguments.cluster}
        metrics = add_axes(output, missing, MINUTES, **again).metrics
    show(metrics, output)
    return judge(requirements, metrics)


def show(metrics: Metrics, output: Path) -> None:
    """Print the closing table and where everything is."""
    from rich.markup import escape

    from pipelines.report.terminal.axes import print_axes
    from pipelines.report.terminal.run import closing_tables
    from pipelines.system.terminal import Terminal

    console = Terminal()
    console.print(*closing_tables(metrics))
    if metrics.axes:
        print_axes(metrics.axes, metrics.choice)
    rest = "metrics.json, annotated/, axes/, detections/, models/"
    console.print(f"[bold]{escape(f'{output}/report.html')}[/bold], {rest}")


def judge(requirements: Sequence[Requirement], metrics: Metrics) -> int:
    """Print how each requirement came out; return 1 if one is missed, else 0."""
    missed = 0
    for requirement in requirements:
        figure = requirement.figure_in(metrics)
        met = figure >= requirement.least  # an undefined figure is never enough
        said = "null" if isnan(figure) else f"{figure:.4f}"
        wanted = f"at least {requirement.least} wanted"
        say(f"{'met' if met else 'MISSED':<6} {requirement.name} = {said}, {wanted}")
        missed += not met
    return min(missed, 1)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
