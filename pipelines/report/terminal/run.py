"""The closing tables: all detectors side by side, every figure as ``metrics.json`` has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import isnan

from rich.markup import escape
from rich.table import Table

from pipelines.report import rows
from pipelines.report.caveats import caveats
from pipelines.report.decision import chosen_by, decision_rows, mixture_sentence
from pipelines.report.verdict import row_worths
from pipelines.runs.metrics import Metrics

LOSSES = {"errors": "cost of {}", "lost": "objects {}", "recall_ceiling": "recall after {}"}


def closing_tables(metrics: Metrics) -> Iterator[Table]:
    """Give what a run ends with: figures, verdicts, where mAP and objects are lost, conventions."""
    called = rows.headings(metrics)
    against = [f"{called[first]} against {called[second]}" for first, second in rows.pairs(metrics)]
    yield _figures(metrics, against)
    if len(against) > 1:
        caption = " ".join(filter(None, (rows.corrected(metrics), rows.corrected_classes(metrics))))
        title, caption = "differences, two by two", escape(caption)
        differences = Table("", *map(escape, against), title=title, caption=caption)
        for row in _quality(metrics):
            differences.add_row(row.label, *_worths(metrics, row))
        yield differences
    losses = _table(
        metrics,
        "what is lost, and where",
        "cost: how much mAP@.50 would rise without that kind of mistake (TIDE); "
        f"objects not found at the score {chosen_by(metrics)}, and what each stage could still "
        "reach",
    )
    for group, label in LOSSES.items():
        _add_section(losses, rows.loss_rows(metrics, group), label)
    yield losses
    if metrics.decision is not None and metrics.decision.costs is not None:
        yield _decision(metrics)
    conventions = _table(metrics, "mAP@.50 of the same detections by convention")
    conventions.add_column("why it differs")
    for row in rows.convention_rows(metrics):
        conventions.add_row(row.label, *(figure.text for figure in row.figures), row.note)
    yield conventions


def _decision(metrics: Metrics) -> Table:
    """Return the table of what mistakes come to."""
    caption = f"scores are {chosen_by(metrics)}. {mixture_sentence(metrics)}"
    table = _table(metrics, "1,000 images", escape(caption.strip()))
    for row in decision_rows(metrics):
        texts = (row.texts[name] for name in metrics.pipelines)
        table.add_row(row.label, *("\n".join(filter(None, each)) for each in texts))
    return table


def _figures(metrics: Metrics, against: list[str]) -> Table:
    """Return the table of figures; a single pair's last column says what differences are worth."""
    test = metrics.dataset.splits["test"]
    known = "".join(f"{escape(each)}\n" for each in caveats(metrics))
    is_pair = len(against) == 1
    most = max(detector.quality.max_detections for detector in metrics.pipelines.values())
    table = _table(
        metrics,
        f"{escape(metrics.dataset.name)}: {rows.test_images(metrics)}, {test.boxes} boxes",
        f"{known}{_machine(metrics)}\n95 % intervals in brackets, {rows.resampled(metrics)}; "
        f"at most {most} detections of a class count in an image"
        + (f"\n{rows.corrected_classes(metrics)}" if is_pair else "")
        + (f"\n{rows.ON_VALIDATION}" if metrics.validation else ""),
    )
    if is_pair:
        table.add_column(*map(escape, against))
    for row in _quality(metrics):
        worths = _worths(metrics, row) if is_pair else []
        table.add_row(row.label, *map(_with_interval, row.figures), *worths)
    _add_section(table, rows.cost_rows(metrics))
    return table


def _table(metrics: Metrics, title: str, caption: str | None = None) -> Table:
    """Return a table with a column for each detector."""
    table = Table("", title=title, caption=caption)
    for name in rows.headings(metrics).values():
        table.add_column(escape(name), justify="right")
    return table


def _add_section(table: Table, added: Iterable[rows.TableRow], label: str = "{}") -> None:
    table.add_section()
    for row in added:
        table.add_row(label.format(row.label), *(figure.text for figure in row.figures))


def _worths(metrics: Metrics, row: rows.TableRow) -> list[str]:
    """Return what differences are worth, never only which figure is larger."""
    return [
        rows.UNKNOWN if worth is None else f"{worth.word}\n{worth.span}"
        for worth in row_worths(metrics, row)
    ]


def _quality(metrics: Metrics) -> list[rows.TableRow]:
    """Return the rows of quality, mAP@.50 with each class's AP below it first."""
    (first, label), *rest = rows.headline(metrics).items()
    named = rows.class_figures(metrics).items()
    classes = {figure: f"  AP@.50 {escape(name)}" for figure, name in named}
    found = rows.quality_rows(metrics, {first: label, **classes, **dict(rest)})
    return [*found[:1], *rows.decisive_rows(metrics), *found[1:]]


def _with_interval(figure: rows.Figure) -> str:
    lines = [figure.text]
    if not isnan(figure.low):
        lines.append(f"[{figure.low:.3f} {figure.high:.3f}]")
    return "\n".join([*lines, *filter(None, [figure.by_training])])


def _machine(metrics: Metrics) -> str:
    cores = f"{metrics.environment.cores} cores"
    timed = {name: each.latency_ms for name, each in metrics.pipelines.items() if each.latency_ms}
    devices = {latency.device for latency in timed.values()}
    if not devices:
        return cores
    each = [f"{name} on {latency.device}" for name, latency in timed.items()]
    on = ", ".join(devices if len(devices) == 1 else each)
    counts = metrics.environment.threads.items()
    threads = ", ".join(f"{library} {count}" for library, count in counts if count)
    return f"timed on {on}; {cores}; threads: {threads}"
