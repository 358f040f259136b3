"""Measure the report of a finished run: seconds to write it, its size, the browser's first paint.

The run's test images are repeated until there are as many as wanted, in a folder of their own. With
``--suspicions`` the page of an audit is measured instead, which suspects every label of the test
split until there are as many suspicions as wanted.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from pipelines.system.command_line import Options, command, whole
from scripts.measure.common import costly

if TYPE_CHECKING:
    from datasets.annotations import Dataset
    from pipelines.audit.suspicion import Audit
    from pipelines.runs.finished import FinishedRun

PAINTED_MS = """new Promise((answer) => new PerformanceObserver((list) => {
    const painted = list.getEntriesByName("first-contentful-paint")[0];
    if (painted) answer(painted.startTime);
}).observe({type: "paint", buffered: true}))"""
# Steps through the gallery as the arrow keys do, and waits for each picture.
STEP_MS = """(async () => {
    const times = [];
    for (let step = 0; step < 20; step += 1) {
        const begun = performance.now();
        document.querySelector("[data-step='1']").click();
        await document.querySelector(".panel img").decode();
        times.push(performance.now() - begun);
    }
    return Math.max(...times);
})()"""
# Decides on suspicions as the keys do, and waits for each picture.
DECIDE_MS = """(async () => {
    const times = [];
    for (let step = 0; step < 20; step += 1) {
        const begun = performance.now();
        document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "y", bubbles: true}));
        await document.querySelector(".photograph img").decode();
        times.push(performance.now() - begun);
    }
    return Math.max(...times);
})()"""

OPTIONS = Options(__doc__)
option = OPTIONS.add_argument
option("run", type=Path, metavar="RUN")
option("--dataset", help="where its data is, if not where the run found it")
option("--images", type=whole(1), default=100, metavar="N")
option("--suspicions", type=whole(1), metavar="N", help="measure the page of an audit instead")


@command("measure_report", OPTIONS)
def main(arguments: argparse.Namespace) -> int:
    """Measure and print."""
    from datasets.progress import silently
    from pipelines.report.run_page.page import write_report
    from pipelines.runs.data import dataset_folder
    from pipelines.runs.finished import open_run

    finished = open_run(arguments.run)
    if arguments.suspicions is not None:
        print(audit_page(finished, arguments.dataset, arguments.suspicions))
        return 0
    with tempfile.TemporaryDirectory(prefix="report-") as name:
        folder = Path(name)
        data = dataset_folder(arguments.dataset or finished.settings.dataset)
        images = {n: data / file for n, file in repeat(finished, folder, arguments.images).items()}
        report, cost = costly(lambda: write_report(folder, images, silently))
        size = report.stat().st_size
        print(f"{len(images)} images: written in {cost.seconds:.1f} s, {size / 1e6:.2f} MB")
        print(opened(report, STEP_MS, "the slowest of 20 next images"))
    return 0


def audit_page(finished: FinishedRun, data: str | None, suspicions: int) -> str:
    """Return how long the page of an audit takes to write and to open, and its size."""
    from dataclasses import replace

    import msgspec

    from pipelines.report.audit_page.page import write_audit_page
    from pipelines.runs.finished import data_of

    settings = finished.settings
    settings = replace(settings, dataset=data or settings.dataset)
    metrics = msgspec.structs.replace(finished.metrics, settings=settings)
    dataset = data_of(replace(finished, metrics=metrics))
    images = len(dataset.splits["test"])
    found = {name: {"test": finished.detections(name, images) or []} for name in settings.pipelines}
    audit = every_label(dataset, settings.pipelines, suspicions)
    with tempfile.TemporaryDirectory(prefix="audit-") as name:
        given = Path(name), metrics, audit, dataset, found
        page, cost = costly(lambda: write_audit_page(*given))
        size = page.stat().st_size / 1e6
        written = f"{suspicions} suspicions: written in {cost.seconds:.1f} s, {size:.2f} MB"
        return f"{written}\n{opened(page, DECIDE_MS, 'the slowest of 20 decisions')}"


def every_label(dataset: Dataset, contenders: Sequence[str], suspicions: int) -> Audit:
    """Return an audit that suspects the labels of the test split, in turns, until there are enough.

    Each is said to stand a little further right.
    """
    from pipelines.audit.suspicion import Audit, Suspicion

    labels = [
        (place, row)
        for place, image in enumerate(dataset.splits["test"])
        for row in range(len(image.annotations))
    ]
    made = []
    for number in range(suspicions):
        place, row = labels[number % len(labels)]
        image = dataset.splits["test"][place]
        left, top, right, bottom = image.annotations.boxes[row].tolist()
        label, by = int(image.annotations.labels[row]), (right - left) / 3
        box, moved = (left, top, right, bottom), (left + by, top, right + by, bottom)
        which = f"{number}", "badly_placed", "test", place, image.name, row
        scores = dict.fromkeys(contenders, 0.5)
        made.append(Suspicion(*which, box, label, moved, label, scores, 1 - number / suspicions))
    images = {"test": len(dataset.splits["test"])}
    found = dataset.name, dataset.classes, "", tuple(contenders), images, 0
    return Audit(*found, tuple(made))


def repeat(finished: FinishedRun, folder: Path, images: int) -> dict[str, str]:
    """Write the run's results into the folder for as many images; return their files by name."""
    from msgspec.structs import replace

    from pipelines.evaluation.coco_files.format import ground_truth_to_coco
    from pipelines.runs.detection_files import write_detections, write_ground_truth
    from pipelines.runs.metrics import SplitSize, write_metrics

    annotations, truth = finished.annotations(), finished.ground_truth()
    files = [] if truth is None else truth.images
    places = [number % len(files) for number in range(images)]
    entries = [
        replace(files[at], id=number, file_name=f"{number}:{files[at].file_name}")
        for number, at in enumerate(places, 1)
    ]
    classes = finished.metrics.dataset.classes
    repeated = ground_truth_to_coco([annotations[at] for at in places], classes)
    size = SplitSize(images, sum(len(annotations[at]) for at in places))
    dataset = finished.metrics.dataset
    dataset = replace(dataset, splits={**dataset.splits, "test": size})
    write_metrics(folder / "metrics.json", replace(finished.metrics, dataset=dataset))
    write_ground_truth(folder, replace(repeated, images=entries))
    for name in finished.metrics.pipelines:
        found = finished.detections(name, len(files)) or []
        write_detections(folder, name, [found[at] for at in places])
    originals = (files[at].file_name for at in places)
    return {entry.file_name: name for entry, name in zip(entries, originals, strict=True)}


def opened(report: Path, step_ms: str, steps: str) -> str:
    """Return what a browser measures of the page, or why none does.

    ``step_ms`` is a script that gives the milliseconds of what ``steps`` names.
    """
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        return "no Chromium here to open it with"
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(report.as_uri())
        painted, step = page.evaluate(PAINTED_MS), page.evaluate(step_ms)
        browser.close()
    return f"first paint after {painted:.0f} ms, {steps} {step:.0f} ms"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
