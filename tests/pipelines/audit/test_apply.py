import csv
import hashlib
from pathlib import Path

import msgspec
import pytest
import toy_contender
from toy_audit import audited
from toy_competition import compare, competing, row

from datasets.annotations import Annotations, Dataset, LabelledImage
from datasets.errors import UserError
from datasets.progress import silently
from datasets.reading import read_dataset
from datasets.settings import DatasetSettings
from pipelines.audit.apply import CHANGES, apply_decisions, corrected_set
from pipelines.audit.correction import corrected
from pipelines.audit.suspicion import Decisions
from pipelines.runs.metrics import METRICS, read_metrics


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    return audited(tmp_path_factory.mktemp("audited"))


@pytest.fixture
def decide(given, tmp_path):
    """Write a file of decisions and return where it is."""

    def write(accepted, rejected=(), sha=given.audit.split_sha256):
        path = tmp_path / "decisions.json"
        path.write_bytes(msgspec.json.encode(Decisions(sha, tuple(accepted), tuple(rejected))))
        return path

    return write


def state(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def labels(dataset):
    """By split, the labels of each image by its pixels, which keep through any conversion."""
    return {
        split: {
            hashlib.sha256(image.path.read_bytes()).hexdigest(): (
                image.annotations.boxes.tolist(),
                image.annotations.labels.tolist(),
                image.annotations.ignore.tolist(),
            )
            for image in images
        }
        for split, images in dataset.splits.items()
        if images
    }


def expected(given, accepted):
    """The labels there were, with what was accepted corrected, split for split."""
    wanted = labels(given.dataset)
    for each in given.audit.suspicions:
        if each.id in accepted:
            image = given.dataset.splits[each.split][each.image]
            key = hashlib.sha256(image.path.read_bytes()).hexdigest()
            size = image.width_px, image.height_px
            new = corrected(image.annotations, [each], size)
            columns = new.boxes.tolist(), new.labels.tolist(), new.ignore.tolist()
            wanted[each.split][key] = columns
    return wanted


@pytest.mark.parametrize("form", ["voc", "coco", "yolo"])
def test_the_copy_is_the_whole_set_with_what_was_accepted_corrected(given, decide, tmp_path, form):
    before = state(given.data), state(given.run.folder)
    ids = [each.id for each in given.audit.suspicions]
    accepted, rejected = ids[:5], ids[5:]
    done = apply_decisions(given.run, decide(accepted, rejected), form, tmp_path / "new")
    again = read_dataset(tmp_path / "new", "auto", silently, DatasetSettings())
    assert again.format == form
    assert again.classes == given.dataset.classes
    assert labels(again) == expected(given, accepted)
    assert labels(again) != labels(given.dataset)
    assert done.images == sum(map(len, again.splits.values())) == 30
    assert done.boxes == 3 * 30 + 1 - 2
    assert not [problem for problem in again.problems if CHANGES in str(problem)]
    assert (state(given.data), state(given.run.folder)) == before


def test_the_copy_runs_through_the_main_job_on_the_same_test_images(given, decide, tmp_path):
    accepted = [each.id for each in given.audit.suspicions]
    done = apply_decisions(given.run, decide(accepted), "coco", tmp_path / "set")
    with competing(tmp_path, [row("toy", toy_contender.train, toy_contender.load)]):
        ran = compare("again", names=["toy"])
    assert ran.returncode == 0, ran.stderr
    summary = read_metrics(tmp_path / "again" / METRICS).dataset
    assert sum(size.boxes for size in summary.splits.values()) == done.boxes
    before = given.run.metrics.dataset
    assert {name: size.images for name, size in summary.splits.items()} == {
        name: size.images for name, size in before.splits.items()
    }
    assert summary.split_sha256 != before.split_sha256


def test_every_change_is_listed(given, decide, tmp_path):
    accepted = [each.id for each in given.audit.suspicions]
    done = apply_decisions(given.run, decide(accepted), "coco", tmp_path / "new")
    with (tmp_path / "new" / CHANGES).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["id"] for row in rows] == accepted
    assert [row["image"] for row in rows] == [each.file for each in given.audit.suspicions]
    assert len(done.changes) == len(accepted)
    for said, each in zip(done.changes, given.audit.suspicions, strict=True):
        assert said.startswith(f"{each.file}: ")
    assert done.effect.basis == "accepted"
    assert done.effect.suspicions == 4  # the others are of validation


