import numpy as np

from models.yolo.checkpoint import Checkpoint, HistoryRow, Progress, TrainingState, saved_state
from models.yolo.loss_curve import LossCurve


def test_a_training_state_comes_back_as_it_was_saved(tmp_path):
    checkpoint = Checkpoint(tmp_path / "training.npz")
    assert saved_state(checkpoint.content()) is None
    weights = {"variable_0": np.arange(6.0).reshape(2, 3), "variable_1": np.array(7)}
    rows = [HistoryRow(5, 1.5, 1e-3, 2.0, 0.1, float("nan"))]
    losses = LossCurve(2, [1.0], [2.0], [(0.3, 0.4)])
    checkpoint.save(TrainingState(Progress(5, 1, 1.5, 0.2, rows, losses), weights, [np.ones(3)]))
    back = saved_state(checkpoint.content())
    assert (back.progress.done, back.progress.phase) == (5, 1)
    assert (back.progress.seconds, back.progress.waited) == (1.5, 0.2)
    assert [row.update for row in back.progress.history] == [5]
    assert np.isnan(back.progress.history[0].validation)
    assert back.progress.losses == losses
    assert set(back.weights) == set(weights)
    np.testing.assert_array_equal(back.weights["variable_0"], weights["variable_0"])
    np.testing.assert_array_equal(back.best[0], np.ones(3))
    assert [path.name for path in tmp_path.iterdir()] == ["training.npz"]
    checkpoint.remove()
    assert not list(tmp_path.iterdir())
