"""Four pictures, a short training, and one small network with its compiled update for all."""

import numpy as np
import pytest

from datasets.annotations import Annotations, LabelledImage
from models.yolo.settings import YoloSettings

SIDE = 64


@pytest.fixture(scope="session")
def settings():
    return YoloSettings(width=2, batch=2, updates=8, validations=2, early_validations=0)


@pytest.fixture(scope="session")
def images(tmp_path_factory):
    """Four pictures of noise with a box each, of two classes."""
    from PIL import Image

    random = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("noise")
    made = []
    for number in range(4):
        path = folder / f"{number}.png"
        Image.fromarray(random.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)).save(path)
        truth = Annotations([[8, 8, 40, 40]], [number % 2])
        made.append(LabelledImage(path.name, path, SIDE, SIDE, truth))
    return made


@pytest.fixture(scope="module")
def learner(settings, simple_blocks):
    """One network and its compiled update for all trainings of a module."""
    from models.yolo.learner import Learner

    return Learner.of((SIDE, SIDE), 2, settings)


@pytest.fixture(scope="module")
def eagerly():
    """A few updates are made sooner than they are compiled."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)
