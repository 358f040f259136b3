"""A backbone that has learnt before: frozen at first, then slow; nothing else is trained so."""

from itertools import count

import numpy as np
import pytest
from tiny_backbone import BLOCKS, take_tiny_backbone, tiny_backbone

from datasets.progress import silently
from models.yolo.checkpoint import Checkpoint, saved_state
from models.yolo.schedule import TrainingLength
from models.yolo.settings import TransferSettings

pytestmark = [pytest.mark.tensorflow, pytest.mark.slow, pytest.mark.usefixtures("eagerly")]


@pytest.fixture(scope="module")
def settings(tmp_path_factory, simple_blocks):
    """Settings of a short training on a backbone whose weights and statistics are random."""
    import keras

    file = tmp_path_factory.mktemp("weights") / "seen.weights.h5"
    short = {"updates": 4, "batch": 2, "validations": 2, "early_validations": 0, "width": 2}
    take_tiny_backbone(simple_blocks)
    keras.utils.set_random_seed(1)
    seen = tiny_backbone(False, None, input_shape=(64, 64, 3))
    random = np.random.default_rng(0)
    for weight in seen.non_trainable_variables:  # batch norm's, which a network learns
        weight.assign(random.uniform(0.5, 1.5, weight.shape))
    seen.save_weights(file)
    return TransferSettings(backbone_weights=str(file), frozen=0.75, lr_warmup=0, **short)


def backbone_weights(network):
    from models.yolo.backbones import backbone_part
    from models.yolo.decoding import STRIDES

    part = backbone_part(network, STRIDES)
    learn = [np.array(v) for v in part.trainable_variables]
    return learn, [np.array(v) for v in part.non_trainable_variables]


@pytest.fixture(scope="module")
def trained(images, settings, learner):
    """Train and return the network's backbone as it was at each validation, and all weights."""
    from models.yolo.training import train_network

    def train(checkpoint, is_stopped=lambda: False):
        seen = []

        def validate(network):
            seen.append(backbone_weights(network))
            return float(len(seen))

        length = TrainingLength()
        done = train_network(
            *(images, 2, (64, 64), settings, length, 3, validate, silently, checkpoint),
            *(is_stopped, learner),
        )
        return seen, done.network.get_weights()

    return train


@pytest.fixture(scope="module")
def whole(trained):
    return trained(Checkpoint(None))


def test_frozen_weights_stay_to_the_last_bit_and_learn_afterwards(whole, learner):
    (frozen, statistics), (moved, statistics_after) = whole[0]
    begun, statistics_before = backbone_weights(learner.build(learner.backbone_weights))
    for before, after in zip(begun, frozen, strict=True):
        np.testing.assert_array_equal(before, after)
    changes = [np.abs(a - b).max() for a, b in zip(frozen, moved, strict=True)]
    assert all(change > 0 for change in changes)
    for each in (statistics, statistics_after):
        for before, after in zip(statistics_before, each, strict=True):
            np.testing.assert_array_equal(before, after)


def test_a_training_stopped_in_its_second_phase_goes_on_there(whole, trained, tmp_path):
    file = tmp_path / "training.npz"
    calls = count()
    with pytest.raises(KeyboardInterrupt):
        trained(Checkpoint(file), lambda: next(calls) >= 3)
    state = saved_state(Checkpoint(file).content())
    assert (state.progress.done, state.progress.phase) == (4, 1)
    for got, wanted in zip(trained(Checkpoint(file))[1], whole[1], strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-4)


def test_pretrained_weights_move_at_their_share_of_the_rate_and_do_not_decay(learner, settings):
    import tensorflow as tf

    weights = learner.phases[1].weights
    new = {id(v) for v in learner.phases[0].weights.variables}
    pretrained = {id(v) for v in weights.variables} - new
    assert len(pretrained) == 2 * BLOCKS  # its convolutions
    weights.restart(learner.network.get_weights())
    before = {id(v): np.array(v) for v in weights.variables}
    weights.optimizer.learning_rate.assign(1e-2)
    weights.apply(weights.flattened([tf.ones(v.shape) for v in weights.variables]))
    for variable in weights.variables:
        if id(variable) in pretrained:  # Adam's first step is the rate, whatever the gradient
            moved = before[id(variable)] - np.asarray(variable)
            np.testing.assert_allclose(moved, 1e-2 * settings.backbone_rate, rtol=1e-3, atol=1e-6)


def test_litert_computes_the_frozen_part_as_keras_does(learner):
    from models.yolo.backbones import backbone_part
    from models.yolo.decoding import STRIDES

    learner.restart()  # what has learnt since is no longer that part
    part = backbone_part(learner.network, STRIDES)
    pictures = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    wanted = part(pictures.astype(np.float32), training=False)
    for got, each in zip(learner.phases[0].prepare(pictures), wanted, strict=True):
        np.testing.assert_allclose(got, each, atol=1e-5 * float(np.abs(each).max()))
