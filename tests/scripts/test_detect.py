"""`detect.py` with a detector of bright spots: what is written, refused, left alone."""

import csv
import hashlib
import json
import signal
import time

import cv2
import numpy as np
import pytest
from captures import Capture
from PIL import Image

from pipelines.detections import Detections
from pipelines.runs.model_folder import save_model_file
from scripts.detect import main

CLASSES = ("cat", "=dog")


class BrightSpot:
    """Finds the one bright rectangle of an image, twice: surely and hardly."""

    def detect(self, image):
        rows, columns = np.nonzero(image[..., 0] > 128)
        if not len(rows):
            return Detections()
        box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        return Detections([box, box], [0.9, 0.2], [1, 0])


@pytest.fixture
def model(tmp_path, monkeypatch):
    folder = tmp_path / "run" / "models" / "classical"
    folder.mkdir(parents=True)
    save_model_file(folder, "classical", CLASSES, None)
    point = {"threshold": 0.5, "chosen_on": "validation", "chosen_f1": 0.8}
    (folder / "operating_point.json").write_text(json.dumps(point))
    monkeypatch.setattr(
        "pipelines.classical.storage.load_classical", lambda path, threads: BrightSpot()
    )
    monkeypatch.chdir(tmp_path)
    return folder


def spot(x, y, size=(80, 60)):
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    pixels[y : y + 20, x : x + 30] = 255
    return pixels


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    (folder / "deep").mkdir(parents=True)
    Image.fromarray(spot(10, 5)).save(folder / "a.png")
    Image.fromarray(spot(40, 30)).save(folder / "deep" / "a.png")
    Image.fromarray(np.zeros((60, 80, 3), np.uint8)).save(folder / "empty.png")
    (folder / "broken.jpg").write_bytes(b"no image")
    return folder


def state(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def run(model, *more):
    return main([str(model), *map(str, more)])


def test_pictures_results_and_what_could_not_be_read_are_left(model, photos, tmp_path, capsys):
    before = state(photos)
    assert run(model, photos) == 0
    output = tmp_path / "runs" / "detect-photos"
    coco = json.loads((output / "detections.json").read_text())
    assert [image["file_name"] for image in coco["images"]] == ["a.png", "deep/a.png", "empty.png"]
    assert coco["categories"][1] == {"id": 2, "name": "=dog"}
    assert [(row["image_id"], row["bbox"]) for row in coco["annotations"]] == [
        (1, [10, 5, 30, 20]),
        (2, [40, 30, 30, 20]),
    ]
    assert {row["score"] for row in coco["annotations"]} == {0.9}
    assert sorted(p.name for p in (output / "annotated").iterdir()) == [
        *("a.jpg", "deep__a.jpg", "empty.jpg")
    ]
    drawn = np.asarray(Image.open(output / "annotated" / "a.jpg"))
    assert drawn.shape == (60, 80, 3)
    assert np.ptp(drawn[10:24, 9:13].astype(int), axis=2).max() > 60  # the left edge is coloured
    printed = capsys.readouterr()
    assert "1 could not be read" in printed.out
    assert "broken.jpg" in printed.out
    assert "score from 0.5" in printed.err
    assert state(photos) == before
    assert [path.name for path in output.parent.iterdir()] == ["detect-photos"]


def test_the_evaluator_reads_the_results(model, photos, tmp_path):
    from pipelines.evaluation.coco_files.results import read_ground_truth, read_rows
    from pipelines.evaluation.coco_files.rows import as_detections

    assert run(model, photos, "--no-draw", "--output", "out") == 0
    images = [{"id": 7, "file_name": "deep/a.png"}, {"id": 9, "file_name": "a.png"}]
    classes = [{"id": 1, "name": "cat"}, {"id": 2, "name": "=dog"}]
    empty = {"images": images, "annotations": [], "categories": classes}
    (tmp_path / "truth.json").write_text(json.dumps(empty))
    truth = read_ground_truth(tmp_path / "truth.json")
    coco = json.loads((tmp_path / "out" / "detections.json").read_text())
    coco["images"] = coco["images"][:2]
    (tmp_path / "two.json").write_text(json.dumps(coco))
    deep, top = as_detections(read_rows(tmp_path / "two.json", truth), 2)
    np.testing.assert_array_equal(deep.boxes, [[40, 30, 70, 50]])
    np.testing.assert_array_equal(top.boxes, [[10, 5, 40, 25]])
    assert not (tmp_path / "out" / "annotated").exists()


def test_a_table_has_a_row_a_detection(model, photos, tmp_path):
    assert run(model, photos, "--format", "csv", "--threshold", "0.1", "--output", "out") == 0
    with (tmp_path / "out" / "detections.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(r["filename"], r["class"], float(r["score"])) for r in rows] == [
        *(("a.png", "=dog", 0.9), ("a.png", "cat", 0.2)),
        *(("deep/a.png", "=dog", 0.9), ("deep/a.png", "cat", 0.2)),
    ]
    assert [float(rows[0][side]) for side in ("left", "top", "width", "height")] == [10, 5, 30, 20]


def test_a_video_is_drawn_as_one_with_its_frames_in_order(model, tmp_path):
    path = tmp_path / "clip.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 5.0, (80, 64))
    for number in range(12):
        writer.write(spot(4 * number, 20, (80, 64)))
    writer.release()
    assert run(model, path, "--output", "out") == 0
    coco = json.loads((tmp_path / "out" / "detections.json").read_text())
    assert [image["frame"] for image in coco["images"]] == list(range(1, 13))
    assert coco["images"][5]["seconds"] == pytest.approx(1.0)
    lefts = [row["bbox"][0] for row in coco["annotations"]]
    np.testing.assert_allclose(lefts, 4 * np.arange(12), atol=2)
    video = cv2.VideoCapture(str(tmp_path / "out" / "annotated" / "clip.mp4"))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == 12
    assert video.get(cv2.CAP_PROP_FPS) == 5
    video.release()


def test_results_are_replaced_only_when_asked_and_nothing_else_ever(model, photos, tmp_path):
    assert run(model, photos, "--output", "out") == 0
    before = state(tmp_path / "out")
    assert run(model, photos, "--output", "out") == 2
    assert state(tmp_path / "out") == before
    assert run(model, photos, "--output", "out", "--no-draw", "--overwrite") == 0
    assert not (tmp_path / "out" / "annotated").exists()
    (tmp_path / "diary").mkdir()
    (tmp_path / "diary" / "summary.json").write_text("{}")
    assert run(model, photos, "--output", "diary", "--overwrite") == 2
    assert state(tmp_path / "diary").keys() == {"summary.json"}


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["photos", "--output", "photos/out"], "where the images are"),
        (["photos/a.png", "--output", "photos"], "is where the images are"),
        (["nowhere"], "nowhere: is not there"),
        (["photos/broken.jpg"], "could be read"),
        (["photos", "--threshold", "nan"], "--threshold must be"),
        (["photos", "--max-pixels", "0"], "--max-pixels must be"),
    ],
)
def test_bad_usage_and_bad_input_are_exit_2_with_a_sentence(
    model, photos, tmp_path, capsys, arguments, word
):
    before = state(tmp_path)
    assert run(model, *arguments) == 2
    assert word in capsys.readouterr().err
    assert state(tmp_path) == before