def of_names(**splits):
    """A set of images of those names by split, ``loose`` for none, without labels."""
    images = {
        "" if split == "loose" else split: tuple(
            LabelledImage(name, Path(name), 9, 9, Annotations()) for name in names
        )
        for split, names in splits.items()
    }
    return Dataset("toys", "voc", ("cat",), images)


@pytest.mark.parametrize(
    ("whole", "run", "copy"),
    [
        (  # drawn: what a limit left out counts as training images, whatever it would have been
            {"loose": "abcd"},
            {"train": "a", "val": "b", "test": "c"},
            {"train": "a", "val": "b", "test": "c", "": "d"},
        ),
        (  # its own: they stay
            {"train": "a", "val": "be", "test": "cd"},
            {"train": "a", "val": "b", "test": "c"},
            {"train": "a", "val": "be", "test": "cd"},
        ),
        (  # its val split was the test split, and val was drawn: d may not be chosen on
            {"train": "abx", "val": "cd"},
            {"train": "a", "val": "b", "test": "c"},
            {"train": "ax", "val": "b", "test": "c", "": "d"},
        ),
    ],
)
def test_images_stay_in_the_split_that_the_run_had_them_in(whole, run, copy):
    made = corrected_set(of_names(**whole), of_names(**run), ())
    found = {split: "".join(each.name for each in made.splits[split]) for split in made.splits}
    assert found == copy


@pytest.mark.parametrize(
    ("accepted", "sha", "output", "words"),
    [
        (["missing-test-0"], "other", "new", "another set"),
        (["who"], None, "new", "does not suspect"),
        ([], None, "new", "nothing to correct"),
        (["missing-test-0"], None, "full", "choose another --output"),
        (["missing-test-0"], None, "set/new", "is where the images are"),
    ],
)
def test_nothing_is_written_where_it_may_not_be(
    given, decide, tmp_path, accepted, sha, output, words
):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "diary.txt").write_text("precious")
    place = given.data / "new" if output.startswith("set") else tmp_path / output
    path = decide(accepted, sha=sha or given.audit.split_sha256)
    before = state(given.data), state(tmp_path)
    with pytest.raises(UserError) as refused:
        apply_decisions(given.run, path, "voc", place)
    assert words in str(refused.value)
    assert (state(given.data), state(tmp_path)) == before
    assert sorted(each.name for each in tmp_path.iterdir()) == ["decisions.json", "full"]


def test_a_set_that_has_changed_since_is_refused(tmp_path):
    given = audited(tmp_path)
    path = tmp_path / "decisions.json"
    decisions = Decisions(given.audit.split_sha256, ("missing-test-0",))
    path.write_bytes(msgspec.json.encode(decisions))
    annotation = given.dataset.splits["train"][0].path.with_suffix(".xml")
    annotation.write_text(annotation.read_text().replace("cat", "dog", 1))
    with pytest.raises(UserError, match="is not as it was"):
        apply_decisions(given.run, path, "voc", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_run_without_an_audit_says_how_to_make_one(given, decide, tmp_path):
    path = decide(["missing-test-0"])
    with pytest.raises(UserError, match=r"scripts/audit_labels.py .* makes one"):
        apply_decisions(given.run, path, "voc", tmp_path / "new", audit_folder=tmp_path)


def test_the_figures_of_the_run_stay_as_they_are(given, decide, tmp_path):
    before = (given.run.folder / METRICS).read_bytes()
    apply_decisions(given.run, decide(["missing-test-0"]), "yolo", tmp_path / "new")
    assert (given.run.folder / METRICS).read_bytes() == before
