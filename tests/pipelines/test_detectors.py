"""One contract for every detector, on both pipelines."""

import json
import shutil

import numpy as np
import PIL.Image
import pytest

from datasets.annotations import Annotations, LabelledImage
from pipelines.detections import BatchDetector, Detections, Detector, StagedDetector, run_stages
from pipelines.postprocessing.calibration import CalibratedDetector, Calibration, save_calibration
from pipelines.system.loading import LoadingError

RANDOM = np.random.default_rng(0)
IMAGES = {
    "noise": RANDOM.integers(0, 256, (120, 160, 3), dtype=np.uint8),
    "blank": np.zeros((120, 160, 3), np.uint8),
    "one pixel high": RANDOM.integers(0, 256, (1, 160, 3), dtype=np.uint8),
    "one pixel wide": RANDOM.integers(0, 256, (160, 1, 3), dtype=np.uint8),
    "one pixel": np.full((1, 1, 3), 7, np.uint8),
    "large": RANDOM.integers(0, 256, (900, 1200, 3), dtype=np.uint8),
    "a strip": RANDOM.integers(0, 256, (20, 1500, 3), dtype=np.uint8),
}


@pytest.fixture(scope="module")
def yolo_folder(tmp_path_factory, simple_blocks):
    """A network as it was born, which finds something everywhere."""
    from models.yolo.network import build_network
    from models.yolo.settings import YoloSettings
    from pipelines.yolo.storage import save_yolo

    folder, classes = tmp_path_factory.mktemp("yolo"), ("cat", "dog")
    network = build_network((64, 64), len(classes), width=2)
    save_yolo(network, classes, YoloSettings(width=2), 100, folder)
    return folder


def load(name, request):
    if name == "classical":
        from pipelines.classical.storage import load_classical

        return load_classical(request.getfixturevalue("classical_folder"), threads=2)
    from pipelines.yolo.storage import load_yolo

    return load_yolo(request.getfixturevalue("yolo_folder"), threads=2)


@pytest.fixture(
    scope="module",
    params=["classical", pytest.param("yolo", marks=pytest.mark.tensorflow)],
)
def detector(request):
    return load(request.param, request)


@pytest.fixture(scope="module")
def again(request, detector):
    """The same detector, loaded a second time."""
    name = "classical" if type(detector).__name__ == "ClassicalDetector" else "yolo"
    return load(name, request)


@pytest.mark.parametrize("name", IMAGES)
def test_answers_have_their_shapes_and_lie_inside_the_image(detector, name):
    image = IMAGES[name]
    found = detector.detect(image)
    assert isinstance(found, Detections)
    assert found.boxes.shape == (len(found), 4)
    assert found.boxes.dtype == found.scores.dtype == np.float64
    assert found.labels.dtype == np.int64
    assert np.isfinite(found.boxes).all()
    height, width = image.shape[:2]
    assert (found.boxes[:, :2] >= 0).all()
    assert (found.boxes[:, 2:] <= [width, height]).all()
    assert (found.boxes[:, 2:] > found.boxes[:, :2]).all()
    assert ((found.labels >= 0) & (found.labels < len(detector.classes))).all()
    assert (np.diff(found.scores) <= 0).all()
    assert ((found.scores >= 0.001) & (found.scores <= 1)).all()


def test_the_image_is_left_as_it_was(detector):
    image = IMAGES["noise"].copy()
    detector.detect(image)
    np.testing.assert_array_equal(image, IMAGES["noise"])


def test_a_read_only_image_is_enough(detector):
    image = IMAGES["noise"].copy()
    image.flags.writeable = False
    detector.detect(image)


@pytest.mark.parametrize("name", ["noise", "large"])
def test_the_same_image_gives_the_same_answer_also_after_loading_again(detector, again, name):
    first = detector.detect(IMAGES[name])
    for second in (detector.detect(IMAGES[name]), again.detect(IMAGES[name])):
        np.testing.assert_array_equal(first.boxes, second.boxes)
        np.testing.assert_array_equal(first.scores, second.scores)
        np.testing.assert_array_equal(first.labels, second.labels)


