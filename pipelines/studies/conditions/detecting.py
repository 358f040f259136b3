"""Let all contenders detect in images of one condition, which are made as they are needed."""

from __future__ import annotations

import queue
from collections.abc import Mapping, Sequence

from datasets.annotations import LabelledImage
from datasets.images import pixels_of
from datasets.threads import in_order
from pipelines.detections import Detections, Detector
from pipelines.runs.finished import Subject
from pipelines.studies.conditions.corruptions import Condition
from pipelines.system import runtime

Detectors = Mapping[str, Sequence[Detector]]  # of each contender those that work at the same time


def load_detectors(subject: Subject, threads: int) -> Detectors:
    """Return the contenders' detectors, for as many threads that take an image each.

    Raises:
        UserError: one can't be loaded.
    """
    device = runtime.choose_device("cpu")
    return {row.name: subject.detectors(row.name, device, threads) for row in subject.contenders}


def found_in_condition(
    detectors: Detectors,
    images: Sequence[LabelledImage],
    condition: Condition,
    seed: int,
    threads: int,
) -> dict[str, list[Detections]]:
    """Return what each contender finds in the very same worse images.

    Raises:
        ImageError: an image can't be read.
    """
    free: dict[str, queue.SimpleQueue[Detector]] = {}
    for name, each in detectors.items():
        free[name] = queue.SimpleQueue()
        for detector in each:
            free[name].put(detector)

    def detect(place: int) -> dict[str, Detections]:
        image = condition.of(pixels_of(images[place]), seed, place)
        found = {}
        for name, waiting in free.items():
            detector = waiting.get()
            try:
                found[name] = detector.detect(image)
            finally:
                waiting.put(detector)
        return found

    with runtime.one_thread_a_call():
        done = list(in_order(range(len(images)), detect, threads, ahead=threads))
    return {name: [each[name] for each in done] for name in detectors}
