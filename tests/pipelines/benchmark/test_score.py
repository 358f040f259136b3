import json
import math

import pytest

from datasets.annotations import Annotations, Dataset, Duplicate, LabelledImage
from datasets.errors import UserError
from pipelines.benchmark.decisive import on_new_images
from pipelines.benchmark.score import grabcut_share, outside_detections
from pipelines.detections import Detections
from pipelines.evaluation import undefined
from pipelines.evaluation.coco_files.format import ground_truth_file, ground_truth_to_coco
from pipelines.evaluation.report_card import EvaluationImages
from pipelines.settings import NamedFile

TRUTH = [Annotations([[0, 0, 10, 10], [20, 20, 40, 40]], [0, 1])]


def outside(tmp_path, rows, name="mine", taken=()):
    path = tmp_path / "det.json"
    path.write_text(json.dumps(rows))
    truth = ground_truth_file(ground_truth_to_coco(TRUTH, ["cat", "dog"]), "truth.json")
    return outside_detections([NamedFile(name, str(path))], truth, taken)


def test_grabcut_s_share_is_of_true_positives_at_the_threshold():
    detections = [
        Detections([[0, 0, 10, 10], [20, 20, 40, 40], [60, 60, 70, 70]], [0.9, 0.8, 0.7], [0, 1, 0])
    ]
    flags = [[True, False, True]]  # the last one is on no object
    assert grabcut_share(TRUTH, detections, 0.5, flags).grabcut_share == 0.5
    assert grabcut_share(TRUTH, detections, 0.85, flags).grabcut_share == 1.0


def test_without_a_true_positive_the_share_is_undefined_and_null():
    share = grabcut_share(TRUTH, [Detections()], 0.5, [[]])
    assert math.isnan(share.grabcut_share)
    assert undefined.plain(share) == {"grabcut_share": None}


def test_another_tool_s_file_is_read_and_what_it_lacks_is_noted(tmp_path):
    detections, notes = outside(tmp_path, [])
    assert [len(each) for each in detections["mine"]] == [0]
    assert "1 of 1" in notes[0]


def test_a_name_that_is_taken_is_refused(tmp_path):
    with pytest.raises(UserError, match="taken"):
        outside(tmp_path, [], name="yolo", taken=("classical", "yolo"))


def on_test_images_without(tmp_path, *pairs):
    """What two detectors reach on those of 12 test images that are in no pair.

    The first finds everything in the first six images and nothing in the others, the second the
    other way round.
    """
    box = Annotations([[0, 0, 10, 10]], [0])
    images = [LabelledImage(f"{n}.png", tmp_path / f"{n}.png", 20, 20, box) for n in range(12)]
    dataset = Dataset("set", "voc", ("cat",), {"test": tuple(images)}, (), "", pairs)
    found, nothing = Detections([[0, 0, 10, 10]], [0.9], [0]), Detections()
    first = [found] * 6 + [nothing] * 6
    return on_new_images(
        EvaluationImages([box] * 12, ("cat",)), {"a": [first], "b": [first[::-1]]}, dataset
    )


def test_test_images_that_were_seen_in_training_are_left_out_of_a_second_figure(tmp_path):
    seen = [Duplicate("x.png", "train", f"{n}.png", "test", 0) for n in range(6)]
    figures = on_test_images_without(tmp_path, *seen)
    assert figures.images == 6
    assert figures.values == {"a": 0.0, "b": 1.0}
    assert figures.comparison["a_minus_b"].verdict == "worse"


def test_only_images_near_train_or_val_count_as_seen(tmp_path):
    other = Duplicate("1.png", "test", "2.png", "test"), Duplicate("x", "train", "y", "val", 3)
    gone = Duplicate("x", "train", "z.png", "test", left_out=True)
    assert on_test_images_without(tmp_path, *other, gone) is None
    every = [Duplicate("x.png", "val", f"{n}.png", "test", 4) for n in range(12)]
    assert on_test_images_without(tmp_path, *every).images == 0
