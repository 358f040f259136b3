"""Audit the labels of a finished run's set: where its contenders agree against them.

Exit 0 when done, 2 for bad usage or bad input, 130 when stopped.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import pipelines.system.interrupted_imports  # noqa: F401 - for what it does
from pipelines.system.command_line import Options, command, real, say, whole

OPTIONS = Options(__doc__)
option = OPTIONS.add_argument
option("run", type=Path, metavar="RUN", help="folder of a finished comparison")
option("--output", type=Path, metavar="DIR", help="for what is found (RUN/audit)")
every = "train K times on the rest, so that every image is audited; otherwise val and test"
option("--folds", type=whole(2, 100), default=0, metavar="K", help=every)
budget = "for the trainings; what does not fit is left out and named (no limit)"
option("--budget-minutes", type=real(0, 1e6, above=True), metavar="M", help=budget)
option("--resume", action="store_true", help="go on with an audit that was cut off")
option("--overwrite", action="store_true", help="replace the audit in DIR, and train again")
option("--device", choices=["auto", "cpu", "gpu"], help="for the trainings (the run's)")
STOPPED = "go on with the same command and --resume"


@command("audit_labels", OPTIONS, STOPPED)
def main(arguments: argparse.Namespace) -> int:
    """Audit and print; return the exit status."""
    # From here on it takes a second to import.
    from pipelines.benchmark.add_audit import Asked, add_audit
    from pipelines.report.terminal.suspicions import print_audit
    from pipelines.system.files import followed

    asked = Asked(arguments.folds, arguments.budget_minutes, arguments.device)
    output = None if arguments.output is None else followed(arguments.output)
    audit, folder, left_out = add_audit(
        arguments.run, asked, output, overwrite=arguments.overwrite, resume=arguments.resume
    )
    print_audit(audit, left_out)
    say(f"{folder}: audit.json, audit.csv")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
