"""What hardware it needs: all contenders on one CPU thread, on all, and on each GPU there is.

A contender is timed in each form it can be deployed in, with that form's own mAP, since a faster
number at another accuracy is another detector. Of several forms one is chosen as a user would, on
the validation split. A device that is not there is a row that says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import isnan, nan

import numpy as np
from matplotlib.figure import Figure
from msgspec.structs import replace

from pipelines.contenders import Contender, label_of
from pipelines.runs.cells import Cells
from pipelines.runs.finished import Subject
from pipelines.studies.common.figures import ends, medians, whom, with_interval
from pipelines.studies.common.plots import colours, draw_bars, new_figure, scale
from pipelines.studies.common.verdict import Sampled, Study, Verdict
from pipelines.studies.hardware.device_timing import (
    MOST_SCORED,
    FormLatency,
    Timing,
    folder_of,
    forms_of,
    make_form,
    timed,
    untimed,
)
from pipelines.system import machine, runtime
from pipelines.system.processes import in_own_process
from pipelines.system.progress import on_terminal

# A form whose mAP@.50 on the validation split is no further below its model's is the same detector.
SAME_MAP = 0.01
MAKING_SECONDS, TIMING_SECONDS = 40.0, 60.0  # that a cell takes, roughly
QUESTION = "What hardware does it need (latency on one CPU thread)?"


@dataclass(frozen=True)
class HardwareStudy(Study[FormLatency]):
    """All contenders on all devices, a row each form and device.

    Attributes:
        training_seconds: by contender and the device it was trained on.
        scored_images: test images that mAP is computed on.
    """

    training_seconds: Mapping[str, Mapping[str, float]]
    scored_images: int


def study(subject: Subject, cells: Cells) -> HardwareStudy:
    """Return how fast each form of the contenders is on each device of this machine."""
    contenders = subject.contenders
    rows, missing = [], []
    made = [(row, form) for row in contenders for form in forms_of(row) if form.make]
    for row, form in on_terminal(made, "making forms", len(made)):
        work = partial(
            in_own_process,
            make_form,
            form.make,
            subject.model_folder(row.name),
            subject.dataset.splits["train"],
            folder_of(subject, row, form, cells.folder),
        )
        reason = cells.get(f"{row.name} {form.name}", str, work, MAKING_SECONDS)
        if reason != "":
            missing.append(untimed(row, form, machine.cpu_model(), 1, reason or "no time"))
    devices = [(f"cpu-{n}-threads", n, 0) for n in dict.fromkeys([1, runtime.usable_cores()])]
    gpus = [(f"gpu-{n}", 0, n) for n in range(len(runtime.gpu_names()))]
    for cell, threads, gpu in on_terminal(devices + gpus, "timing", len(devices + gpus)):
        timing = partial(in_own_process, timed, subject, threads, cells.folder, gpu)
        rows += cells.get(cell, list[Timing], timing, TIMING_SECONDS) or []
    rows += [
        untimed(row, form, "GPU", 0, "no GPU was found on this machine")
        for row in contenders
        for form in forms_of(row)
        if form.on_gpu and not gpus
    ]
    rows += [
        untimed(row, forms_of(row)[0], "GPU", 0, "it runs on the CPU only")
        for row in contenders
        if not any(form.on_gpu for form in forms_of(row))
    ]
    training = {
        name: {each.training.device or runtime.cpu_name(): each.training.seconds}
        for name, each in subject.figures.items()
        if each.training is not None
    }
    scored = min(MOST_SCORED, len(subject.dataset.splits["test"]))
    return concluded(contenders, [*rows, *missing], training, scored, subject.settings.seed)


def concluded(
    contenders: Sequence[Contender],
    rows: Sequence[Timing],
    training: Mapping[str, Mapping[str, float]],
    scored: int,
    seed: int,
) -> HardwareStudy:
    """Return the study of the timed rows."""
    random = np.random.default_rng(seed)
    cells, on_one_thread = [], {}
    scored_on = {
        figure: {
            (row.pipeline, row.form): getattr(row, figure)
            for row, _ in rows
            if not isnan(getattr(row, figure))
        }
        for figure in ("validation_map_50", "map_50")
    }
    for row, calls in rows:
        if not calls:
            cells.append(row)
            continue
        resampled = medians(np.array(calls), random)
        cells.append(
            replace(
                row,
                p50_ms=float(np.median(calls)),
                interval_95=ends(resampled),
                **{
                    figure: of_form.get((row.pipeline, row.form), nan)
                    for figure, of_form in scored_on.items()
                },
            )
        )
        if row.threads == 1:
            median = float(np.median(calls))
            on_one_thread[row.pipeline, row.form] = Sampled(median, resampled, len(calls))
    verdict = _verdict(contenders, cells, on_one_thread)
    return HardwareStudy(verdict, tuple(cells), training, scored)


def _verdict(
    contenders: Sequence[Contender],
    cells: Sequence[FormLatency],
    on_one_thread: Mapping[tuple[str, str], Sampled],
) -> Verdict:
    """Return the verdict for one CPU thread, which every machine has."""
    several = {row.name for row in contenders if len(forms_of(row)) > 1}
    labels = {row.name: row.label for row in contenders}
    made = {row.name: {form.name for form in forms_of(row) if form.make} for row in contenders}

    def named(cell: FormLatency) -> str:
        return labels[cell.pipeline] + (f" ({cell.form})" if cell.pipeline in several else "")

    alone = [cell for cell in cells if cell.threads == 1 and not isnan(cell.p50_ms)]
    best = {
        name: cell
        for name in labels
        if (cell := best_form([each for each in alone if each.pipeline == name], made[name]))
        is not None
    }
    answers = {name: _answer(best.get(name), name in several) for name in labels}
    if len(best) < len(labels):
        clauses = [f"one thread was not timed for {whom(len(labels))}; give more --budget-minutes"]
        unmeasured = dict.fromkeys(labels, Sampled.unmeasured())
        return Verdict.of(QUESTION, answers, clauses, unmeasured, "")
    sampled = {name: on_one_thread[name, cell.form] for name, cell in best.items()}
    resampled = {name: each.values for name, each in sampled.items()}
    fastest, *slower = sorted(best.values(), key=lambda each: np.median(resampled[each.pipeline]))
    times = f"{named(fastest)} takes {fastest.p50_ms:.1f} ms an image{_span(fastest.interval_95)}"
    for number, each in enumerate(slower):
        ratio = resampled[each.pipeline] / resampled[fastest.pipeline]
        longer = f"{named(each)} takes {np.median(ratio):.1f} times as long"
        if number == 0:
            times = f"{longer} an image as {named(fastest)}{_span(ends(ratio))}"
        else:
            times += f", and {longer}{_span(ends(ratio))}"
    gpus = [cell for cell in cells if cell.threads == 0]
    then = "no GPU was found, so none was measured"
    if on_gpu := [cell for cell in gpus if not isnan(cell.p50_ms)]:
        first = min(on_gpu, key=lambda cell: cell.p50_ms)
        then = f"on {first.device} {named(first)} takes {first.p50_ms:.1f} ms"
    elif gpus:
        then = f"no GPU was measured ({gpus[0].note})"
    clauses = [f"on one CPU thread {times}", then]
    if several:
        clauses.append(
            "of several forms the fastest is taken whose mAP@.50 on the validation split is no "
            f"more than {SAME_MAP:g} below its model's"
        )
    sooner = {name: each.less_is_better() for name, each in sampled.items()}
    return Verdict.of(QUESTION, answers, clauses, sooner, "the calls")


def _span(interval_95: tuple[float, float]) -> str:
    low, high = interval_95
    return f", 95 % between {low:.1f} and {high:.1f}"


def best_form(
    cells: Sequence[FormLatency], made: Collection[str] = frozenset()
) -> FormLatency | None:
    """Return the fastest form that is still the same detector: its mAP is not clearly below.

    Below the best of the model's own forms on the validation split, that is; those ``made`` of it
    are held to them, and out where there is no such figure. The test split would make the choice
    fit the images it is judged by.
    """
    own = [cell.validation_map_50 for cell in cells if cell.form not in made]
    known = [figure for figure in own if not isnan(figure)]
    least = max(known, default=nan) - SAME_MAP
    same = [
        cell
        for cell in cells
        if (cell.form not in made if isnan(least) else cell.validation_map_50 >= least)
    ]
    return min(same, key=lambda cell: cell.p50_ms, default=None)


def _answer(cell: FormLatency | None, has_forms: bool) -> str:
    if cell is None:
        return "not measured"
    form = f"{cell.form}: " if has_forms else ""
    return form + with_interval(cell.p50_ms, cell.interval_95, 1, " ms")


def draw(result: HardwareStudy) -> Figure:
    """Return a plot of latencies by form and device, each with its mAP."""
    rows = sorted(result.cells, key=lambda cell: (cell.threads == 0, cell.threads))
    colour = colours(result.verdict.answers)
    forms = Counter(form for _, form in {(cell.pipeline, cell.form) for cell in rows})
    figure = new_figure(9, 0.4 * len(rows) + 1.6)
    axes, bars = figure.subplots(), []
    beside = axes.get_yaxis_transform()
    for place, cell in enumerate(rows):
        where = f"{cell.threads} CPU thread{'s' * (cell.threads > 1)}" if cell.threads else "GPU"
        whose = f"{label_of(cell.pipeline)}: " if forms[cell.form] > 1 else ""
        label = f"{whose}{cell.form}, {where}"
        if isnan(cell.p50_ms):
            axes.text(0.02, place, cell.note, va="center", fontsize=8, transform=beside)
        else:
            label += f", mAP@.50 {cell.map_50:.3f}"
        bars.append((label, cell.p50_ms, cell.interval_95))
    draw_bars(
        axes,
        bars,
        [colour[cell.pipeline] for cell in rows],
        xscale=scale(cell.p50_ms for cell in rows),
        xlabel="median latency an image, ms (95 % interval)",
        title="Latency by form and device",
    )
    return figure
