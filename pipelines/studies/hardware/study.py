"""What hardware it needs: both pipelines on one CPU thread, on all, and on each GPU there is.

YOLO is timed in each form it can be deployed in, with that form's own mAP, since a faster number
at another accuracy is another detector. A device that is not there is a row that says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan
from typing import Any

import numpy as np

from pipelines.evaluation.pairs import Floats
from pipelines.studies.common.cells import Cells
from pipelines.studies.common.figures import ends, medians, number, numbers
from pipelines.studies.common.verdict import Verdict, favoured, share_better
from pipelines.studies.hardware.device_timing import MOST_SCORED, NO_FORM, Row, missing, timed
from pipelines.studies.hardware.yolo_forms import FLOAT, FORMS, GRAPH, INT8, make_int8
from pipelines.studies.subject import Subject
from pipelines.system import machine, runtime
from pipelines.system.processes import in_own_process
from pipelines.system.progress import on_terminal

SAME_MAP = 0.01  # a form whose mAP@.50 is no further below the graph's is the same detector
EXPECTED = {"int8": 40.0, "cpu": 60.0, "gpu": 60.0}  # seconds of a cell, roughly


@dataclass(frozen=True)
class Timed:
    """One form of one pipeline on one device.

    Attributes:
        pipeline: its name.
        form: what runs it.
        device: what it is called.
        threads: of the CPU; 0 on a GPU.
        p50_ms: median latency, nan with a note why.
        interval_95: of the median.
        images_per_second: in the best batch.
        map_50: mAP@.50 of this very form, nan where it was not scored.
        products_share: of the time, in matrix products; nan where it was not looked at.
        note: what is to be said of the row.
    """

    pipeline: str
    form: str
    device: str
    threads: int
    p50_ms: float
    interval_95: tuple[float, float]
    images_per_second: float
    map_50: float
    products_share: float
    note: str


@dataclass(frozen=True)
class HardwareStudy:
    """Both pipelines on all devices.

    Attributes:
        verdict: the conclusion.
        cells: a row each form and device.
        training_seconds: by pipeline and the device it was trained on.
        scored_images: test images that mAP is told from.
    """

    verdict: Verdict
    cells: tuple[Timed, ...]
    training_seconds: Mapping[str, Mapping[str, float]]
    scored_images: int


def study(subject: Subject, cells: Cells) -> HardwareStudy:
    """Return how fast each form of both pipelines is on each device of this machine."""
    int8 = cells.folder / "network-int8.tflite"
    all_threads = runtime.usable_cores()
    wanted = ("int8", *(str(n) for n in dict.fromkeys([1, all_threads])), "gpu")
    rows: list[Row] = []
    for what in on_terminal(wanted, "hardware", len(wanted)):
        if what == "int8":
            made = cells.get(
                "int8", lambda: in_own_process(make_int8, subject, int8), EXPECTED["int8"]
            )
            continue
        if what == "gpu":
            rows += _on_gpu(subject, cells)
            continue
        threads = int(what)
        told = cells.get(
            f"cpu-{threads}-threads",
            lambda threads=threads: {  # type: ignore[misc]
                "rows": in_own_process(timed, subject, threads, int8 if int8.is_file() else None)
            },
            EXPECTED["cpu"],
        )
        rows += told["rows"] if told is not None else []
    failed = "no time" if made is None else made["failed"]
    if failed:
        rows.append(missing("yolo", INT8, machine.cpu_model(), 1, failed))
    training = {
        name: {_trained_on(told): told["seconds"]}
        for name in ("classical", "yolo")
        if (told := subject.pipelines[name].get("training"))
    }
    scored = min(MOST_SCORED, len(subject.dataset.splits["test"]))
    return concluded(rows, training, scored, subject.settings.seed)


def _trained_on(training: Mapping[str, Any]) -> str:
    return str(training.get("device") or runtime.cpu_name())


def _on_gpu(subject: Subject, cells: Cells) -> list[Row]:
    """Return the rows of each GPU; of the classical pipeline that it has no use for one."""
    classical = missing("classical", NO_FORM, "GPU", 0, "it runs on the CPU only")
    found = runtime.gpu_names()
    if not found:
        note = "no GPU was found on this machine"
        return [*(missing("yolo", form, "GPU", 0, note) for form in FORMS[:2]), classical]
    rows: list[Row] = []
    for place in range(len(found)):
        told = cells.get(
            f"gpu-{place}",
            lambda place=place: {  # type: ignore[misc]
                "rows": in_own_process(timed, subject, 0, None, place)
            },
            EXPECTED["gpu"],
        )
        rows += told["rows"] if told is not None else []
    return [*rows, classical]


def concluded(
    rows: Sequence[Row],
    training: Mapping[str, Mapping[str, float]],
    scored: int,
    seed: int,
) -> HardwareStudy:
    """Return the study of the timed rows, as their cells keep them."""
    random = np.random.default_rng(seed)
    cells, drawn_of = [], {}
    of_form = {row["form"]: row["map_50"] for row in rows if row["map_50"] is not None}
    for row in rows:
        calls = numbers(row["calls"])
        drawn = medians(calls, random)
        known = of_form.get(row["form"])
        cell = Timed(
            pipeline=row["pipeline"],
            form=row["form"],
            device=row["device"],
            threads=row["threads"],
            p50_ms=float(np.median(calls)) if len(calls) else nan,
            interval_95=ends(drawn),
            images_per_second=number(row["images_per_second"]),
            map_50=number(known if len(calls) else None),
            products_share=number(row["products_share"]),
            note=row["note"],
        )
        cells.append(cell)
        drawn_of[cell.form, cell.device, cell.threads] = drawn
    return HardwareStudy(_verdict(cells, drawn_of), tuple(cells), training, scored)


def _verdict(cells: Sequence[Timed], drawn_of: Mapping[tuple[str, str, int], Floats]) -> Verdict:
    """Return the verdict for one CPU thread, which every machine has."""
    alone = [cell for cell in cells if cell.threads == 1 and not isnan(cell.p50_ms)]
    classical = next((cell for cell in alone if cell.pipeline == "classical"), None)
    yolo = best_form([cell for cell in alone if cell.pipeline == "yolo"])
    question = "What hardware does it need (latency on one CPU thread)?"
    if classical is None or yolo is None:
        favours, sureness = favoured(nan)
        told = "One thread was not timed for both; give more --budget-minutes."
        return Verdict(question, _answer(classical), _answer(yolo), told, favours, sureness)
    both = [drawn_of[cell.form, cell.device, cell.threads] for cell in (classical, yolo)]
    favours, sureness = favoured(share_better(-both[0], -both[1]), "resamples of the calls")
    ratio = both[0] / both[1]
    low, high = ends(ratio)
    middle = float(np.median(ratio))
    slower, faster = "the classical pipeline", f"YOLO ({yolo.form})"
    if middle < 1:
        slower, faster, middle, low, high = faster, slower, 1 / middle, 1 / high, 1 / low
    gpus = [cell for cell in cells if cell.threads == 0 and cell.pipeline == "yolo"]
    on_gpu = [cell for cell in gpus if not isnan(cell.p50_ms)]
    then = "no GPU was found, so none was measured"
    if on_gpu:
        best = min(on_gpu, key=lambda cell: cell.p50_ms)
        then = f"on {best.device} YOLO ({best.form}) takes {best.p50_ms:.1f} ms"
    elif gpus:
        then = f"no GPU was measured ({gpus[0].note})"
    return Verdict(
        question=question,
        classical=_answer(classical),
        yolo=_answer(yolo),
        sentence=(
            f"On one CPU thread {slower} takes {middle:.1f} times as long an image as {faster}, "
            f"95 % between {low:.1f} and {high:.1f}; {then}."
        ),
        favours=favours,
        sureness=sureness,
    )


def best_form(cells: Sequence[Timed]) -> Timed | None:
    """Return the fastest form that is still the same detector: its mAP is not clearly below."""
    known = [cell.map_50 for cell in cells if cell.form in {GRAPH, FLOAT}]
    wanted = max((figure for figure in known if not isnan(figure)), default=nan) - SAME_MAP
    same = [cell for cell in cells if isnan(wanted) or cell.map_50 >= wanted]
    return min(same, key=lambda cell: cell.p50_ms, default=None)


def _answer(cell: Timed | None) -> str:
    if cell is None:
        return "not measured"
    low, high = cell.interval_95
    form = "" if cell.form == NO_FORM else f"{cell.form}: "
    return f"{form}{cell.p50_ms:.1f} ms [{low:.1f} {high:.1f}]"


def draw(result: HardwareStudy) -> Any:
    """Return a plot of latencies by form and device, each with its mAP."""
    from pipelines.studies.common.plots import COLOURS, bare, new_figure

    rows = sorted(result.cells, key=lambda cell: (cell.threads == 0, cell.threads))
    figure = new_figure(9, 0.4 * len(rows) + 1.6)
    axes, labels = figure.subplots(), []
    for place, cell in enumerate(rows):
        where = f"{cell.threads} CPU thread{'s' * (cell.threads > 1)}" if cell.threads else "GPU"
        if isnan(cell.p50_ms):
            beside = axes.get_yaxis_transform()
            axes.text(0.02, place, cell.note, va="center", fontsize=8, transform=beside)
            label = f"{cell.form}, {where}"
        else:
            errors = [[cell.p50_ms - cell.interval_95[0]], [cell.interval_95[1] - cell.p50_ms]]
            axes.barh(place, cell.p50_ms, xerr=errors, color=COLOURS[cell.pipeline], capsize=3)
            label = f"{cell.form}, {where}, mAP@.50 {cell.map_50:.3f}"
        labels.append(label)
    axes.set_yticks(range(len(rows)), labels)
    axes.set_xscale("log")
    axes.invert_yaxis()
    axes.set_xlabel("median latency an image, ms (95 % interval)")
    axes.set_title("Latency by form and device")
    bare(axes)
    return figure
