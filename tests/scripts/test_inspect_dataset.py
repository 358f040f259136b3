"""`inspect_dataset.py` as a person uses it."""

import hashlib
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from set_files import contents, write_coco_set
from voc_files import found_in, write_set, write_xml

from scripts.inspect_dataset import main

ROOT = Path(__file__).resolve().parents[2]
REAL = ROOT.parent / "shared" / "data"


@pytest.fixture
def run(monkeypatch, capsys):
    """Calls the script in a folder; gives its exit status and what it printed."""

    def call(*arguments, folder):
        monkeypatch.chdir(folder)
        status = main([str(each) for each in arguments])
        printed = capsys.readouterr()
        return SimpleNamespace(returncode=status, stdout=printed.out, stderr=printed.err)

    return call


def state(folder):
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_an_inspection_prints_and_writes_numbers_problems_and_a_picture(run, tmp_path):
    write_set(tmp_path / "mine", count=12)
    write_xml(tmp_path / "mine" / "im3.xml", [("cat", (5, 5, 5, 9)), ("dog", (1, 1, 9, 9))])
    before = state(tmp_path / "mine")
    done = run("mine", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    output = tmp_path / "runs" / "inspect-mine"
    numbers = json.loads((output / "inspection.json").read_text())
    assert (numbers["images"], numbers["boxes"]) == (12, 12)
    assert numbers["classes"]["cat"]["boxes"] == 11
    assert numbers["classes"]["cat"]["width_px"]["p50"] == 20
    assert numbers["boxes_by_size"] == {"small": 12, "medium": 0, "large": 0}
    named = "im3.xml, line 1: a box of cat has no area; left out"
    assert named in (output / "problems.txt").read_text().splitlines()
    assert named in done.stdout
    assert "12 images (0 without objects), 12 usable boxes" in done.stdout
    sheet = np.asarray(Image.open(output / "contact_sheet.png"))
    assert sheet.shape[1] == 4 * 400 + 5 * 8
    assert state(tmp_path / "mine") == before
    assert [path.name for path in output.parent.iterdir()] == ["inspect-mine"]


def test_a_second_inspection_replaces_the_first_but_nothing_else(run, tmp_path):
    write_set(tmp_path / "mine")
    assert run("mine", "--headers-only", folder=tmp_path).returncode == 0
    first = state(tmp_path / "runs")
    write_xml(tmp_path / "mine" / "im3.xml", [("dog", (1, 1, 9, 9))])
    assert run("mine", "--headers-only", folder=tmp_path).returncode == 0
    assert state(tmp_path / "runs") != first
    (tmp_path / "diary").mkdir()
    for folder in ("diary", "runs/inspect-mine"):
        (tmp_path / folder / "today.txt").write_text("precious")
        done = run("mine", "--output", folder, folder=tmp_path)
        assert done.returncode == 2
        assert "is no inspection" in done.stderr
        assert (tmp_path / folder / "today.txt").read_text() == "precious"


def test_a_set_the_main_job_would_refuse_can_still_be_inspected(run, tmp_path):
    write_coco_set(tmp_path / "few", [[("cat", (0, 0, 9, 9))]])
    done = run("few", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "the main job would refuse this set" in done.stdout


def test_a_set_is_converted_beside_and_read_again_equal(run, tmp_path):
    write_set(tmp_path / "mine")
    before = state(tmp_path / "mine")
    done = run("mine", "--convert", "yolo", "--output", "new", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "8 images and 8 boxes as yolo" in done.stdout
    found, again = found_in(tmp_path / "mine")[0], found_in(tmp_path / "new")[0]
    assert contents(again.splits) == contents(found.splits)
    assert state(tmp_path / "mine") == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "is not a folder"),
        (["empty"], "is empty"),
        (["mine", "--convert", "coco"], "--convert needs --output"),
        (["mine", "--convert", "coco", "--output", "mine/new"], "is where the images are"),
        (["mine", "--output", "mine"], "is where the images are"),
        (["mine", "--set", "dataset.split=1/2"], "three shares"),
        (["mine", "--set", "dataset.max_pixels=0"], "dataset.max_pixels must be"),
        (["mine", "--set", "dataset.merge=1"], "no setting 'dataset.merge'"),
        (["mine", "--format", "csv"], "has no CSV file"),
        (["mine", "--format", "coco"], "has no JSON file"),
    ],
)
def test_bad_usage_and_bad_input_are_exit_2_with_a_sentence(run, tmp_path, arguments, message):
    write_set(tmp_path / "mine")
    (tmp_path / "empty").mkdir()
    before = state(tmp_path)
    done = run(*arguments, folder=tmp_path)
    assert done.returncode == 2, done.stdout
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert state(tmp_path) == before


@pytest.mark.skipif(not REAL.is_dir(), reason="the real sets are not in ../shared/data")
@pytest.mark.parametrize(
    ("place", "images", "boxes", "problems"),
    [
        ("bccd/BCCD", 364, 4886, {"boxes without area, left out": 2}),
        ("cards/images", 363, 670, {}),
        ("cutlery", 40, 40, {}),
    ],
)
def test_the_real_sets_have_the_boxes_they_are_known_for(
    run, tmp_path, place, images, boxes, problems
):
    done = run(REAL / place, "--output", "found", "--headers-only", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    numbers = json.loads((tmp_path / "found" / "inspection.json").read_text())
    assert (numbers["images"], numbers["boxes"]) == (images, boxes)
    about_boxes = {k: n for k, n in numbers["problem_counts"].items() if k.startswith("boxes")}
    assert about_boxes == problems
    if place == "bccd/BCCD":
        named = [text for text in numbers["problems"] if "no area" in text]
        assert ["00338" in named[0], "00343" in named[1]] == [True, True]


@pytest.mark.skipif(not REAL.is_dir(), reason="the real sets are not in ../shared/data")
def test_xml_and_table_of_the_cards_give_equal_ground_truth():
    xml, table = (found_in(REAL / "cards" / "images", name)[0] for name in ("voc", "csv"))
    assert xml.classes == table.classes
    assert contents(xml.splits) == contents(table.splits)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real sets are not in ../shared/data")
@pytest.mark.parametrize("target", ["voc", "coco", "yolo"])
def test_bccd_is_the_same_set_in_every_format(run, tmp_path, target):
    bccd = REAL / "bccd" / "BCCD"
    done = run(bccd, "--convert", target, "--output", "new", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    found, again = found_in(bccd)[0], found_in(tmp_path / "new")[0]
    assert again.format == target
    assert again.classes == found.classes
    assert contents(again.splits) == contents(found.splits)


def test_a_broken_image_is_no_obstacle_to_a_fast_inspection(run, tmp_path):
    write_set(tmp_path / "mine")
    broken = tmp_path / "mine" / "im3.png"
    broken.write_bytes(broken.read_bytes()[:-200])
    for arguments, count in ((["--headers-only"], 8), ([], 7)):
        done = run("mine", *arguments, folder=tmp_path)
        assert done.returncode == 0, done.stderr
        assert f"{count} images" in done.stdout
