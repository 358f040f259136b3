import csv
import io

import numpy as np
import pytest

from datasets.annotations import Annotations
from datasets.errors import UserError
from pipelines.audit.correction import COLUMNS, change_sentence, changes_table, corrected
from pipelines.audit.suspicion import Suspicion

TRUTH = Annotations([[0, 0, 10, 10], [20, 20, 40, 40], [50, 5, 60, 25]], [0, 1, 1], [0, 0, 1])
SIZE = 80, 60
CLASSES = ("=cat", "dog, big")


def suspicion(kind, object=None, to=None, seen=None, probability=0.9):
    return Suspicion(
        id=f"{kind} {object}",
        kind=kind,
        split="test",
        image=0,
        file="a.jpg",
        object=object,
        label_box=None if object is None else tuple(TRUTH.boxes[object].tolist()),
        label=None if object is None else int(TRUTH.labels[object]),
        proposed_box=to,
        proposed=seen,
        scores={},
        probability=probability,
    )


def rows(truth):
    columns = truth.boxes.tolist(), truth.labels.tolist(), truth.ignore.tolist()
    return list(zip(*columns, strict=True))


AS_IT_WAS = rows(TRUTH)
ADDED = ([61.0, 30.0, 75.0, 50.5], 0, False)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (suspicion("missing", to=(61, 30, 75, 50.5), seen=0), [*AS_IT_WAS, ADDED]),
        (
            suspicion("wrong_class", 0, seen=1),
            [([0, 0, 10, 10], 1, False), *AS_IT_WAS[1:]],
        ),
        (
            suspicion("badly_placed", 2, to=(52, 6, 64, 28), seen=1),
            [*AS_IT_WAS[:2], ([52, 6, 64, 28], 1, True)],
        ),
        (suspicion("nothing_there", 1), [AS_IT_WAS[0], AS_IT_WAS[2]]),
        (suspicion("doubled", 2), AS_IT_WAS[:2]),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_each_kind_changes_its_label_and_no_other(given, expected):
    assert rows(corrected(TRUTH, [given], SIZE)) == expected


def test_without_suspicions_labels_stay_as_they_are():
    assert rows(corrected(TRUTH, [], SIZE)) == AS_IT_WAS
    assert rows(corrected(Annotations(), [], SIZE)) == []


def test_class_and_box_of_one_label_are_both_corrected():
    both = [suspicion("badly_placed", 1, to=(21, 22, 43, 44)), suspicion("wrong_class", 1, seen=0)]
    assert rows(corrected(TRUTH, both, SIZE))[1] == ([21, 22, 43, 44], 0, False)


def test_of_two_classes_for_one_label_the_likelier_is_taken():
    truth = Annotations([[0, 0, 10, 10]], [0])
    two = [suspicion("wrong_class", 0, seen=2), suspicion("wrong_class", 0, seen=1)]
    assert corrected(truth, two, SIZE).labels.tolist() == [2]


def test_a_label_that_goes_is_gone_whatever_else_is_suspected_of_it():
    both = [suspicion("wrong_class", 1, seen=0), suspicion("nothing_there", 1)]
    assert rows(corrected(TRUTH, both, SIZE)) == [AS_IT_WAS[0], AS_IT_WAS[2]]


def test_new_labels_stand_in_the_order_of_their_suspicions():
    two = [suspicion("missing", to=(x, 1, x + 5, 9), seen=0) for x in (60, 40)]
    assert [row[0][0] for row in rows(corrected(TRUTH, two, SIZE))[3:]] == [60, 40]


def test_a_proposed_box_is_cut_to_its_image_and_lies_on_the_grid_of_labels():
    beyond = suspicion("missing", to=(70 + 1 / 3, -4, 90, 10), seen=0)
    assert rows(corrected(TRUTH, [beyond], SIZE))[-1][0] == [70.333333333, 0, 80, 10]


def test_a_proposed_box_outside_its_image_is_refused():
    with pytest.raises(UserError, match=r"a\.jpg: a proposed box has no area"):
        corrected(TRUTH, [suspicion("missing", to=(90, 5, 95, 9), seen=0)], SIZE)


@pytest.mark.parametrize(
    "other",
    [
        Annotations(TRUTH.boxes[:1], TRUTH.labels[:1]),
        Annotations(TRUTH.boxes, TRUTH.labels[::-1]),
        Annotations(TRUTH.boxes + 0.5, TRUTH.labels),
    ],
    ids=["fewer", "another class", "another place"],
)
def test_a_label_that_is_not_as_it_was_is_refused(other):
    with pytest.raises(UserError, match=r"a\.jpg: its labels are not as they were"):
        corrected(other, [suspicion("nothing_there", 2)], SIZE)


def test_the_table_of_changes_gives_names_and_boxes_as_they_are():
    given = [suspicion("wrong_class", 0, seen=1), suspicion("nothing_there", 1)]
    read = list(csv.DictReader(io.StringIO(changes_table(given, CLASSES))))
    assert tuple(read[0]) == COLUMNS
    assert [row["class_before"] for row in read] == ["=cat", "dog, big"]
    assert [row["class_after"] for row in read] == ["dog, big", ""]
    assert [np.fromstring(row["before_px"], sep=" ").tolist() for row in read] == [
        [0, 0, 10, 10],
        [20, 20, 40, 40],
    ]
    assert [row["after_px"] for row in read] == ["0 0 10 10", ""]


def test_each_change_is_said_with_its_image_and_its_place():
    said = change_sentence(suspicion("badly_placed", 1, to=(21.04, 22, 43, 44.5)), CLASSES)
    assert said == "a.jpg: the box of dog, big moved from 20, 20, 40, 40 to 21, 22, 43, 44.5"
    assert change_sentence(suspicion("missing", to=(1, 2, 3, 4), seen=0), CLASSES) == (
        "a.jpg: =cat added at 1, 2, 3, 4"
    )
