from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from witness_scenes import CLASSES, Witness, dataset_of, scenes, seen_by

from datasets.annotations import Annotations
from pipelines.audit.find import find
from pipelines.audit.witnesses import witnessed
from pipelines.detections import Detections
from scripts.measure.label_faults import SHARES, hits, with_faults

BOX = np.array([100.0, 100, 150, 150])


@cache
def faulty(images=160):
    truths = scenes(images)
    clean = dataset_of(truths)
    dataset, faults = with_faults(clean, seed=1)
    given = seen_by({"one": Witness(1), "two": Witness(2), "three": Witness(3)}, truths, dataset)
    return given, faults


def precision(given, faults, kind):
    """The share of faults among as many of the likeliest suspicions as there are faults."""
    ranked = [each for each in find(given, least=0.0).suspicions if each.kind == kind]
    count = faults.count(kind)
    return sum(hits(ranked[:count], faults)) / count


@pytest.mark.parametrize("kind", SHARES)
@pytest.mark.parametrize("names", [("one", "two"), ("one", "two", "three")], ids=len)
def test_most_of_what_contenders_agree_on_is_a_fault(kind, names):
    given, faults = faulty()
    assert precision(given.by(*names), faults, kind) >= 0.8


@pytest.mark.parametrize("kind", SHARES)
def test_two_witnesses_are_no_worse_than_one_alone(kind):
    given, faults = faulty()
    alone = precision(given.by("one"), faults, kind)
    # Which works too; but what one has not seen at all may be there.
    assert alone > (0.1 if kind == "nothing_there" else 0.6)
    assert precision(given.by("one", "two"), faults, kind) >= alone


@pytest.mark.parametrize("kind", SHARES)
def test_as_many_are_faults_as_probabilities_say(kind):
    given, faults = faulty()
    of_kind = [e for e in find(given.by("one", "two"), 0.0).suspicions if e.kind == kind]
    expected = sum(each.probability for each in of_kind)
    assert expected == pytest.approx(faults.count(kind), rel=0.6)


def test_the_order_of_the_witnesses_is_no_matter():
    given, _ = faulty()
    there = {e.id: e.probability for e in find(given.by("one", "two")).suspicions}
    back = {e.id: e.probability for e in find(given.by("two", "one")).suspicions}
    assert there.keys() == back.keys()
    assert [back[name] for name in there] == pytest.approx([*there.values()], abs=0.01)


def test_each_suspicion_says_what_the_label_is_and_what_should_stand_there():
    given, _ = faulty()
    kinds = {}
    for each in find(given.by("one", "two")).suspicions:
        kinds.setdefault(each.kind, each)
        has_label = [each.object is None, each.label is None, each.label_box is None]
        assert has_label == [each.kind == "missing"] * 3
        images = {(one.split, one.place): one.image for one in given.images}
        image = images[each.split, each.image]
        assert image.name == each.file
        if each.object is not None:
            truth = image.annotations
            assert truth.boxes[each.object].tolist() == list(each.label_box)
            assert int(truth.labels[each.object]) == each.label
    assert kinds["wrong_class"].proposed not in (None, kinds["wrong_class"].label)
    assert kinds["wrong_class"].proposed_box == kinds["wrong_class"].label_box
    assert kinds["badly_placed"].proposed == kinds["badly_placed"].label
    assert kinds["badly_placed"].proposed_box != kinds["badly_placed"].label_box
    assert (kinds["nothing_there"].proposed, kinds["nothing_there"].proposed_box) == (None, None)
    assert set(kinds["missing"].scores) <= {"one", "two"}


def test_names_are_the_same_in_another_audit_of_the_same_set_and_no_two_are_alike():
    given, _ = faulty()
    first = [each.id for each in find(given.by("one", "two")).suspicions]
    again = {each.id for each in find(given.by("one", "three")).suspicions if each.object}
    assert len(set(first)) == len(first)
    assert len(again & set(first)) > len(again) / 2


def one_image(truth, *found):
    """That image beside a hundred that are as their labels say."""
    truths = [truth, *scenes(100)]
    dataset = dataset_of(truths, splits=("test",))
    given = seen_by({str(n): Witness(n, wrong=0) for n in range(len(found))}, truths, dataset)
    each = {n: (own, *given.found[n][1:]) for n, own in zip(given.found, found, strict=True)}
    return replace(given, found=each)


def of_first(given):
    return [each for each in find(given).suspicions if each.image == 0]


def test_an_object_that_is_labelled_twice_is_said_to_be_doubled():
    seen = Detections([BOX], [0.95], [0])
    twice = Annotations([BOX, BOX + 1], [0, 0])
    (each,) = of_first(one_image(twice, seen, seen))
    assert (each.kind, each.object) == ("doubled", 1)
    assert each.probability > 0.5


def test_two_objects_that_both_are_seen_are_not_doubled():
    boxes = np.array([BOX, np.add(BOX, [16, 0, 16, 0])])  # an IoU of .52
    seen = Detections(boxes, [0.95, 0.9], [0, 0])
    assert of_first(one_image(Annotations(boxes, [0, 0]), seen, seen)) == []


def test_a_label_of_another_class_beside_the_right_one_is_doubled_too():
    seen = Detections([BOX], [0.97], [0])
    both = Annotations([BOX, BOX + 1], [0, 1])
    (each,) = of_first(one_image(both, seen, seen))
    assert (each.kind, each.object) == ("doubled", 1)


def test_of_two_labels_that_may_each_repeat_the_other_one_stays():
    either = Detections([BOX, BOX], [0.5, 0.49], [0, 1])
    both = Annotations([BOX, BOX + 1], [0, 1])
    given = one_image(both, either, either)
    (each,) = [one for one in find(given, least=0.001).suspicions if one.image == 0]
    assert each.kind == "doubled"


def test_what_is_ignored_is_never_suspected():
    seen = Detections([BOX + 1], [0.97], [1])
    truth = Annotations([BOX], [0], [True])
    assert of_first(one_image(truth, seen, seen)) == []
    assert of_first(one_image(truth, Detections(), Detections())) == []


def test_classes_that_all_confuse_seem_to_be_one():
    truths = scenes(120)
    random = np.random.default_rng(0)
    # Of what was one class, half is called another.
    split = [
        Annotations(
            t.boxes, np.where((t.labels == 0) & (random.random(len(t)) < 0.5), 1, t.labels % 2 * 2)
        )
        for t in truths
    ]
    dataset = dataset_of(split)
    merged = [Annotations(t.boxes, t.labels % 2 * 2) for t in truths]
    witnesses = {"one": Witness(1, right_class=1.0), "two": Witness(2, right_class=1.0)}
    found = find(seen_by(witnesses, merged, dataset))
    ((first, second, share),) = found.alike_classes
    assert (CLASSES[first], CLASSES[second]) == ("cat", "dog")
    assert share == pytest.approx(0.5, abs=0.15)


@pytest.mark.parametrize("classes", [("cat",), CLASSES])
def test_a_set_without_labels_or_detections_has_no_suspicions(classes):
    dataset = dataset_of([Annotations(), Annotations()], classes)
    nothing = {split: [Detections()] for split in ("val", "test")}
    found = find(witnessed(dataset, {"one": nothing, "two": nothing}))
    assert found.suspicions == ()
    assert found.alike_classes == ()
