"""A run's labels audited by toys: from what it has kept, by folds, again, and with bad usage."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
from toy_competition import compare, competing, here, row, run
from voc_files import write_image, write_xml

from pipelines.audit import fold_trainings
from pipelines.audit.reading import read_audit
from pipelines.detections import Detections
from pipelines.system.output_lock import sole_writer
from pipelines.training import Model, TrainedContender, Training
from scripts import audit_labels

NAMES = ("steady", "moody")
IMAGES = 36
TRAINED = []


class Bright:
    """Finds what is bright, but for a little noise that is its own."""

    def __init__(self, name):
        self.seed = NAMES.index(name)

    def detect(self, image):
        level = int(image[0, 0, 0])
        random = np.random.default_rng((self.seed, level))
        boxes = np.array([[5.0, 5, 25, 25], [35, 10, 55, 38]]) + random.normal(0, 0.3, (2, 4))
        faint = [[28, 0, 38, 9]] if random.random() < 0.5 else []
        scores = [*random.uniform(0.8, 0.95, 2), *[0.1] * len(faint)]
        return Detections([*boxes, *faint], scores, [0, 1, *[0] * len(faint)])


def train(name, job):
    TRAINED.append(name)
    (job.folder / "seen.json").write_text(json.dumps(name))
    return TrainedContender(Training(seconds=60.0, images=20), Model(parameters=1))


def load(folder, device, threads):
    del device, threads
    return Bright(json.loads((folder / "seen.json").read_text()))


@contextmanager
def threads(count, begin, *arguments):
    del count
    begin(*arguments)
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The current folder with a run; of an image's cat and dog one in ten has lost its label."""
    folder = tmp_path_factory.mktemp("current")
    for number in range(IMAGES):
        write_image(folder / "set" / f"{number}.png", seed=number)
        objects = [("cat", (6, 6, 25, 25)), ("dog", (36, 11, 55, 38))]
        write_xml(folder / "set" / f"{number}.xml", objects[number % 5 == 0 :])
    rows = [row(name, lambda job, name=name: train(name, job), load) for name in NAMES]
    with competing(folder, rows), pytest.MonkeyPatch.context() as patch:
        patch.setattr(fold_trainings, "in_own_process", here)
        patch.setattr("pipelines.runs.side_by_side.training_processes", threads)
        done = compare("runs/set", names=NAMES)
        assert done.returncode == 0, done.stderr
        TRAINED.clear()
        yield folder


@pytest.fixture(scope="module")
def audited(folder):
    done = run(audit_labels, "runs/set")
    assert done.returncode == 0, done.stderr
    return done, read_audit(folder / "runs" / "set" / "audit")


def test_what_was_not_learnt_from_is_audited_without_training(audited):
    _, audit = audited
    assert TRAINED == []
    assert set(audit.images) == {"val", "test"}
    assert (audit.folds, audit.contenders) == (0, NAMES)
    lost = [each for each in audit.suspicions if each.kind == "missing"]
    assert {int(each.file.removesuffix(".png")) % 5 for each in lost[:3]} == {0}
    assert audit.classes[lost[0].proposed] == "cat"


def test_the_kinds_are_printed_with_what_comes_first_and_the_files(audited):
    done, audit = audited
    assert "missing label" in done.stdout
    first = next(each for each in audit.suspicions if each.kind == "missing")
    assert f"{first.probability:.2f} {first.file}" in done.stdout
    assert "runs/set/audit: audit.html, audit.json, audit.csv" in done.stdout


def test_the_page_and_the_report_show_it(audited, folder):
    del audited
    assert (folder / "runs" / "set" / "audit" / "audit.html").stat().st_size > 1000
    assert "audit/audit.html" in (folder / "runs" / "set" / "report.html").read_text()


def test_an_audit_is_replaced_only_where_that_is_asked_for(audited, folder):
    _, audit = audited
    refused = run(audit_labels, "runs/set")
    assert refused.returncode == 2
    assert "--overwrite" in refused.stderr
    (folder / "runs" / "set" / "audit" / "decisions.json").write_text("{}")
    assert run(audit_labels, "runs/set", "--overwrite").returncode == 0
    assert read_audit(folder / "runs" / "set" / "audit") == audit
    assert (folder / "runs" / "set" / "audit" / "decisions.json").read_text() == "{}"


def test_folds_audit_every_image_and_are_kept(folder):
    asked = ("runs/set", "--folds", "3", "--output", "every")
    done = run(audit_labels, *asked)
    assert done.returncode == 0, done.stderr
    audit = read_audit(folder / "every")
    assert sum(audit.images.values()) == IMAGES
    assert audit.folds == 3
    assert [*NAMES] * 3 == TRAINED
    (folder / "every" / "audit.json").unlink()  # as if it had been cut off
    refused = run(audit_labels, *asked)
    assert refused.returncode == 2
    assert "--resume" in refused.stderr
    assert run(audit_labels, *asked, "--resume").returncode == 0
    assert read_audit(folder / "every") == audit
    assert [*NAMES] * 3 == TRAINED
    assert not (folder / "runs" / "set" / "audit" / "cells").exists()


def test_too_little_time_is_said_and_nothing_is_trained(folder):
    before = [*TRAINED]
    asked = ("--folds", "2", "--budget-minutes", "0.1", "--output", "short")
    done = run(audit_labels, "runs/set", *asked)
    assert done.returncode == 2
    assert "--budget-minutes 0.1" in done.stderr
    assert before == TRAINED
    assert not (folder / "short" / "audit.json").exists()


def test_another_process_that_writes_there_is_waited_for_by_nobody(folder):
    with sole_writer(folder / "other"):
        refused = run(audit_labels, "runs/set", "--output", "other")
    assert refused.returncode == 2
    assert "another process" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["nowhere"], "nowhere"),
        (["runs/set", "--folds", "1"], "--folds"),
        (["runs/set", "--output", "set/audit"], "where the images are"),
        (["runs/set", "--output", "set"], "where the images are"),
        (["runs/set", "--budget-minutes", "5"], "--folds"),
        (["runs/set", "--cluster", "tcp://127.0.0.1:9"], "--cluster is for --folds"),
        (["runs/set", "--convert", "voc"], "--apply"),
        (["runs/set", "--apply", "decisions.json"], "--convert"),
        (["runs/set", "--folds", "37", "--output", "many"], "--folds 37"),
    ],
)
def test_bad_usage_is_exit_2_with_a_sentence(folder, arguments, word):
    del folder
    done = run(audit_labels, *arguments)
    assert done.returncode == 2
    assert word in done.stderr


def test_decisions_make_a_corrected_copy(audited, folder):
    _, audit = audited
    (first, *_) = (each for each in audit.suspicions if each.kind == "missing")
    decided = {"split_sha256": audit.split_sha256, "accepted": [first.id]}
    (folder / "decisions.json").write_text(json.dumps({**decided, "schema_version": 1}))
    asked = ("--apply", "decisions.json", "--convert", "coco", "--output", "corrected")
    done = run(audit_labels, "runs/set", *asked)
    assert done.returncode == 0, done.stderr
    assert "1 correction" in done.stdout
