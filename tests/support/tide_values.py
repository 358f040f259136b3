"""Write what each kind of mistake costs by tidecv to tests/pipelines/evaluation/tide_values.json.

tidecv is not among this project's dependencies. Give it an environment of its own:

    python -m venv /tmp/tide && /tmp/tide/bin/pip install tidecv==1.0.1
    /tmp/tide/bin/python tests/support/tide_values.py

It writes the random boxes themselves beside tidecv's figures, so that the test needs no tidecv. Run
again it gives the same file. Without a single detection tidecv divides by zero, so that it has no
value for that case.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

PLACE = Path(__file__).resolve().parents[1] / "pipelines" / "evaluation"
NAMES = {
    **{"Cls": "classification", "Loc": "localisation", "Both": "both"},
    **{"Dupe": "duplicate", "Bkg": "background", "Miss": "missed"},
}
CLASSES, IMAGES = 3, 8
Rows = list[list[float]]


def fixture(seed: int) -> tuple[Rows, Rows]:
    """Return objects and detections of which all kinds of mistakes are made.

    Both are rows of image, class, left, top, width, height; objects end with *ignore*, detections
    with a score. Every class has an object; the last image has none, the last but one no detection.
    """
    random = np.random.default_rng(seed)
    objects: Rows = []
    detections: Rows = []
    for image in range(IMAGES - 1):
        for number in range(int(random.integers(3, 8))):
            label = number % CLASSES
            box = [*random.uniform(0, 120, 2), *random.uniform(10, 50, 2)]
            objects.append([image, label, *box, int(number > 2 and random.random() < 0.15)])
            if image == IMAGES - 2:
                continue
            for _ in range(int(random.integers(0, 4))):
                moved = np.array(box) + random.normal(0, random.choice([1.0, 6.0]), 4)
                moved[2:] = np.maximum(moved[2:], 2)
                guess = label if random.random() < 0.7 else int(random.integers(CLASSES))
                detections.append([image, guess, *moved, random.random()])
    for _ in range(10):
        image = int(random.choice([*range(IMAGES - 2), IMAGES - 1]))
        box = [*random.uniform(0, 120, 2), *random.uniform(10, 50, 2)]
        detections.append([image, int(random.integers(CLASSES)), *box, random.random()])
    return rounded(objects), rounded(detections)


def rounded(rows: Rows) -> Rows:
    """Return rows of plain numbers with three decimals."""
    return [[round(float(value), 3) for value in row] for row in rows]


def by_tidecv(objects: Rows, detections: Rows) -> dict[str, object]:
    """Return tidecv's mAP@.50 and the cost of each kind, all as shares of 1."""
    from tidecv import TIDE, Data

    truth, found = Data("truth"), Data("found")
    for image in range(IMAGES):
        truth.add_image(image, str(image))
        found.add_image(image, str(image))
    for number in range(CLASSES):
        truth.add_class(number, str(number))
        found.add_class(number, str(number))
    for place, label, *box, ignore in objects:
        add = truth.add_ignore_region if ignore else truth.add_ground_truth
        add(int(place), int(label), box=box)
    for place, label, *box, score in detections:
        found.add_detection(int(place), int(label), score, box=box)
    tide = TIDE()
    run = tide.evaluate(truth, found, mode=TIDE.BOX)
    (costs,) = tide.get_main_errors().values()
    errors = {NAMES[name]: cost / 100 for name, cost in costs.items()}
    return {"map_50": run.ap / 100, "errors": errors}


def main() -> int:
    """Write the fixtures; return 0."""
    made = []
    for seed in range(12):
        objects, detections = fixture(seed)
        values = {"images": IMAGES, "tidecv": by_tidecv(objects, detections)}
        made.append({"objects": objects, "detections": detections, **values})
    (PLACE / "tide_values.json").write_text(json.dumps(made) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
