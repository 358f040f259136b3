import os

import msgspec
import pytest
from toy_audit import SETTINGS, audit_of, suspicions, write_audit, write_labelled

from datasets.errors import UserError
from datasets.reading import read_dataset
from pipelines.audit.reading import MOST_DECISION_BYTES, read_audit, read_decisions
from pipelines.audit.suspicion import Decisions


@pytest.fixture(scope="module")
def audit(tmp_path_factory):
    dataset = read_dataset(write_labelled(tmp_path_factory.mktemp("set")), "voc", settings=SETTINGS)
    return audit_of(dataset, "ab12", suspicions(dataset))


def written(path, value):
    path.write_bytes(value if isinstance(value, bytes) else msgspec.json.encode(value))
    return path


def test_an_audit_comes_back_as_it_was_written(tmp_path, audit):
    assert read_audit(tmp_path) is None
    write_audit(tmp_path, audit)
    assert read_audit(tmp_path) == audit


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "odd"},
        {"label": 7},
        {"probability": 1.5},
        {"object": None},
        {"proposed": None, "kind": "wrong_class"},
        {"label_box": None},
    ],
    ids=str,
)
def test_a_suspicion_that_can_not_be_is_refused(tmp_path, audit, wrong):
    given = msgspec.structs.replace(audit.suspicions[1], **wrong)
    write_audit(tmp_path, msgspec.structs.replace(audit, suspicions=(given,)))
    with pytest.raises(UserError, match=r"audit.json: can't be read .*wrong_class-test-1"):
        read_audit(tmp_path)


def test_an_audit_of_another_version_is_refused(tmp_path, audit):
    write_audit(tmp_path, msgspec.structs.replace(audit, schema_version=9))
    with pytest.raises(UserError, match="schema 9"):
        read_audit(tmp_path)


def test_decisions_come_back_as_they_were_saved(tmp_path, audit):
    ids = [each.id for each in audit.suspicions]
    decisions = Decisions("ab12", tuple(ids[:2]), tuple(ids[4:]))
    assert read_decisions(written(tmp_path / "d.json", decisions), audit) == decisions


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Decisions("cd34"), "another set"),
        (Decisions("ab12", ("who",)), "'who', which this audit does not suspect"),
        (Decisions("ab12", ("x" * 500,)), "x…'"),
        (
            Decisions("ab12", ("missing-test-0",), ("missing-test-0",)),
            "both accepts and rejects 'missing-test-0'",
        ),
        (Decisions("ab12", schema_version=2), "schema 2"),
        ({"split_sha256": "ab12", "accepted": "missing-test-0"}, "can't be read"),
        ({"split_sha256": 12}, "can't be read"),
        (b"[" * 100_000, "can't be read"),
        (b"{", "can't be read"),
        (b"", "can't be read"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_decisions_that_can_not_be_used_are_refused_with_a_sentence(tmp_path, audit, value, words):
    path = written(tmp_path / "d.json", value)
    with pytest.raises(UserError, match=r"d\.json") as refused:
        read_decisions(path, audit)
    assert words in str(refused.value)
    assert len(str(refused.value)) < 500


def test_a_file_of_decisions_is_bounded_and_regular(tmp_path, audit):
    large = tmp_path / "large.json"
    with large.open("wb") as stream:
        stream.truncate(MOST_DECISION_BYTES + 1)
    os.mkfifo(tmp_path / "pipe.json")
    for name in ("large.json", "pipe.json", "nowhere.json"):
        with pytest.raises(UserError, match=f"{name}: can't be read as decisions"):
            read_decisions(tmp_path / name, audit)
