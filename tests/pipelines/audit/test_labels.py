import numpy as np
from witness_scenes import labelled

from datasets.annotations import Annotations
from pipelines.audit.clusters import clustered
from pipelines.audit.labels import labels_beside
from pipelines.audit.witnesses import AuditedImage
from pipelines.detections import Detections
from pipelines.evaluation.pairs import flat_detections

BOX = np.array([10.0, 10, 50, 50])


def beside(truth, found):
    clusters = clustered([flat_detections([found])], 2)
    return labels_beside([AuditedImage("test", 0, labelled("a.png", truth))], clusters), clusters


def test_what_is_ignored_is_suspected_of_nothing_and_nothing_is_missing_in_it():
    truth = Annotations([BOX, BOX + 100], [0, 0], [True, False])
    inside = [20, 20, 40, 40]
    labels, _ = beside(truth, Detections([inside, BOX + 100], [0.9, 0.8], [0, 0]))
    assert labels.row.tolist() == [1]
    assert labels.counts.tolist() == [False, True]
    assert labels.labelled.tolist() == [False, True]


def test_a_cluster_at_a_label_of_another_class_is_labelled():
    labels, _ = beside(Annotations([BOX], [0]), Detections([BOX + 2], [0.9], [1]))
    assert labels.labelled.tolist() == [True]
    assert labels.cluster.tolist() == [0]


def test_a_label_in_part_is_of_what_is_seen_there_if_that_has_its_class():
    moved = np.add(BOX, [16, 0, 16, 0])
    alike, _ = beside(Annotations([moved], [1]), Detections([BOX], [0.9], [1]))
    other, _ = beside(Annotations([moved], [0]), Detections([BOX], [0.9], [1]))
    assert (alike.cluster.tolist(), alike.labelled.tolist()) == ([0], [True])
    assert (other.cluster.tolist(), other.labelled.tolist()) == ([-1], [False])


def test_a_label_has_the_likelier_of_two_clusters_and_the_other_is_left():
    near, at = np.add(BOX, [24, 0, 24, 0]), BOX + 1
    labels, clusters = beside(Annotations([BOX], [0]), Detections([near, at], [0.9, 0.7], [0, 0]))
    assert len(clusters) == 2
    assert clusters.boxes[labels.cluster[0]].tolist() == at.tolist()
    assert labels.labelled[1 - labels.cluster[0]].tolist() is False
