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
import pipelines.system.interrupted_imports  # noqa: F401 - for what it does
from datasets.errors import UserError
from datasets.path_names import real_path
from pipelines.system.command_line import Options, command, real, say

if TYPE_CHECKING:
    from pipelines.runs.gate import Gate

RULE = (
    "A figure fails when the whole 95 % interval of its drop, baseline less run over the test "
    "images, is above --max-drop. A smaller drop passes, and so does a larger one that may be "
    "their sampling error. What can't be judged is exit 2, not a pass."
)

OPTIONS = Options(__doc__, epilog=RULE)
option = OPTIONS.add_argument
option("runs", nargs="+", type=Path, metavar="RUN", help="folder of a finished run")
option("--baseline", type=Path, metavar="RUN", help="default: the first RUN")
option("--max-drop", type=real(0, 1), metavar="D", help="a gate for CI, as 0.02")
judged = "at the gate, as map_50_95 or per_class.stop.ap_50; default: map_50"
option("--figure", nargs="+", default=["map_50"], metavar="NAME", help=judged)
option("--output", type=Path, default=Path("runs/comparison.html"), metavar="FILE.html")


@command("compare_runs", OPTIONS)
def main(arguments: argparse.Namespace) -> int:
    """Compare, write the page and print; return the exit status."""
    # From here on it takes a second to import.
    from rich.markup import escape

    from pipelines.report.runs_page.page import is_page, pairing, runs_page, runs_tables
    from pipelines.runs.compare import compare_runs, open_runs
    from pipelines.runs.gate import gates
    from pipelines.system.files import write_text
    from pipelines.system.output_lock import claimed
    from pipelines.system.progress import on_terminal
    from pipelines.system.terminal import Terminal

    output, drop = arguments.output, arguments.max_drop
    with claimed(output, "page of compare_runs", is_page):
        comparison = compare_runs(open_runs(runs_of(arguments)), on_terminal)
        judged = [] if drop is None else gates(comparison, arguments.figure, drop)
        write_text(output, runs_page(comparison, verdicts(judged, drop)))
    console = Terminal()
    console.print(*runs_tables(comparison), pairing(comparison))
    for line in verdicts(judged, drop):
        say(line)
    console.print(f"[bold]{escape(str(output))}[/bold]")
    return 1 if any(gate.failed for gate in judged) else 0


def runs_of(arguments: argparse.Namespace) -> list[Path]:
    """Return the folders of the runs, the baseline first.

    Raises:
        UserError: there are too few, or the gate has no baseline.
    """
    runs: list[Path] = arguments.runs
    if (baseline := arguments.baseline) is not None:
        runs = [baseline, *(r for r in runs if real_path(r) != real_path(baseline))]
    elif arguments.max_drop is not None:
        raise UserError("--max-drop needs --baseline RUN, which the others are compared with")
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
    raise SystemExit(main(sys.argv[1:]))
