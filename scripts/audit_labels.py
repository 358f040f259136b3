"""Audit the labels of a finished run's set: where its contenders agree against them.

Exit 0 when done, 2 for bad usage or bad input, 130 when stopped.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import pipelines.system.interrupted_imports  # noqa: F401 - for what it does
from datasets.conversion import TARGETS
from datasets.errors import UserError
from pipelines.system.command_line import Options, command, real, say, whole

OPTIONS = Options(__doc__)
option = OPTIONS.add_argument
option("run", type=Path, metavar="RUN", help="folder of a finished comparison")
where = "for what is found (RUN/audit); with --apply a new folder, for the corrected copy"
option("--output", type=Path, metavar="DIR", help=where)
every = "train K times on the rest, so that every image is audited; otherwise val and test"
option("--folds", type=whole(2, 100), default=0, metavar="K", help=every)
budget = "for the trainings; what does not fit is left out and named (no limit)"
option("--budget-minutes", type=real(0, 1e6, above=True), metavar="M", help=budget)
option("--resume", action="store_true", help="go on with an audit that was cut off")
option("--overwrite", action="store_true", help="replace the audit in DIR, and train again")
option("--device", choices=["auto", "cpu", "gpu"], help="for the trainings (the run's)")
others = "scheduler of a Dask cluster that trains on the folds, as tcp://10.0.0.1:8786"
option("--cluster", metavar="ADDRESS", help=others)
copied = "write a copy of the set with the suspicions accepted there, as audit.html saves them"
option("--apply", type=Path, metavar="decisions.json", help=copied)
option("--convert", choices=sorted(TARGETS), help="the format of that copy")
STOPPED = "go on with the same command and --resume"


@command("audit_labels", OPTIONS, STOPPED)
def main(arguments: argparse.Namespace) -> int:
    """Audit or apply what was decided, and print; return the exit status."""
    if arguments.apply is None:
        audit(arguments)
    else:
        apply(arguments)
    return 0


def audit(arguments: argparse.Namespace) -> None:
    """Audit the run and print what was found."""
    # From here on it takes a second to import.
    from pipelines.benchmark.add_audit import Asked, add_audit
    from pipelines.report.terminal.suspicions import print_audit
    from pipelines.system.files import followed

    if arguments.convert:
        raise UserError("--convert is of --apply decisions.json, as audit.html saves them")
    if arguments.budget_minutes and not arguments.folds:
        raise UserError("--budget-minutes is for --folds K: without, nothing is trained")
    if arguments.cluster and not arguments.folds:
        raise UserError("--cluster is for --folds K: without, nothing is trained")
    asked = Asked(arguments.folds, arguments.budget_minutes, arguments.device, arguments.cluster)
    output = None if arguments.output is None else followed(arguments.output)
    done = add_audit(
        arguments.run, asked, output, overwrite=arguments.overwrite, resume=arguments.resume
    )
    print_audit(done.metrics, done.audit, done.effect, done.left_out)
    say(f"{done.folder}: audit.html, audit.json, audit.csv")


def apply(arguments: argparse.Namespace) -> None:
    """Write the corrected copy and print what was changed."""
    from pipelines.audit.apply import apply_decisions
    from pipelines.report.terminal.audit import applied_lines, effect_text
    from pipelines.runs.finished import open_run
    from pipelines.system.progress import on_terminal
    from pipelines.system.terminal import Terminal

    form, output = arguments.convert, arguments.output
    if form is None or output is None:
        raise UserError("--apply needs --convert voc|coco|yolo and --output DIR, a new folder")
    run = open_run(arguments.run)
    done = apply_decisions(run, arguments.apply, form, output, on_terminal)
    say(*applied_lines(done, form, output))
    Terminal().print(*effect_text(run.metrics, done.effect))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
