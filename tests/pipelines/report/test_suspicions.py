import msgspec
import pytest

from pipelines.audit.suspicion import KINDS, Audit, Suspicion
from pipelines.report import suspicions
from pipelines.report.suspicions import alike_rows, audit_sentences, suspicion_sentence

GIVEN = Suspicion(
    id="1",
    kind="missing",
    split="test",
    image=0,
    file="a.jpg",
    object=None,
    label_box=None,
    label=None,
    proposed_box=(0, 0, 9, 9),
    proposed=1,
    scores={},
    probability=0.5,
)
AUDIT = Audit(
    dataset="cells",
    classes=("red", "white"),
    split_sha256="ab",
    contenders=("classical", "yolo"),
    images={"val": 8, "test": 9},
    folds=0,
    suspicions=(GIVEN,),
    alike_classes=((0, 1, 0.256),),
)


def test_every_kind_has_a_title_and_a_sentence_with_its_classes():
    assert tuple(suspicions.KINDS) == KINDS
    said = {
        kind: suspicion_sentence(msgspec.structs.replace(GIVEN, kind=kind, label=0), AUDIT.classes)
        for kind in KINDS
    }
    assert len(set(said.values())) == len(KINDS)
    assert said["missing"] == "white is seen where nothing is labelled"
    assert said["wrong_class"] == "labelled red, seen as white"
    assert all("red" in said[kind] for kind in KINDS if kind != "missing")


@pytest.mark.parametrize(
    ("folds", "words"),
    [(0, "of which the detectors had not learnt"), (3, "trained without it, 3 times on the rest")],
)
def test_it_says_how_images_were_seen(folds, words):
    text = " ".join(audit_sentences(msgspec.structs.replace(AUDIT, folds=folds)))
    assert "1 suspicion: missing label 1." in text
    assert "of 8 val and 9 test images" in text
    assert words in text
    assert "The witnesses are classical and yolo." in text


def test_one_witness_alone_is_said_to_be_weaker():
    text = " ".join(audit_sentences(msgspec.structs.replace(AUDIT, contenders=("yolo",))))
    assert "yolo alone is the witness" in text
    assert "a second, unlike contender would make suspicions surer" in text


def test_an_audit_that_found_nothing_can_be_said():
    text = " ".join(audit_sentences(msgspec.structs.replace(AUDIT, suspicions=(), images={})))
    assert text.startswith("0 suspicions. They are of no images")


def test_classes_that_seem_to_be_one_are_named_with_their_share():
    assert alike_rows(AUDIT) == [("red", "white", "26 %")]