def test_detect_is_the_composition_of_its_stages(detector):
    assert isinstance(detector, Detector)
    assert isinstance(detector, StagedDetector)
    seen = []
    staged = run_stages(detector.stages, IMAGES["noise"], after=seen.append)
    assert seen == [stage.name for stage in detector.stages]
    np.testing.assert_array_equal(staged.boxes, detector.detect(IMAGES["noise"]).boxes)


def test_a_batch_gives_what_its_images_give(detector):
    if not isinstance(detector, BatchDetector):
        pytest.skip("it takes one image at a time")
    names = ["noise", "one pixel high", "large"]
    for name, found in zip(names, detector.detect_batch([IMAGES[n] for n in names]), strict=True):
        alone = detector.detect(IMAGES[name])
        np.testing.assert_array_equal(found.boxes, alone.boxes)
        np.testing.assert_array_equal(found.scores, alone.scores)


def test_its_last_step_calibrates_scores_and_changes_nothing_else(detector):
    assert isinstance(detector, CalibratedDetector)
    calibration = Calibration(0.5, -1.0)
    plain, calibrated = detector, detector.calibrated(calibration)
    before, after = (each.detect(IMAGES["large"]) for each in (plain, calibrated))
    assert len(after) > 0
    np.testing.assert_array_equal(after.boxes, before.boxes)
    np.testing.assert_array_equal(after.labels, before.labels)
    np.testing.assert_array_equal(after.scores, calibration.of(before.scores))
    np.testing.assert_array_equal(
        calibrated.detect_batch([IMAGES["large"]])[0].scores, after.scores
    )


def test_a_detector_s_folder_has_its_calibration(classical_folder, tmp_path):
    from pipelines.classical.storage import load_classical

    folder = tmp_path / "model"
    shutil.copytree(classical_folder, folder)
    assert not load_classical(folder).calibration.changes
    save_calibration(Calibration(2.0, 1.0), folder)
    assert load_classical(folder).calibration == Calibration(2.0, 1.0)


def test_a_saved_detector_has_no_pickle(classical_folder):
    with np.load(classical_folder / "arrays.npz", allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays)
    assert {path.suffix for path in classical_folder.iterdir()} == {".npz", ".json"}


def test_a_classical_folder_of_another_version_is_refused(classical_folder, tmp_path):
    from pipelines.classical.storage import load_classical

    folder = tmp_path / "model"
    shutil.copytree(classical_folder, folder)
    description = json.loads((folder / "settings.json").read_text())
    assert load_classical(folder).settings.window_shapes == 4
    for broken in (
        {key: value for key, value in description.items() if key != "templates"},
        {**description, "limit": "many"},
    ):
        (folder / "settings.json").write_text(json.dumps(broken))
        with pytest.raises(LoadingError, match="train it again"):
            load_classical(folder)


def test_each_classical_detection_knows_whether_grabcut_proposed_it(request):
    classical = load("classical", request)
    refined = []
    found = run_stages(
        classical.stages,
        IMAGES["large"],
        look=lambda stage, output: refined.append(output) if stage == "regression" else None,
    )
    assert len(found.from_grabcut) == len(found) > 0
    for score, label, flag in zip(found.scores, found.labels, found.from_grabcut, strict=True):
        same = (refined[0].scores == score) & (refined[0].labels == label)
        assert flag in refined[0].from_grabcut[same]


def test_grabcut_sources_belong_to_the_same_detections(request, tmp_path):
    from pipelines.benchmark.detect import detect_with_reaches

    classical = load("classical", request)
    path = tmp_path / "large.png"
    PIL.Image.fromarray(IMAGES["large"]).save(path)
    height, width = IMAGES["large"].shape[:2]
    image = LabelledImage("large.png", path, width, height, Annotations([[0, 0, 9, 9]], [0]))
    found, reaches = detect_with_reaches(classical, image)
    np.testing.assert_array_equal(found.boxes, classical.detect(IMAGES["large"]).boxes)
    assert len(found.from_grabcut) == len(found)
    assert list(reaches) == ["proposals", "classifier", "regression", "nms"]
    assert [reach.named for reach in reaches.values()] == [False, True, True, True]
