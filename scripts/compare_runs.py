"""Put several finished runs side by side: what changed in settings, and whether figures did.

Exit 0 when done, 1 where a run fell behind its baseline by more than --max-drop beyond doubt, 2 for
bad usage or bad input.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from datasets.errors import UserError
from pipelines.system.command_line import Options, real, run

if TYPE_CHECKING:
    from pipelines.runs.gate import Gate

RULE = (
    "A figure fails when the whole 95 % interval of its drop, baseline less run over the test "
    "images, is above --max-drop. A smaller drop passes, and so does a larger one that may be "
    "their sampling error. What can't be judged is exit 2, not a pass."
)


def parser() -> Options:
    """Return the command line's parser."""
    made = Options(description=(__doc__ or "").split("\n", maxsplit=1)[0], epilog=RULE)
    made.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folder of a finished run")
    made.add_argument("--baseline", type=Path, metavar="RUN", help="default: the first RUN")
    made.add_argument("--max-drop", type=real(0, 1), metavar="D", help="a gate for CI, as 0.02")
    made.add_argument(
        "--figure",
        nargs="+",
        default=["map_50"],
        metavar="NAME",
        help="at the gate, as map_50_95 or per_class.stop.ap_50; default: map_50",
    )
    made.add_argument(
        "--output", type=Path, default=Path("runs/comparison.html"), metavar="FILE.html"
    )
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Compare; return the exit status."""
    return run("compare_runs", parser(), argv, compared)


def compared(arguments: argparse.Namespace) -> int:
    """Compare, write the page and print; return the exit status."""
    # From here on it takes a second to import.
    from rich.console import Console

    from pipelines.report.runs_page.page import is_page, pairing, runs_page, runs_tables
    from pipelines.runs.compare import compare_runs, open_runs
    from pipelines.runs.gate import gates
    from pipelines.system.files import check_output, write_text
    from pipelines.system.progress import on_terminal

    output, drop = arguments.output, arguments.max_drop
    check_output(output, "page of compare_runs", is_page)
    comparison = compare_runs(open_runs(runs_of(arguments)), on_terminal)
    judged = [] if drop is None else gates(comparison, arguments.figure, drop)
    write_text(output, runs_page(comparison, verdicts(judged, drop)))
    console = Console()
    for table in runs_tables(comparison):
        console.print(table)
    console.print(pairing(comparison))
    for line in verdicts(judged, drop):
        print(line)
    console.print(f"[bold]{output}[/bold]")
    return 1 if any(gate.failed for gate in judged) else 0


def runs_of(arguments: argparse.Namespace) -> list[Path]:
    """Return the folders of the runs, the baseline first.

    Raises:
        UserError: there are too few, or the gate has no baseline.
    """
    baseline, drop = arguments.baseline, arguments.max_drop
    if drop is not None and baseline is None:
        raise UserError("--max-drop needs --baseline RUN, which the others are compared with")
    if baseline is None:
        runs = list(arguments.runs)
    else:
        runs = [baseline, *(r for r in arguments.runs if r.resolve() != baseline.resolve())]
    if len(runs) < 2:
        raise UserError("one run alone can't be compared; name two different ones")
    return runs


def verdicts(judged: Sequence[Gate], max_drop: float | None) -> list[str]:
    """Return how each figure came out at the gate, in words."""
    return [
        f"{'FAILED' if gate.failed else 'passed'} {gate.run} {gate.name}: drop {gate.drop:+.4f}, "
        f"95 % {gate.interval_95[0]:+.4f} to {gate.interval_95[1]:+.4f}"
        f"{'' if gate.is_paired else ' on other images'}, {max_drop:g} allowed."
        for gate in judged
    ]


if __name__ == "__main__":
    raise SystemExit(main())
