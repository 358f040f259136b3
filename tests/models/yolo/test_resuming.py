"""A training that is stopped and goes on ends as one that was left alone."""

import numpy as np
import pytest

from datasets.annotations import Annotations, LabelledImage
from datasets.progress import silently
from models.yolo.checkpoint import Checkpoint, Standing
from models.yolo.scalars import unlogged
from models.yolo.schedule import Amount
from models.yolo.settings import YoloSettings

pytestmark = pytest.mark.tensorflow

SETTINGS = YoloSettings(width=4, batch=2, updates=8, validations=2, glances=0)


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
        Amount(),
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
    told = []
    return *trained(images, Checkpoint(None), log=lambda *entry: told.append(entry)), told


def test_going_on_gives_the_weights_of_a_training_left_alone(images, left_alone, tmp_path):
    whole, validated, _ = left_alone
    file = tmp_path / "standing" / "training.npz"
    asked = iter([False] * 3 + [True] * 5)
    with pytest.raises(KeyboardInterrupt):
        trained(images, Checkpoint(file), lambda: next(asked))
    standing = Checkpoint(file).load()
    assert 0 < standing.progress["done"] < 8
    resumed, after = trained(images, Checkpoint(file))
    assert resumed.updates == whole.updates == 8
    assert len(validated) == 2
    assert 0 < len(after) < 2 + 1
    for got, wanted in zip(after[-1], validated[-1], strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-4)
    assert [entry["update"] for entry in resumed.history] == [6, 8]
    assert resumed.seconds > standing.progress["seconds"]
    assert len(resumed.losses.classes) == 8
    np.testing.assert_allclose(resumed.losses.classes, whole.losses.classes, rtol=1e-3)
    np.testing.assert_allclose(resumed.losses.boxes, whole.losses.boxes, rtol=1e-3)


def test_the_best_validated_weights_are_the_ones_kept_and_every_update_is_logged(left_alone):
    done, validated, told = left_alone
    for got, wanted in zip(done.network.get_weights(), validated[0], strict=True):
        np.testing.assert_array_equal(got, wanted)
    losses = [(update, figures) for update, figures in told if "loss/boxes" in figures]
    assert [update for update, _ in losses] == list(range(1, 9))
    assert set(losses[0][1]) == {"loss/boxes", "loss/classes", "learning_rate"}
    name = "validation/map_50_95"
    logged = [(update, figures[name]) for update, figures in told if name in figures]
    assert logged == [(entry["update"], entry["validation"]) for entry in done.history]


def test_a_standing_comes_back_as_it_was_saved(tmp_path):
    checkpoint = Checkpoint(tmp_path / "training.npz")
    assert checkpoint.load() is None
    weights = {"variable_0": np.arange(6.0).reshape(2, 3), "variable_1": np.array(7)}
    checkpoint.save(Standing({"done": 5, "history": [{"update": 5}]}, weights, [np.ones(3)]))
    back = checkpoint.load()
    assert back.progress == {"done": 5, "history": [{"update": 5}]}
    assert set(back.weights) == set(weights)
    np.testing.assert_array_equal(back.weights["variable_0"], weights["variable_0"])
    np.testing.assert_array_equal(back.best[0], np.ones(3))
    assert [path.name for path in tmp_path.iterdir()] == ["training.npz"]
    checkpoint.remove()
    assert not list(tmp_path.iterdir())


def test_flat_adamw_moves_weights_as_keras_does_one_by_one():
    import keras
    import tensorflow as tf

    from models.yolo.network import build_network
    from models.yolo.weights import FlatWeights

    settings = YoloSettings(width=4, clip_norm=1.0)
    flat = FlatWeights(build_network((32, 32), 2, width=4), settings)
    other = build_network((32, 32), 2, width=4)
    other.set_weights(flat.network.get_weights())
    plain = keras.optimizers.AdamW(
        settings.learning_rate, weight_decay=settings.weight_decay, global_clipnorm=1.0
    )
    plain.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    random = np.random.default_rng(0)
    for _ in range(3):
        drawn = [
            tf.constant(random.normal(size=v.shape).astype(np.float32))
            for v in flat.network.trainable_variables
        ]
        place = {id(v): number for number, v in enumerate(flat.network.trainable_variables)}
        flat.apply(flat.laid_end_to_end([drawn[place[id(v)]] for v in flat.variables]))
        plain.apply(drawn, other.trainable_variables)
    for got, wanted in zip(flat.network.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-5)


def test_weights_that_begin_anew_go_the_way_they_went_at_first():
    import tensorflow as tf

    from models.yolo.network import build_network
    from models.yolo.weights import FlatWeights

    flat = FlatWeights(build_network((32, 32), 2, width=4), YoloSettings(width=4))
    begin = [weights.copy() for weights in flat.network.get_weights()]

    def updated():
        random = np.random.default_rng(0)
        for _ in range(2):
            flat.optimizer.learning_rate.assign(1e-2)
            shapes = [v.shape for v in flat.variables]
            drawn = [tf.constant(random.normal(size=s).astype(np.float32)) for s in shapes]
            flat.apply(flat.laid_end_to_end(drawn))
        return flat.state(), flat.averaged()

    state, averaged = updated()
    flat.restart(begin)
    again, averaged_again = updated()
    assert set(state) == set(again)
    for name, wanted in state.items():
        np.testing.assert_allclose(again[name], wanted, atol=1e-6)
    for got, wanted in zip(averaged_again, averaged, strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-6)
