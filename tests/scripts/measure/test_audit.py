"""The measurement of audits: the faults it makes, what finds them, and what it holds audits to."""

import numpy as np
import pytest
from witness_scenes import Witness, dataset_of, scenes, seen_by

from datasets.annotations import Annotations
from datasets.boxes import iou
from pipelines.detections import Detections
from scripts.measure import audit
from scripts.measure.label_faults import SHARES, hits, with_faults
from scripts.measure.object_lab import object_lab

BOX = np.array([100.0, 100, 150, 150])


def by_name(dataset):
    return {image.name: image.annotations for found in dataset.splits.values() for image in found}


@pytest.fixture(scope="module")
def faulty():
    truths = scenes(80)
    clean = dataset_of(truths)
    dataset, faults = with_faults(clean, seed=3)
    return truths, clean, dataset, faults


def test_as_many_labels_are_at_fault_as_asked_for(faulty):
    _, clean, dataset, faults = faulty
    total = sum(map(len, by_name(clean).values()))
    assert {kind: faults.count(kind) for kind in SHARES} == {
        kind: round(share * total) for kind, share in SHARES.items()
    }
    change = faults.count("nothing_there") - faults.count("missing")
    assert sum(map(len, by_name(dataset).values())) == total + change


def test_each_fault_is_what_it_is_said_to_be(faulty):
    _, clean, dataset, faults = faulty
    before, after = by_name(clean), by_name(dataset)
    for (name, row), kind in faults.changed.items():
        overlap = iou(after[name].boxes[row : row + 1], before[name].boxes)[0]
        nearest = overlap.argmax()
        same = after[name].labels[row] == before[name].labels[nearest]
        if kind == "wrong_class":
            assert overlap[nearest] == 1
            assert not same
        if kind == "badly_placed":
            assert 0.3 < overlap[nearest] < 0.6
            assert same
        if kind == "nothing_there":
            assert overlap[nearest] < 0.3
    for name, removed in faults.removed.items():
        for box, label in removed:
            assert [*box, label] in np.column_stack(
                [before[name].boxes, before[name].labels]
            ).tolist()
            if len(after[name]):
                assert iou(np.array([box]), after[name].boxes).max() < 1


def test_labels_without_a_fault_stay_as_they_are(faulty):
    _, clean, dataset, faults = faulty
    before, after = by_name(clean), by_name(dataset)
    for name, truth in after.items():
        for row, box in enumerate(truth.boxes.tolist()):
            if (name, row) not in faults.changed:
                assert box in before[name].boxes.tolist()


def test_a_removed_label_is_found_once():
    truths = scenes(40)
    dataset, faults = with_faults(dataset_of(truths), seed=0)
    (name, ((box, label), *_)) = next(iter(faults.removed.items()))
    given = seen_by({"one": Witness(1)}, truths, dataset)
    (example, *_) = (each for each in audit.ways(given)["together"] if each.kind == "missing")
    from msgspec.structs import replace

    right = replace(example, file=name, proposed_box=box, proposed=label)
    other = replace(right, proposed=(label + 1) % 3)
    assert hits([other, right, right], faults) == [False, True, False]


def test_a_row_of_figures_for_each_way_to_find_them(faulty):
    truths, _, dataset, faults = faulty
    given = seen_by({"one": Witness(1), "two": Witness(2)}, truths, dataset)
    rows = list(audit.rows_of(given, faults, "missing"))
    assert [row[1] for row in rows] == [
        *("together", "one", "two", "mean score"),
        *("ObjectLab, one", "ObjectLab, two"),
    ]
    assert all(len(row) == len(audit.COLUMNS) for row in rows)
    assert 0.5 < float(rows[0][4]) <= 1


def found_by_object_lab(truth, found):
    dataset = dataset_of([truth], splits=("test",))
    given = seen_by({"one": Witness(1)}, [truth], dataset)
    given.found["one"] = (found,)
    return {each.kind: each.probability for each in reversed(object_lab(given))}


def test_object_lab_s_scores_are_small_where_box_and_label_agree():
    agreed = found_by_object_lab(Annotations([BOX], [0]), Detections([BOX], [0.97], [0]))
    assert agreed == {"missing": pytest.approx(0), "badly_placed": pytest.approx(0)}


def test_object_lab_s_scores_tell_three_kinds_of_faults_apart():
    truth = Annotations([BOX], [0])
    moved = found_by_object_lab(truth, Detections([BOX + 15], [0.97], [0]))
    assert 0.5 < moved["badly_placed"] < 0.75
    other = found_by_object_lab(truth, Detections([BOX], [0.97], [1]))
    assert other["wrong_class"] == pytest.approx(1)
    overlooked = found_by_object_lab(Annotations(), Detections([BOX], [0.97], [1]))
    assert overlooked == {"missing": 1}
    assert found_by_object_lab(Annotations(), Detections([BOX], [0.9], [1])) == {}
