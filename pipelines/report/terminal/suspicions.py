"""What an audit of labels prints: suspicions by kind, with the likeliest of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.markup import escape
from rich.table import Table

from pipelines.audit.effect import Effect
from pipelines.audit.suspicion import Audit, Suspicion
from pipelines.report.suspicions import KINDS, alike_rows, audit_sentences, suspicion_sentence
from pipelines.report.terminal.audit import effect_text
from pipelines.runs.metrics import Metrics
from pipelines.system.terminal import Terminal

FIRST = 3  # shown of each kind


def print_audit(
    metrics: Metrics, audit: Audit, effect: Effect, left_out: Sequence[str] = ()
) -> None:
    """Print what was found, what that would change, and the trainings there was no time for."""
    console = Terminal(highlight=False)
    console.print(audit_table(audit))
    for line in audit_lines(audit, left_out):
        console.print(line, markup=False)
    console.print(*effect_text(metrics, effect))


def audit_table(audit: Audit) -> Table:
    """Return a row for each kind: how many, how many of them are expected to be right, the first.

    What is expected is the sum of probabilities.
    """
    images = " and ".join(f"{count} {split}" for split, count in audit.images.items())
    table = Table("", title=escape(f"{audit.dataset}: the labels of {images} images"))
    table.add_column("found", justify="right")
    table.add_column("likely right", justify="right")
    table.add_column("the first")
    for kind, title in KINDS.items():
        of_kind = [each for each in audit.suspicions if each.kind == kind]
        expected = sum(each.probability for each in of_kind)
        first = "\n".join(_line(audit, each) for each in of_kind[:FIRST])
        table.add_row(title, str(len(of_kind)), f"{expected:.0f}", escape(first))
    return table


def audit_lines(audit: Audit, left_out: Sequence[str] = ()) -> Iterator[str]:
    """Yield sentences: the witnesses, classes that seem to be one, what was left out."""
    yield from audit_sentences(audit)
    for first, second, share in alike_rows(audit):
        yield f"{first} and {second} seem to be one class: each is taken for the other ({share})."
    if left_out:
        yield f"Left out for the time: {', '.join(left_out)}; --resume with more goes on."


def _line(audit: Audit, each: Suspicion) -> str:
    return f"{each.probability:.2f} {each.file}: {suspicion_sentence(each, audit.classes)}"
