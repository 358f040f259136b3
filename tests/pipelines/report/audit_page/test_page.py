import json
import re
from dataclasses import replace

import msgspec
import pytest
from html_reader import read
from toy_audit import NAMES, ODD, audited

from datasets.annotations import Annotations
from datasets.errors import UserError
from pipelines.audit.effect import effect_on
from pipelines.detections import Detections
from pipelines.report.audit_page import page
from pipelines.report.audit_page.data import MOST_NEAR
from pipelines.report.audit_page.page import write_audit_page


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    return audited(tmp_path_factory.mktemp("audited"))


def write(given, folder, **more):
    folder.mkdir(exist_ok=True)
    audit = more.pop("audit", given.audit)
    found = more.pop("found", given.found)
    return write_audit_page(folder, given.run.metrics, audit, given.dataset, found, **more)


@pytest.fixture(scope="module")
def written(given, tmp_path_factory):
    effect = effect_on(given.run, given.audit)
    return read(write(given, tmp_path_factory.mktemp("page"), effect=effect))


@pytest.fixture(scope="module")
def data(written):
    return json.loads(written.scripts["audit-data"])


def test_names_out_of_files_are_text_and_never_markup(written, given):
    assert ODD in written.texts
    assert "toys & <b>co</b>" in written.texts
    # The data, a script a crop and the page's own: none that a class has brought.
    assert written.tags.count("script") == 1 + len(given.audit.suspicions) + 1
    assert "b" not in written.tags


def test_it_asks_nobody_for_anything(written):
    assert all(asked.startswith(("#", "data:")) for asked in written.asked)
    own = written.scripts["own"]
    assert not re.search(r"fetch\(|XMLHttpRequest|import\(|https?://(?!www\.w3\.org/2000/svg)", own)


def test_no_id_is_given_twice_and_every_link_has_its_target(written):
    assert len(written.ids) == len(set(written.ids))
    assert {asked[1:] for asked in written.asked if asked.startswith("#")} <= set(written.ids)


def test_each_suspicion_is_there_in_its_order_with_its_crop(written, data, given):
    assert [each["id"] for each in data["suspicions"]] == [e.id for e in given.audit.suspicions]
    assert data["split_sha256"] == given.audit.split_sha256
    for place, each in enumerate(data["suspicions"]):
        assert written.scripts[f"crop-{place}"].startswith("data:image/webp;base64,")
        left, top, width, height = each["crop"]
        for box in filter(None, (each["label_box"], each["proposed_box"])):
            assert left <= box[0] < box[2] <= left + width
            assert top <= box[1] < box[3] <= top + height


def test_a_suspicion_has_what_each_contender_sees_near_it(data, given):
    first = data["suspicions"][0]
    label = given.audit.suspicions[0].proposed
    for place, name in enumerate(NAMES):
        best = first["seen"][place][0]
        found = given.found[name]["test"][0]
        assert best[4:] == [label, 0.96]
        assert best[:4] == found.boxes[found.scores == 0.96][0].round(1).tolist()
    assert first["scores"] == [0.91, 0.83]
    assert data["suspicions"][1]["scores"] == [None, 0.7]


def test_other_labels_in_a_crop_are_shown_but_not_the_suspected_one_twice(data, given):
    suspected = given.audit.suspicions[1]
    truth = given.dataset.splits["test"][1].annotations
    others = data["suspicions"][1]["others"]
    assert others
    assert suspected.label_box not in [tuple(row[:4]) for row in others]
    assert {row[4] for row in others} <= set(truth.labels.tolist())


def test_of_many_detections_near_the_best_few_are_shown(given, tmp_path):
    box = given.audit.suspicions[0].proposed_box
    crowd = Detections([box] * 9, [0.9 - 0.05 * n for n in range(8)] + [0.001], [1] * 9)
    empty = [Detections()] * len(given.found["yolo"]["test"])
    found = {"yolo": {"test": [crowd, *empty[1:]]}}
    seen = json.loads(read(write(given, tmp_path, found=found)).scripts["audit-data"])["suspicions"]
    assert [row[5] for row in seen[0]["seen"][1]] == [0.9, 0.85, 0.8]
    assert MOST_NEAR == 3
    assert seen[0]["seen"][0] == []  # nothing is known of the other
    assert seen[5]["seen"] == [[], []]  # nor of validation


def test_of_very_many_suspicions_the_likeliest_are_in_the_page(given, tmp_path, monkeypatch):
    monkeypatch.setattr(page, "MOST_SHOWN", 4)
    written = read(write(given, tmp_path))
    data = json.loads(written.scripts["audit-data"])
    assert [each["id"] for each in data["suspicions"]] == [e.id for e in given.audit.suspicions[:4]]
    assert "The likeliest 4 are here; audit.json has the 2 others." in " ".join(written.texts)


def test_what_it_would_change_is_shown_where_it_is_known(written, given, tmp_path):
    assert "4 places ignored" in written.texts
    assert "effect" in written.ids
    assert "effect" not in read(write(given, tmp_path)).ids


def test_an_audit_that_found_nothing_makes_a_page_that_says_so(given, tmp_path):
    nothing = msgspec.structs.replace(given.audit, suspicions=(), alike_classes=())
    written = read(write(given, tmp_path, audit=nothing))
    assert "0 suspicions." in written.texts
    assert json.loads(written.scripts["audit-data"])["suspicions"] == []


def test_labels_that_are_not_as_they_were_audited_are_refused(given, tmp_path):
    each = msgspec.structs.replace(given.audit.suspicions[1], label_box=(0.0, 0.0, 5.0, 5.0))
    other = msgspec.structs.replace(given.audit, suspicions=(each,))
    with pytest.raises(UserError, match="its labels are not as they were"):
        write(given, tmp_path, audit=other)
    assert not list(tmp_path.iterdir())


def test_an_image_without_labels_can_be_suspected_to_lack_one(given, tmp_path):
    first, *others = given.dataset.splits["test"]
    bare = replace(first, annotations=Annotations())
    dataset = replace(given.dataset, splits={**given.dataset.splits, "test": (bare, *others)})
    path = write_audit_page(
        tmp_path,
        given.run.metrics,
        msgspec.structs.replace(given.audit, suspicions=given.audit.suspicions[:1]),
        dataset,
        given.found,
    )
    assert json.loads(read(path).scripts["audit-data"])["suspicions"][0]["others"] == []
