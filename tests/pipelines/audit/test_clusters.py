import numpy as np
import pytest

from pipelines.audit.clusters import clustered
from pipelines.detections import Detections
from pipelines.evaluation.pairs import flat_detections

BOX = np.array([10.0, 10, 50, 50])


def cluster(*found, classes=2):
    """Clusters of one image in which each of the witnesses found that."""
    return clustered([flat_detections([each]) for each in found], classes)


def test_what_two_see_is_one_cluster_at_the_mean_by_their_scores():
    (first, second) = Detections([BOX], [0.9], [1]), Detections([BOX + 4], [0.3], [1])
    made = cluster(first, second)
    assert len(made) == 1
    assert made.boxes[0] == pytest.approx(BOX + 1)
    assert made.scores.tolist() == [[0.9, 0.3]]
    assert made.label.tolist() == [1]
    assert 0.8 < made.agreement[0] < 1


def test_what_is_apart_or_faint_makes_a_cluster_of_its_own_or_none():
    found = Detections([BOX, BOX + 100, BOX + 200], [0.9, 0.5, 0.01], [0, 0, 0])
    made = cluster(found, Detections())
    assert made.boxes.tolist() == [BOX.tolist(), (BOX + 100).tolist()]
    assert made.scores.tolist() == [[0.9, 0], [0.5, 0]]
    assert made.agreement.tolist() == [1, 1]


def test_a_faint_detection_still_joins_what_another_is_sure_of():
    made = cluster(Detections([BOX], [0.9], [0]), Detections([BOX], [0.002], [0]))
    assert made.scores.tolist() == [[0.9, 0.002]]


def test_the_class_is_that_of_most_scores():
    first = Detections([BOX, BOX], [0.5, 0.4], [0, 1])
    made = cluster(first, Detections([BOX], [0.3], [1]))
    assert made.label.tolist() == [1]
    assert made.scores.tolist() == [[0.4, 0.3]]


def test_a_part_of_a_surer_cluster_is_crowded():
    part = np.array([10.0, 10, 26, 50])
    made = cluster(Detections([BOX, part], [0.9, 0.4], [0, 0]), Detections())
    assert made.scores[:, 0].tolist() == [0.9, 0.4]
    assert made.crowding.tolist() == [0, pytest.approx(0.4)]


def test_images_without_detections_have_no_clusters():
    assert len(cluster(Detections(), Detections())) == 0
