"""`export.py` with an untrained network: each form's boxes, and that the JSON alone gives them."""

import json
import re
from dataclasses import asdict

import numpy as np
import pytest
from PIL import Image

from datasets.annotations import Annotations
from pipelines.evaluation.coco_files.format import ground_truth_to_coco
from pipelines.evaluation.undefined import plain
from pipelines.postprocessing.calibration import Calibration, save_calibration
from pipelines.runs.metrics import DatasetSummary, Metrics, write_metrics
from pipelines.runs.model_folder import save_model_file
from pipelines.system.files import write_json
from pipelines.system.runtime import environment
from scripts.export import main

pytestmark = pytest.mark.tensorflow
CLASSES = ("cat", "dog")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run on twelve images of noise, its network as it was born but for bolder classes."""
    from models.yolo.network import build_network
    from models.yolo.settings import YoloSettings
    from pipelines.settings import RunSettings

    folder = tmp_path_factory.mktemp("export")
    random = np.random.default_rng(0)
    data = folder / "data"
    (data / "images").mkdir(parents=True)
    names, truth, rows = [], [], ["filename,class,left,top,width,height"]
    for number in range(12):
        name = f"images/{number}.png"
        pixels = random.integers(0, 256, (50 + number, 90, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(data / name)
        names.append(name)
        truth.append(Annotations([[5, 5, 40, 40]], [number % 2]))
        rows.append(f"{number}.png,{CLASSES[number % 2]},5,5,35,35")
    (data / "boxes.csv").write_text("\n".join(rows))
    settings = YoloSettings(width=4)
    network = build_network((64, 96), len(CLASSES), settings.width)
    for layer in network.layers:
        if layer.name.startswith("conv2d") and layer.use_bias and layer.filters == len(CLASSES):
            layer.bias.assign([-1.0, -2.0])
    home = folder / "run"
    model = home / "models" / "yolo"
    model.mkdir(parents=True)
    network.save_weights(model / "network.weights.h5")
    saved = {"classes": CLASSES, "input_hw": [64, 96], "limit": 100, "settings": asdict(settings)}
    write_json(model / "settings.json", {**saved, "parameters": 0, "multiply_adds": 0})
    save_model_file(model, "yolo", CLASSES, None)
    coco = plain(ground_truth_to_coco(truth[:4], CLASSES))
    coco["images"] = [
        {"id": n + 1, "file_name": names[n], "width": 90, "height": 50 + n} for n in range(4)
    ]
    write_json(home / "ground_truth.json", coco)
    point = {"threshold": 0.3, "chosen_on": "validation", "chosen_f1": 0.5}
    write_json(model / "operating_point.json", point)
    save_calibration(Calibration(1.5, -0.5), model)
    metrics = Metrics(
        dataset=DatasetSummary(name="data", format="csv", classes=CLASSES, splits={}),
        environment=environment(),
        settings=RunSettings(dataset=str(data)),
        pipelines={},
        comparison={},
    )
    write_metrics(home / "metrics.json", metrics)
    return home


def boxes_by_description(description, distances, logits, image_hw, small_hw):
    """The candidates as the JSON describes them, in the image's pixels, before NMS."""
    found = []
    row = 0
    height, width = description["input"]["shape"][1:3]
    for stride in description["strides"]:
        for y in range(height // stride):
            for x in range(width // stride):
                left, top, right, bottom = np.exp(distances[row]) * stride
                px, py = (x + 0.5) * stride, (y + 0.5) * stride
                box = np.array([px - left, py - top, px + right, py + bottom])
                box[0::2] /= small_hw[1] / image_hw[1]
                box[1::2] /= small_hw[0] / image_hw[0]
                box = np.clip(box, 0, [image_hw[1], image_hw[0]] * 2)
                for label, logit in enumerate(logits[row]):
                    found.append([*box, 1 / (1 + np.exp(-logit)), label])
                row += 1
    for output, rows in zip(description["outputs"], (distances, logits), strict=True):
        assert output["shape"][1:] == list(rows.shape)
        assert len(rows) == row
    return np.array(found)


def test_onnx_gives_the_same_boxes_and_its_description_is_enough(run, tmp_path, capsys):
    import cv2
    import onnxruntime

    from datasets.images import load_image
    from pipelines.export.network import opened
    from pipelines.runs.model_folder import open_model

    output = tmp_path / "out"
    assert main([str(run / "models" / "yolo"), "--to", "onnx", "--output", str(output)]) == 0
    least = re.search(r"match in both: least IoU ([\d.]+)", capsys.readouterr().out)
    assert 0.99 < float(least[1]) <= 1
    description = json.loads((output / "network.json").read_text())
    assert description["check"]["detections"] == description["check"]["matches"] > 50
    assert description["classes"] == list(CLASSES)
    assert description["threshold"]["score"] == 0.3
    # From here on nothing of ours but the JSON.
    image = load_image(run.parent / "data" / "images" / "3.png")
    height, width = description["input"]["shape"][1:3]
    scale = min(height / image.shape[0], width / image.shape[1])
    small = [
        min(max(1, round(side * scale)), most)
        for side, most in zip(image.shape[:2], (height, width), strict=True)
    ]
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    picture = np.full((1, height, width, 3), description["padding_value"], np.float32)
    picture[0, : small[0], : small[1]] = cv2.resize(image, small[::-1], interpolation=how)
    session = onnxruntime.InferenceSession(str(output / description["network"]))
    names = [output["name"] for output in description["outputs"]]
    distances, logits = session.run(names, {description["input"]["name"]: picture})
    _, original = opened(open_model(run / "models" / "yolo"))
    found = original.detect(image)
    candidates = boxes_by_description(description, distances[0], logits[0], image.shape[:2], small)
    for box, score, label in zip(found.boxes, found.scores, found.labels, strict=True):
        apart = np.abs(candidates - [*box, score, label]).max(axis=1)
        assert apart.min() < 0.01
    assert len(found) > 10
    lowest, scores = description["lowest_score"], found.scores
    slope, offset = (description["calibration"][name] for name in ("slope", "offset"))
    log_odds = slope * np.log(scores / (1 - scores)) + offset
    calibrated = original.calibrated(Calibration(1.5, -0.5)).detect(image).scores
    expected = lowest + (1 - lowest) / (1 + np.exp(-log_odds))
    np.testing.assert_allclose(calibrated, expected, atol=1e-9)


def test_litert_in_int8_prints_what_it_costs(run, tmp_path, capsys):
    model, output = str(run / "models" / "yolo"), tmp_path / "out"
    assert main([model, "--to", "litert", "--int8", "--output", str(output)]) == 0
    text = capsys.readouterr().out
    assert "map_50: " in text
    assert "difference " in text
    check = json.loads((output / "network.json").read_text())["check"]
    assert set(check) == {"images", "exported", "original", "exported_minus_original"}
    assert set(check["exported_minus_original"]) == {"map_50", "map_50_95"}
    whole = (run / "models" / "yolo" / "network.weights.h5").stat().st_size
    assert (output / "network.tflite").stat().st_size < 0.6 * whole


def test_a_network_that_answers_otherwise_is_not_left(run, tmp_path, monkeypatch, capsys):
    from pipelines.export import network as exporting

    def write(network, form, path, calibration=None):
        path.write_bytes(b"a file")

    def forward(form, path, threads):
        return lambda picture: np.zeros((126, 6), np.float32)

    monkeypatch.setattr(exporting, "write_network", write)
    monkeypatch.setattr(exporting, "exported_forward", forward)
    output = tmp_path / "out"
    assert main([str(run / "models" / "yolo"), "--to", "litert", "--output", str(output)]) == 1
    assert "gives other boxes" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_what_fails_in_keras_is_reported_with_its_version(run, tmp_path, monkeypatch, capsys):
    import keras

    def export(self, *arguments, **more):
        raise RuntimeError("no such thing")

    monkeypatch.setattr(keras.Model, "export", export)
    assert (
        main([str(run / "models" / "yolo"), "--to", "onnx", "--output", str(tmp_path / "o")]) == 2
    )
    message = capsys.readouterr().err
    assert f"Keras {keras.__version__} failed (RuntimeError: no such thing)" in message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["yolo", "--to", "onnx", "--int8"], "--int8 is a form of LiteRT's"),
        (["yolo", "--to", "litert", "--int8", "--dataset", "gone"], "needs training images"),
        (["yolo", "--to", "litert", "--output", "mine"], "is no export"),
        (["yolo", "--to", "litert", "--output", "mine", "--overwrite"], "is no export"),
        (["classical", "--to", "litert"], "has no network to export"),
        (["..", "--to", "litert"], "holds no trained detector"),
    ],
)
def test_what_can_not_be_exported_is_exit_2_with_a_sentence(
    run, tmp_path, monkeypatch, capsys, arguments, message
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "network.json").write_text('"precious"')
    classical = run / "models" / "classical"
    classical.mkdir(exist_ok=True)
    save_model_file(classical, "classical", CLASSES, None)
    assert main([str(run / "models" / arguments[0]), *arguments[1:]]) == 2
    assert message in capsys.readouterr().err
    assert [path.name for path in tmp_path.rglob("*")] == ["mine", "network.json"]
