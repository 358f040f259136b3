"""A training that is stopped and goes on ends as one that was left alone."""

import numpy as np
import pytest

from datasets.annotations import Annotations, LabelledImage
from datasets.progress import silently
from models.yolo.checkpoint import Checkpoint, HistoryRow, Progress, TrainingState
from models.yolo.loss_curve import LossCurve
from models.yolo.scalars import unlogged
from models.yolo.schedule import TrainingLength
from models.yolo.settings import YoloSettings

pytestmark = pytest.mark.tensorflow

SETTINGS = YoloSettings(width=4, batch=2, updates=8, validations=2, early_validations=0)


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    from PIL import Image

    random = np.random.default_rng(0)
    found = []
    for number in range(4):
        path = tmp_path_factory.getbasetemp() / f"{number}.png"
        Image.fromarray(random.integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(path)
        truth = Annotations([[8, 8, 40, 40]], [number % 2])
        found.append(LabelledImage(path.name, path, 64, 64, truth))
    return found


def trained(images, checkpoint, is_stopped=lambda: False, log=unlogged):
    from models.yolo.training import train_network

    seen = []

    def validate(network):
        seen.append([w.copy() for w in network.get_weights()])
        return float(len(seen) == 1)  # the first is the best

    done = train_network(
        images,
        2,
        (64, 64),
        SETTINGS,
        TrainingLength(),
        3,
        validate,
        silently,
        checkpoint,
        is_stopped,
        log=log,
    )
    return done, seen


@pytest.fixture(scope="module")
def left_alone(images):
    """A training nobody stopped, the weights it validated, and what it logged."""
    logged = []
    return *trained(images, Checkpoint(None), log=lambda *row: logged.append(row)), logged


def test_going_on_gives_the_weights_of_a_training_left_alone(images, left_alone, tmp_path):
    whole, validated, _ = left_alone
    file = tmp_path / "state" / "training.npz"
    asked = iter([False] * 3 + [True] * 5)
    with pytest.raises(KeyboardInterrupt):
        trained(images, Checkpoint(file), lambda: next(asked))
    state = Checkpoint(file).load()
    assert 0 < state.progress.done < 8
    resumed, after = trained(images, Checkpoint(file))
    assert resumed.updates == whole.updates == 8
    assert len(validated) == 2
    assert len(after) == sum(row.update > state.progress.done for row in whole.history)
    for got, wanted in zip(after[-1], validated[-1], strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-4)
    assert [row.update for row in resumed.history] == [6, 8]
    assert resumed.seconds > state.progress.seconds
    assert len(resumed.losses.classes) == 8
    np.testing.assert_allclose(resumed.losses.classes, whole.losses.classes, rtol=1e-3)
    np.testing.assert_allclose(resumed.losses.boxes, whole.losses.boxes, rtol=1e-3)


def test_the_best_validated_weights_are_the_ones_kept_and_every_update_is_logged(left_alone):
    done, validated, log = left_alone
    for got, wanted in zip(done.network.get_weights(), validated[0], strict=True):
        np.testing.assert_array_equal(got, wanted)
    losses = [(update, figures) for update, figures in log if "loss/boxes" in figures]
    assert [update for update, _ in losses] == list(range(1, 9))
    assert set(losses[0][1]) == {"loss/boxes", "loss/classes", "learning_rate"}
    name = "validation/map_50_95"
    logged = [(update, figures[name]) for update, figures in log if name in figures]
    assert logged == [(row.update, row.validation) for row in done.history]


def test_a_training_state_comes_back_as_it_was_saved(tmp_path):
    checkpoint = Checkpoint(tmp_path / "training.npz")
    assert checkpoint.load() is None
    weights = {"variable_0": np.arange(6.0).reshape(2, 3), "variable_1": np.array(7)}
    rows = [HistoryRow(5, 1.5, 1e-3, 2.0, 0.1, float("nan"))]
    losses = LossCurve(2, [1.0], [2.0], [(0.3, 0.4)])
    checkpoint.save(TrainingState(Progress(5, 1.5, 0.2, rows, losses), weights, [np.ones(3)]))
    back = checkpoint.load()
    assert (back.progress.done, back.progress.seconds, back.progress.waited) == (5, 1.5, 0.2)
    assert [row.update for row in back.progress.history] == [5]
    assert np.isnan(back.progress.history[0].validation)
    assert back.progress.losses == losses
    assert set(back.weights) == set(weights)
    np.testing.assert_array_equal(back.weights["variable_0"], weights["variable_0"])
    np.testing.assert_array_equal(back.best[0], np.ones(3))
    assert [path.name for path in tmp_path.iterdir()] == ["training.npz"]
    checkpoint.remove()
    assert not list(tmp_path.iterdir())
