import numpy as np
import pytest

from datasets.progress import silently
from models.yolo.schedule import TrainingLength
from models.yolo.settings import YoloSettings

pytestmark = [pytest.mark.tensorflow, pytest.mark.slow]


def test_eight_sample_images_are_learnt_by_heart(sample_dataset, tmp_path):
    from datasets.images import load_image
    from pipelines.evaluation.quality import score
    from pipelines.yolo.storage import load_yolo
    from pipelines.yolo.training import train_yolo

    eight = sample_dataset.splits["train"][:8]
    settings = YoloSettings(augment=False, updates=450, validations=1)
    train_yolo(
        eight,
        eight,
        sample_dataset.classes,
        settings,
        (224, 224),
        TrainingLength(),
        0,
        tmp_path,
        silently,
    )
    detector = load_yolo(tmp_path, threads=2)
    found = [detector.detect(load_image(image.path)) for image in eight]
    quality = score([image.annotations for image in eight], found, sample_dataset.classes)
    assert quality.map_50 > 0.95


def test_a_loss_that_is_not_finite_stops_training_with_a_sentence(sample_dataset, monkeypatch):
    from models.errors import TrainingError
    from models.yolo.checkpoint import Checkpoint
    from models.yolo.training import train_network

    monkeypatch.setattr("models.yolo.training.learning_rate", lambda *of: float("inf"))
    settings = YoloSettings(updates=4, clip_norm=1e9)
    with pytest.raises(TrainingError, match="not finite"):
        train_network(
            sample_dataset.splits["train"][:4],
            len(sample_dataset.classes),
            (64, 64),
            settings,
            TrainingLength(),
            0,
            lambda network: 0.0,
            silently,
            Checkpoint(None),
        )


def test_litert_gives_the_answers_of_keras(tmp_path):
    from models.yolo.forward import GraphForward, LiteRtForward, save_litert
    from models.yolo.network import build_network

    network = build_network((64, 96), 3, width=4)
    save_litert(network, tmp_path / "network.tflite")
    picture = np.random.default_rng(5).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    wanted = GraphForward(network)(picture)
    got = LiteRtForward(tmp_path / "network.tflite", threads=2)(picture)
    np.testing.assert_allclose(got, wanted, atol=1e-4)
