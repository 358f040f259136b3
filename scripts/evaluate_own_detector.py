"""Judge a detector of your own: anything with ``detect(image)`` will do. Copy this and change it.

The image is ``(H, W, 3)`` uint8 RGB; the answer is `Detections`: boxes left, top, right, bottom in
the image's pixels, scores, and labels counted from 0 in the order of the set's classes.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from datasets.images import pixels_of
from datasets.reading import read_dataset
from pipelines.detections import Detections, Image
from pipelines.evaluation.report_card import EvaluationImages, detect_all, judge
from pipelines.system.progress import on_terminal


class MiddleOfTheImage:
    """Takes the middle of every image for the first class: replace it by yours."""

    def detect(self, image: Image) -> Detections:
        """Return one box."""
        height, width = image.shape[:2]
        return Detections([[width / 4, height / 4, width * 3 / 4, height * 3 / 4]], [0.5], [0])


dataset = read_dataset(Path(sys.argv[1]))
test = dataset.splits["test"]
found = detect_all(MiddleOfTheImage(), [pixels_of(image) for image in test], on_terminal)
judged = judge(EvaluationImages([image.annotations for image in test], dataset.classes), found)
low, high = judged.quality.interval_95["map_50"]
print(f"mAP@.50 {judged.quality.map_50:.3f}, 95 % interval {low} to {high}")
