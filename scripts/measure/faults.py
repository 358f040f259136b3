"""Kill, starve and feed nonsense to the project on a tiny set, and count what it does well.

What was tried is kept in the folder: the same command goes on, and a finished one prints its table.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from pipelines.system.command_line import Options, command, whole
from scripts.measure.common import print_table

KINDS = ("kills", "others", "traces", "places", "files", "values")

OPTIONS = Options(__doc__)
option = OPTIONS.add_argument
option("folder", type=Path, metavar="DIR", help="where all of it happens, and is kept")
option("--kinds", nargs="+", choices=KINDS, default=KINDS, help="default: all")
option("--kills", type=whole(1, 10_000), default=100, metavar="N", help="a fifth at the very end")
option("--most", type=whole(1), metavar="N", help="cases of each other kind, drawn by chance")
option("--networks", action="store_true", help="in each fourth kill a network is trained as well")
option("--seed", type=whole(0), default=0, metavar="N")


@command("measure_faults", OPTIONS, "go on with the same command")
def main(arguments: argparse.Namespace) -> int:
    """Try all cases and print what came of them; return 1 where one went wrong."""
    from scripts.measure.fault_kinds.cases import Outcomes, sampled
    from scripts.measure.fault_kinds.files import file_cases
    from scripts.measure.fault_kinds.kills import kill_cases
    from scripts.measure.fault_kinds.other_kills import other_kill_cases
    from scripts.measure.fault_kinds.places import place_cases
    from scripts.measure.fault_kinds.tiny import make_set
    from scripts.measure.fault_kinds.traces import trace_cases
    from scripts.measure.fault_kinds.values import value_cases
    from scripts.measure.fault_kinds.whole_run import whole_run

    folder, kinds, seed = arguments.folder.resolve(), arguments.kinds, arguments.seed
    shared = folder / "shared"
    if not (shared / "set").is_dir():
        make_set(shared / "set")
    outcomes = Outcomes(folder)
    if "values" in kinds:
        outcomes.attempt(sampled(list(value_cases()), arguments.most, seed))
    if {*kinds} - {"values"}:
        runs = [whole_run(shared)]
        if arguments.networks:
            runs.append(whole_run(shared, networks=True))
    if "files" in kinds:
        outcomes.attempt(sampled(list(file_cases(shared)), arguments.most, seed))
    if "kills" in kinds:
        outcomes.attempt(kill_cases(shared, runs, arguments.kills, seed))
    if "others" in kinds:
        outcomes.attempt(other_kill_cases(shared, runs, max(1, arguments.kills // 10), seed))
    if "traces" in kinds:
        outcomes.attempt(trace_cases(shared, runs, seed))
    if "places" in kinds:
        outcomes.attempt(sampled(list(place_cases(shared)), arguments.most, seed))
    print_table("faults", ("what", "right", "skipped"), outcomes.rows())
    wrong = [each for each in outcomes.all if each.note and not each.is_skipped]
    for each in wrong:
        print(f"{each.kind}, {each.name}: {each.note}")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
