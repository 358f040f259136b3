"""CI's evaluation on the sample set means something: labels without sense miss its thresholds."""

import re
from pathlib import Path

import numpy as np
import pytest

from pipelines.detections import Detections
from pipelines.evaluation.quality import score

WANTED = dict(
    re.findall(
        r"(\w+)\.map_50=([\d.]+)",
        (Path(__file__).resolve().parents[2] / ".ci" / "run").read_text(encoding="utf-8"),
    )
)


@pytest.mark.parametrize("seed", range(5))
def test_objects_found_in_their_places_but_called_at_random_miss_the_thresholds(
    seed, sample_dataset
):
    assert WANTED.keys() == {"classical", "yolo"}
    random, classes = np.random.default_rng(seed), sample_dataset.classes

    def answer(truth):
        labels = random.integers(0, len(classes), len(truth))
        return Detections(truth.boxes, random.random(len(truth)), labels)

    truths = [image.annotations for image in sample_dataset.splits["test"]]
    assert (
        0
        < score(truths, [*map(answer, truths)], classes).map_50
        < 0.75 * min(map(float, WANTED.values()))
    )
