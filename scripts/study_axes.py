"""Study a finished run: data, hardware, features, approach, time, explanations, conditions.

Exit 0 when done, 2 for bad usage or bad input, 130 when stopped.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import pipelines.system.interrupted_imports  # noqa: F401 - for what it does
from pipelines.studies.common.axes import NAMES
from pipelines.system.command_line import Options, real, run, say


def parser() -> Options:
    """Return the command line's parser."""
    made = Options(__doc__)
    made.add_argument("run", type=Path, metavar="RUN", help="folder of a finished comparison")
    made.add_argument(
        "--axes",
        default="all",
        metavar="NAMES",
        help=f"{','.join(NAMES)} or all (all)",
    )
    made.add_argument(
        "--budget-minutes",
        type=real(0, 1e6, above=True),
        metavar="M",
        help="for all axes together (30 minutes); what does not fit is left out and named",
    )
    made.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="scheduler of a Dask cluster, as tcp://10.0.0.1:8786, for the trainings of `data`",
    )
    made.add_argument(
        "--set",
        default=[],
        nargs="+",
        action="extend",
        metavar="NAME=VALUE",
        help="change a setting of an axis, as conditions.slice=(cam[0-9])_",
    )
    made.add_argument("--resume", action="store_true", help="go on with a study that was cut off")
    made.add_argument("--overwrite", action="store_true", help="measure these axes again")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Study; return the exit status."""
    return run("study_axes", parser(), argv, studied, "go on with the same command and --resume")


def studied(arguments: argparse.Namespace) -> int:
    """Study and print; return the exit status."""
    # From here on it takes a second to import.
    from pipelines.benchmark.add_axes import add_axes
    from pipelines.report.terminal.axes import print_axes
    from pipelines.studies.study import MINUTES, chosen_axes

    axes = chosen_axes(arguments.axes)
    minutes = MINUTES if arguments.budget_minutes is None else arguments.budget_minutes
    also = {name: getattr(arguments, name) for name in ("overwrite", "resume", "cluster")}
    metrics, kept = add_axes(arguments.run, axes, minutes, changes=arguments.set, **also)
    results = {name: metrics.axes[name] for name in axes}
    print_axes(results, metrics.choice)
    if kept:
        say(f"kept as studied before: {', '.join(kept)}; --overwrite measures again")
    say(f"{arguments.run}: metrics.json, axes/*.png and *.svg")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
