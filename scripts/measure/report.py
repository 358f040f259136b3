"""Measure the report of a finished run: seconds to write it, its size, the browser's first paint.

The run's test images are repeated until there are as many as wanted, in a folder of their own.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from pipelines.system.command_line import Options, command, whole
from scripts.measure.common import costly

if TYPE_CHECKING:
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

OPTIONS = Options(__doc__)
option = OPTIONS.add_argument
option("run", type=Path, metavar="RUN")
option("--dataset", help="where its data is, if not where the run found it")
option("--images", type=whole(1), default=100, metavar="N")


@command("measure_report", OPTIONS)
def main(arguments: argparse.Namespace) -> int:
    """Measure and print."""
    from datasets.progress import silently
    from pipelines.report.run_page.page import write_report
    from pipelines.runs.data import dataset_folder
    from pipelines.runs.finished import open_run

    finished = open_run(arguments.run)
    with tempfile.TemporaryDirectory(prefix="report-") as name:
        folder = Path(name)
        data = dataset_folder(arguments.dataset or finished.settings.dataset)
        images = {n: data / file for n, file in repeat(finished, folder, arguments.images).items()}
        report, cost = costly(lambda: write_report(folder, images, silently))
        size = report.stat().st_size
        print(f"{len(images)} images: written in {cost.seconds:.1f} s, {size / 1e6:.2f} MB")
        print(opened(report))
    return 0


def repeat(finished: FinishedRun, folder: Path, images: int) -> dict[str, str]:
    """Write the run's results into the folder for as many images; return their files by name."""
    from msgspec.structs import replace

    from pipelines.evaluation.coco_files.format import ground_truth_to_coco
    from pipelines.runs.detection_files import write_detections, write_ground_truth
    from pipelines.runs.metrics import write_metrics

    annotations, truth = finished.annotations(), finished.ground_truth()
    files = [] if truth is None else truth.images
    places = [number % len(files) for number in range(images)]
    entries = [
        replace(files[at], id=number, file_name=f"{number}:{files[at].file_name}")
        for number, at in enumerate(places, 1)
    ]
    classes = finished.metrics.dataset.classes
    repeated = ground_truth_to_coco([annotations[at] for at in places], classes)
    write_metrics(folder / "metrics.json", finished.metrics)
    write_ground_truth(folder, replace(repeated, images=entries))
    for name in finished.metrics.pipelines:
        found = finished.detections(name, len(files)) or []
        write_detections(folder, name, [found[at] for at in places])
    originals = (files[at].file_name for at in places)
    return {entry.file_name: name for entry, name in zip(entries, originals, strict=True)}


def opened(report: Path) -> str:
    """Return what a browser measures of the page, or why none does."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        return "no Chromium here to open it with"
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(report.as_uri())
        painted, step = page.evaluate(PAINTED_MS), page.evaluate(STEP_MS)
        browser.close()
    return f"first paint after {painted:.0f} ms, the slowest of 20 next images {step:.0f} ms"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
