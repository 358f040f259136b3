"""The command that scores other tools' files."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from voc_files import write_set

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.coco_files.format import ground_truth_to_coco
from pipelines.evaluation.coco_files.own_detections import detections_to_coco
from pipelines.evaluation.undefined import plain
from pipelines.runs.finished import open_run
from scripts.evaluate_detections import main

ROOT = Path(__file__).resolve().parents[2]
CLASSES = ("cat", "dog")


@pytest.fixture
def files(tmp_path):
    """A ground truth, a good and a bad tool's results, and one that means corners."""
    random = np.random.default_rng(0)
    truths, good, bad = [], [], []
    for _ in range(12):
        corners = random.uniform(0, 200, (5, 2))
        boxes = np.hstack([corners, corners + random.uniform(20, 80, (5, 2))])
        truths.append(Annotations(boxes, random.integers(0, 2, 5)))
        scores = random.random(5)
        good.append(Detections(boxes, scores, truths[-1].labels))
        bad.append(Detections(boxes[:2] + 7, scores[:2], truths[-1].labels[:2]))
    (tmp_path / "gt.json").write_text(json.dumps(plain(ground_truth_to_coco(truths, CLASSES))))
    for name, found in (("good", good), ("bad", bad)):
        (tmp_path / f"{name}.json").write_text(json.dumps(plain(detections_to_coco(found))))
    rows = plain(detections_to_coco(good))
    for row in rows:
        row["bbox"] = [*row["bbox"][:2], *np.add(row["bbox"][:2], row["bbox"][2:])]
    (tmp_path / "corners.json").write_text(json.dumps(rows))
    return tmp_path


def score(files, *more, detections=("good=good.json",), output="out"):
    named = [
        f"{name}={files / path}" for name, _, path in (text.partition("=") for text in detections)
    ]
    return main(
        [
            *("--ground-truth", str(files / "gt.json"), "--detections", *named),
            *("--output", str(files / output), *more),
        ]
    )


def test_files_are_scored_in_the_shape_of_a_run(files, capsys):
    assert score(files, "--iou", "0.3", detections=("good=good.json", "bad=bad.json")) == 0
    run = open_run(files / "out")
    good, bad = (run.metrics.pipelines[name] for name in ("good", "bad"))
    assert good.quality.map_50 == good.quality.at_iou.map == 1.0
    assert bad.quality.map_50 < 0.6
    assert good.latency_ms is None
    assert run.metrics.comparison["good_minus_bad"]["map_30"].verdict == "better"
    assert run.metrics.dataset.classes == CLASSES
    assert run.metrics.scoring.iou == 0.3
    assert "good against bad" in " ".join(capsys.readouterr().out.split())


def test_inclusive_corners_are_a_choice(files):
    assert score(files, "--inclusive-pixels", detections=("bad=bad.json",)) == 0
    assert score(files, detections=("bad=bad.json",), output="other") == 0
    wide, narrow = (
        open_run(files / name).metrics.pipelines["bad"].quality for name in ("out", "other")
    )
    assert wide.map_50_95 > narrow.map_50_95


@pytest.mark.parametrize(
    ("detections", "more", "word"),
    [
        (("good=missing.json",), (), "missing.json: can't be read"),
        (("good=corners.json",), (), "left, top, right, bottom"),
        (("good=good.json", "good=bad.json"), (), "is taken"),
        (("../good=good.json",), (), "NAME=FILE"),
        (("good=gt.json",), (), "image_id, category_id, bbox and score"),
        (("good=good.json",), ("--iou", "1.5"), "--iou must be"),
        (("good=good.json",), ("--seed", "-1"), "--seed must be"),
    ],
)
def test_bad_input_is_exit_2_with_a_sentence_and_no_folder(files, capsys, detections, more, word):
    assert score(files, *more, detections=detections) == 2
    assert word in capsys.readouterr().err
    assert not (files / "out").exists()


def test_results_are_not_overwritten_unasked(files, capsys):
    assert score(files) == 0
    assert score(files) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert score(files, "--overwrite") == 0


def test_images_without_detections_are_noted(files, capsys):
    (files / "few.json").write_text(json.dumps(json.loads((files / "good.json").read_text())[:25]))
    assert score(files, detections=("few=few.json",)) == 0
    assert "has no detection in 7 of 12 images" in " ".join(capsys.readouterr().err.split())


def test_it_loads_no_framework(files):
    code = (
        "import sys; sys.argv = ['x', '--ground-truth', 'gt.json', '--detections', 'a=good.json',"
        "'--output', 'out']; import runpy\n"
        f"try: runpy.run_path({str(ROOT / 'scripts' / 'evaluate_detections.py')!r},"
        " run_name='__main__')\n"
        "except SystemExit as done: assert done.code == 0\n"
        "print(sorted({'tensorflow', 'keras', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, cwd=files, capture_output=True, text=True
    )
    assert done.stdout.strip().endswith("[]"), done.stderr


def test_the_example_for_an_own_detector_runs(tmp_path):
    folder = write_set(tmp_path, 40, [("cat", (16, 11, 45, 30))])
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts/evaluate_own_detector.py"), str(folder)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("mAP@.50 1.000")


@pytest.mark.parametrize("layout", ["a.jpg", "images/a.jpg", "train2017/a.jpg"])
@pytest.mark.parametrize("place", ["set/annotations/gt.json", "set/gt.json"])
def test_nothing_is_written_into_a_set_whose_ground_truth_is_used(files, capsys, layout, place):
    path, image = files / place, files / "set" / layout
    for each in (path, image):
        each.parent.mkdir(parents=True, exist_ok=True)
        each.touch()
    truth = json.loads((files / "gt.json").read_text())
    truth["images"][0]["file_name"] = "a.jpg"
    path.write_text(json.dumps(truth))
    given = ("--ground-truth", str(path), "--detections", f"good={files / 'good.json'}")
    for output, status in (("set/out", 2), ("set", 2), ("out", 0)):
        assert main([*given, "--output", str(files / output)]) == status
    assert "where the images are" in capsys.readouterr().err
    assert sorted(each.name for each in (files / "set").iterdir()) == sorted(
        {Path(layout).parts[0], Path(place).parts[1]}
    )