def test_a_folder_that_is_no_model_is_refused(model, photos, tmp_path, capsys):
    assert run(tmp_path / "photos", "photos") == 2
    assert "holds no trained detector" in capsys.readouterr().err


def test_a_model_of_no_known_contender_is_refused(model, photos, capsys):
    save_model_file(model, "oracle", CLASSES, None)
    assert run(model, "photos") == 2
    assert "oracle" in capsys.readouterr().err


def test_a_broken_model_is_refused_with_a_sentence(model, photos, monkeypatch, capsys):
    def load(path, threads):
        raise OSError("arrays.npz is cut off")

    monkeypatch.setattr("pipelines.classical.storage.load_classical", load)
    assert run(model, "photos") == 2
    assert "can't be loaded (arrays.npz is cut off)" in capsys.readouterr().err


def test_a_camera_is_detected_in_until_ctrl_c_which_keeps_what_was_found(
    model, tmp_path, monkeypatch, capsys
):
    def before(number):
        if number == 8:
            signal.raise_signal(signal.SIGINT)
        time.sleep(0.05)

    monkeypatch.setattr("pipelines.inference.live.cv2.VideoCapture", Capture(10**6, before))
    assert run(model, "0") == 0
    output = tmp_path / "runs" / "detect-camera-0"
    images = json.loads((output / "detections.json").read_text())["images"]
    assert images[0]["file_name"].startswith("camera-0#0000")
    assert (output / "annotated" / "camera-0.mp4").stat().st_size > 0
    assert "camera-0: Ctrl-C stops it and keeps what was found" in capsys.readouterr().err
    summary = json.loads((output / "summary.json").read_text())
    assert summary["pictures"] + summary["passed_over"] == images[-1]["frame"]


def test_an_address_leaves_no_password_and_refuses_where_nothing_comes(
    model, tmp_path, monkeypatch, capsys
):
    address = "rtsp://me:secret@host.example:554/cam?token=secret"
    monkeypatch.setattr("pipelines.inference.live.cv2.VideoCapture", Capture(0))
    assert run(model, address) == 2
    assert "host.example/cam: no picture came" in capsys.readouterr().err
    monkeypatch.setattr("pipelines.inference.live.cv2.VideoCapture", Capture(2))
    assert run(model, address, "--no-draw") == 0
    written = [path for path in (tmp_path / "runs").rglob("*") if path.is_file()]
    assert written
    printed = capsys.readouterr()
    texts = [printed.out, printed.err, *(path.read_text() for path in written), *map(str, written)]
    assert not any("secret" in text for text in texts)


def test_a_cluster_leaves_what_this_machine_leaves(model, photos, tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr("pipelines.inference.on_cluster.CHUNK", 2)
    assert run(model, photos, "--output", tmp_path / "here") == 0
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=":0"
    ) as cluster:
        address = ("--cluster", cluster.scheduler_address)
        assert run(model, photos, "--output", tmp_path / "there", *address) == 0
    here, there = state(tmp_path / "here"), state(tmp_path / "there")
    assert here.keys() == there.keys()
    assert len(here) == 5  # three pictures, results, summary
    summary = json.loads((tmp_path / "there" / "summary.json").read_text())
    assert summary["device"] == "2 workers of a cluster"
    assert len(summary["unreadable"]) == 1
    del here["summary.json"], there["summary.json"]  # which have times
    assert here == there


def test_videos_are_not_for_a_cluster(model, tmp_path, capsys):
    (tmp_path / "clip.mp4").touch()
    assert run(model, tmp_path / "clip.mp4", "--cluster", "tcp://127.0.0.1:9") == 2
    assert "--cluster is for images" in capsys.readouterr().err
