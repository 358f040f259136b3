"""What an audit of labels prints: suspicions by kind, with the likeliest of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.markup import escape
from rich.table import Table

from pipelines.audit.suspicion import KINDS, Audit, Suspicion
from pipelines.contenders import label_of
from pipelines.system.terminal import Terminal

FIRST = 3  # shown of each kind
TITLES = {
    "missing": "missing label",
    "wrong_class": "wrong class",
    "badly_placed": "badly placed box",
    "nothing_there": "nothing there",
    "doubled": "doubled label",
}


def print_audit(audit: Audit, left_out: Sequence[str] = ()) -> None:
    """Print a table by kind, who the witnesses are, and which trainings there was no time for."""
    console = Terminal(highlight=False)
    console.print(audit_table(audit))
    for line in audit_lines(audit, left_out):
        console.print(line, markup=False)


def audit_table(audit: Audit) -> Table:
    """Return a row for each kind: how many, how many of them are expected to be right, the first.

    What is expected is the sum of probabilities.
    """
    images = " and ".join(f"{count} {split}" for split, count in audit.images.items())
    title = f"{audit.dataset}: suspicions about the labels of {images} images"
    table = Table("", title=escape(title))
    table.add_column("found", justify="right")
    table.add_column("likely right", justify="right")
    table.add_column("the first")
    for kind in KINDS:
        of_kind = [each for each in audit.suspicions if each.kind == kind]
        expected = sum(each.probability for each in of_kind)
        first = "\n".join(_line(audit, each) for each in of_kind[:FIRST])
        table.add_row(TITLES[kind], str(len(of_kind)), f"{expected:.0f}", escape(first))
    return table


def audit_lines(audit: Audit, left_out: Sequence[str] = ()) -> Iterator[str]:
    """Yield sentences: the witnesses, classes that seem to be one, what was left out."""
    names = " and ".join(map(label_of, audit.contenders))
    if len(audit.contenders) > 1:
        yield f"Witnesses: {names}, which have not learnt from these images."
    else:
        yield (
            f"One witness alone: {names}, which has not learnt from these images. Its mistakes look "
            "like those of labels, so this is weaker than what two agree on."
        )
    for first, second, share in audit.alike_classes:
        yield (
            f"{audit.classes[first]} and {audit.classes[second]} seem to be one class: of their "
            f"objects {share:.0%} are taken for the other."
        )
    if left_out:
        yield f"Left out for the time: {', '.join(left_out)}; --resume with more goes on."


def _line(audit: Audit, each: Suspicion) -> str:
    names = [audit.classes[label] for label in (each.label, each.proposed) if label is not None]
    return f"{each.probability:.2f} {each.file}: {' → '.join(dict.fromkeys(names))}"
