"""Training in parts, on several devices and in other precisions, all on the CPU."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models.yolo.decoding import grid_points
from models.yolo.settings import YoloSettings

pytestmark = [pytest.mark.tensorflow, pytest.mark.slow, pytest.mark.usefixtures("simple_blocks")]

ROOT = Path(__file__).resolve().parents[3]

# Both halves of each batch are the same pictures, so that batch normalisation sees the same; what
# is in them differs, and with it the target scores of each device.
TWO_DEVICES = """
import sys
sys.path[:0] = [{root!r}, {root!r} + "/tests/support"]
import pytest, tensorflow as tf, keras, numpy as np
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from models.yolo.learner import Learner
from models.yolo.settings import YoloSettings
from simple_blocks import take_simple_blocks
take_simple_blocks(pytest.MonkeyPatch())
answers, gradients = [], []
for devices, YoloSettings.PARTS in ((1, 1), (1, 2), (2, 1)):
    tf.config.run_functions_eagerly(devices == 1)  # sooner done than compiled, for two updates
    keras.utils.set_random_seed(0)
    settings = YoloSettings(width=4, devices=devices, clip_norm=1e9)
    learner = Learner.of((32, 64), 2, settings)
    assert (learner.devices.strategy is None) == (devices == 1)
    random, losses = np.random.default_rng(0), []
    for _ in range(2):
        pictures = random.integers(0, 256, (2, 32, 64, 3), dtype=np.uint8)
        corners = random.uniform(0, 20, (4, 5, 2))
        boxes = np.concatenate([corners, corners + random.uniform(8, 30, corners.shape)], -1)
        real = np.ones((4, 5), "float32")
        real[2:, 1:] = 0
        labels = random.integers(0, 2, (4, 5)).astype("int32")
        learner.phases[0].weights.optimizer.learning_rate.assign(1e-4)
        twice, boxes = np.tile(pictures, (2, 1, 1, 1)), boxes.astype("float32")
        asked = random.integers(0, 2, (4, 42)).astype("float32")
        loss = learner.phases[0].update(twice, boxes, labels, real, asked)
        losses.append([float(part) for part in loss])
        if len(losses) == 1:  # a share of the gradient
            momenta = learner.phases[0].weights.optimizer._momentums
            gradients.append(np.concatenate([np.asarray(m) for m in momenta]))
    averaged = learner.phases[0].weights.averaged()
    network = learner.with_weights(averaged)
    # As in training: parts on one device move the running statistics one after the other.
    answer = network(twice.astype("float32"), training=True)
    answers.append((losses, averaged, answer))
one, *others = gradients
assert np.abs(one).max() > 0.01
for two in others:
    np.testing.assert_allclose(one, two, atol=1e-3 * np.abs(one).max())
(one_losses, one, one_answer), *others = answers
for two_losses, two, two_answer in others:
    np.testing.assert_allclose(one_losses, two_losses, rtol=1e-3)
    np.testing.assert_allclose(one_answer, two_answer, atol=10 * 1e-3)
print("the same")
"""


def test_an_update_in_two_parts_or_on_two_devices_is_that_of_the_whole():
    code = TWO_DEVICES.format(root=str(ROOT))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "the same", done.stderr[-3000:]


def batch(side=64):
    random = np.random.default_rng(0)
    corners = random.uniform(0, side / 2, (4, 5, 2))
    boxes = np.concatenate([corners, corners + random.uniform(8, 30, corners.shape)], -1)
    return (
        random.integers(0, 256, (4, side, side, 3), dtype=np.uint8),
        boxes.astype(np.float32),
        random.integers(0, 2, (4, 5)).astype(np.int32),
        np.ones((4, 5), np.float32),
        np.ones((4, len(grid_points((side, side))[0])), np.float32),
    )


@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16"])
def test_a_network_learns_in_half_precision_and_is_kept_in_float32(precision, eagerly):
    import keras

    from models.yolo.learner import Learner

    keras.utils.set_random_seed(0)
    learner = Learner.of((64, 64), 2, YoloSettings(width=2, precision=precision))
    assert keras.config.dtype_policy().name == "float32"
    assert learner.network.compute_dtype == precision.removeprefix("mixed_")
    before = learner.phases[0].weights.averaged()
    losses = [learner.phases[0].update(*batch()) for _ in range(3)]
    assert np.isfinite([[float(part) for part in each] for each in losses]).all()
    learnt = learner.phases[0].weights.averaged()
    assert any((a != b).any() for a, b in zip(before, learnt, strict=True))
    network = learner.with_weights(learnt)
    assert {str(weight.dtype) for weight in network.weights} == {"float32"}
    pictures = batch()[0].astype(np.float32)
    wanted = learner.network(pictures)
    np.testing.assert_allclose(network(pictures), wanted, atol=0.05)


def test_a_gradient_that_overflows_changes_no_weight_and_halves_the_loss_scale():
    import keras

    from models.yolo.learner import Learner

    learner = Learner.of((64, 64), 2, YoloSettings(width=2, precision="mixed_float16"))
    assert isinstance(learner.phases[0].weights.optimizer, keras.optimizers.LossScaleOptimizer)
    scale = float(learner.phases[0].weights.optimizer.dynamic_scale)
    before = learner.phases[0].weights.averaged()
    flat = learner.phases[0].weights.flattened(
        [v.value * np.inf for v in learner.phases[0].weights.variables]
    )
    learner.phases[0].weights.apply(flat)
    for a, b in zip(before, learner.phases[0].weights.averaged(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)  # the average of equal numbers rounds
    assert float(learner.phases[0].weights.optimizer.dynamic_scale) == scale / 2


def test_more_devices_than_there_are_are_refused():
    from models.errors import TrainingError
    from models.yolo.devices import Devices

    with pytest.raises(TrainingError, match=r"yolo.devices=64: there are \d+ only"):
        Devices.of(YoloSettings(devices=64))
