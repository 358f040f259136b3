"""The flattened weights and what moves them, held to Keras's optimizers one by one."""

from __future__ import annotations

import numpy as np
import pytest

from models.yolo.settings import YoloSettings

pytestmark = pytest.mark.tensorflow


def test_flat_adamw_moves_weights_as_keras_does_one_by_one():
    import keras
    import tensorflow as tf

    from models.yolo.network import build_network
    from models.yolo.weights import FlatWeights

    settings = YoloSettings(width=4, clip_norm=1.0, optimizer="adamw")
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
        flat.apply(flat.flattened([drawn[place[id(v)]] for v in flat.variables]))
        plain.apply(drawn, other.trainable_variables)
    for got, wanted in zip(flat.network.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-5)


def test_restarted_weights_move_as_they_did_at_first():
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
            drawn = [tf.constant(random.normal(size=s), tf.float32) for s in shapes]
            flat.apply(flat.flattened(drawn))
        return flat.state(), flat.averaged()

    state, averaged = updated()
    flat.restart(begin)
    again, averaged_again = updated()
    assert set(state) == set(again)
    for name, wanted in state.items():
        np.testing.assert_allclose(again[name], wanted, atol=1e-6)
    for got, wanted in zip(averaged_again, averaged, strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-6)


SHAPES = ((27, 8), (72, 16), (16, 72), (288, 32), (32, 32))


def test_singular_values_come_near_one_and_vectors_stay():
    from models.yolo.muon import orthogonalised

    random = np.random.default_rng(0)
    drawn = [random.normal(size=shape).astype(np.float32) for shape in SHAPES]
    for before, after in zip(drawn, map(np.asarray, orthogonalised(drawn)), strict=True):
        assert after.shape == before.shape
        u, values, v = np.linalg.svd(before, full_matrices=False)
        moved = np.diag(u.T @ after @ v.T)
        sound = values > 0.05 * np.linalg.norm(values)  # smaller ones take more iterations
        assert sound.any()
        assert (moved[sound] > 0.6).all()
        assert (moved < 1.3).all()
        np.testing.assert_allclose(u @ np.diag(moved) @ v, after, atol=2e-3)


def test_a_gradient_of_nothing_moves_nothing():
    from models.yolo.muon import orthogonalised

    assert not np.asarray(orthogonalised([np.zeros((9, 4), np.float32)])[0]).any()


def test_hidden_kernels_move_as_keras_moves_them_by_muon():
    import keras
    import tensorflow as tf

    from models.yolo.network import build_network, hidden_kernels
    from models.yolo.weights import FlatWeights

    settings = YoloSettings(width=4, clip_norm=1e9, weight_decay=0.1)
    flat = FlatWeights(build_network((32, 32), 2, width=4), settings)
    hidden = hidden_kernels(flat.network)
    matrices = [keras.Variable(np.reshape(k, (-1, k.shape[-1]))) for k in hidden]
    muon = keras.optimizers.Muon(settings.learning_rate, weight_decay=settings.weight_decay)
    random = np.random.default_rng(0)
    start = [np.asarray(matrix) for matrix in matrices]
    for _ in range(3):
        drawn = [tf.constant(random.normal(size=v.shape), tf.float32) for v in flat.variables]
        flat.apply(flat.flattened(drawn))
        muon.apply(
            [tf.reshape(g, m.shape) for g, m in zip(drawn, matrices, strict=False)], matrices
        )
    assert len(hidden) > 40
    for kernel, matrix, before in zip(hidden, matrices, start, strict=True):
        got, wanted = np.reshape(kernel, matrix.shape), np.asarray(matrix)
        assert np.abs(wanted - before).max() > 1e-3
        np.testing.assert_allclose(got, wanted, atol=2e-4)


def test_answers_are_left_to_adamw():
    from models.yolo.network import build_network, hidden_kernels

    small = build_network((32, 32), 2, width=4)
    names = {kernel.path for kernel in hidden_kernels(small)}
    kernels = {v.path for v in small.trainable_variables if len(v.shape) > 1}
    assert len(kernels - names) == 6
    assert all(name.startswith("answers_") for name in kernels - names)
