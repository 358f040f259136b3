"""The training loop: what it keeps, what stops it, and how it goes on."""

import math
from itertools import count

import numpy as np
import pytest

from datasets.progress import silently
from models.errors import TrainingError
from models.yolo.checkpoint import Checkpoint, saved_state
from models.yolo.scalars import unlogged
from models.yolo.schedule import TrainingLength

pytestmark = [pytest.mark.tensorflow, pytest.mark.slow]


@pytest.fixture(scope="module")
def trained(images, settings, learner):
    """Train and return the result, the weights it chose and the weights it validated."""
    from models.yolo.training import train_network

    def train(checkpoint, is_stopped=lambda: False, log=unlogged, figures=(1.0, 0.0)):
        seen = []

        def validate(network):
            seen.append([w.copy() for w in network.get_weights()])
            return figures[len(seen) - 1]

        done = train_network(
            images,
            2,
            (64, 64),
            settings,
            TrainingLength(),
            3,
            validate,
            silently,
            checkpoint,
            is_stopped,
            learner,
            log,
        )
        return done, done.network.get_weights(), seen

    return train


@pytest.fixture(scope="module")
def uninterrupted(trained):
    """A training nobody stopped, and what it logged."""
    logged = []
    return *trained(Checkpoint(None), log=lambda *row: logged.append(row)), logged


def test_going_on_gives_the_weights_of_an_uninterrupted_training(uninterrupted, trained, tmp_path):
    whole, _, validated, _ = uninterrupted
    file = tmp_path / "state" / "training.npz"
    calls = count()
    with pytest.raises(KeyboardInterrupt):
        trained(Checkpoint(file), lambda: next(calls) >= 3)
    state = saved_state(Checkpoint(file).content())
    assert state.progress.done == 4
    resumed, _, after = trained(Checkpoint(file))
    assert resumed.updates == whole.updates == 8
    assert len(validated) == len(after) == 2
    for got, wanted in zip(after[-1], validated[-1], strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-4)
    assert [row.update for row in resumed.history] == [6, 8]
    assert resumed.seconds > state.progress.seconds > 0
    assert len(resumed.losses.classes) == 8
    np.testing.assert_allclose(resumed.losses.classes, whole.losses.classes, rtol=1e-3)
    np.testing.assert_allclose(resumed.losses.boxes, whole.losses.boxes, rtol=1e-3)


def test_the_best_validated_weights_are_the_ones_kept_and_every_update_is_logged(uninterrupted):
    done, chosen, validated, log = uninterrupted
    for got, wanted in zip(chosen, validated[0], strict=True):
        np.testing.assert_array_equal(got, wanted)
    assert any((a != b).any() for a, b in zip(chosen, validated[1], strict=True))
    losses = [(update, figures) for update, figures in log if "loss/boxes" in figures]
    assert [update for update, _ in losses] == list(range(1, 9))
    assert set(losses[0][1]) == {"loss/boxes", "loss/classes", "learning_rate"}
    name = "validation/map_50_95"
    logged = [(update, figures[name]) for update, figures in log if name in figures]
    assert logged == [(row.update, row.validation) for row in done.history]


def test_without_an_object_in_validation_the_last_weights_are_kept(trained):
    _, chosen, validated = trained(Checkpoint(None), figures=(math.nan, math.nan))
    for got, wanted in zip(chosen, validated[-1], strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_a_loss_that_is_not_finite_stops_training_and_names_the_pictures(trained, monkeypatch):
    monkeypatch.setattr("models.yolo.training.learning_rate", lambda *of: float("inf"))
    with pytest.raises(TrainingError, match=r"not finite.*\.png"):
        trained(Checkpoint(None))
