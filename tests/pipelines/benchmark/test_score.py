import json
import math

import pytest

from datasets.annotations import Annotations
from datasets.errors import UserError
from pipelines.benchmark.score import grabcut_share, outside_detections
from pipelines.detections import Detections
from pipelines.evaluation import undefined
from pipelines.evaluation.coco_files.format import ground_truth_file, ground_truth_to_coco
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
