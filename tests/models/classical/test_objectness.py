import numpy as np

from models.classical.channels import channels
from models.classical.objectness import LENGTH, Objectness, fit_objectness, score_grid, view
from pipelines.classical.proposals.windows import all_windows


def test_sliding_over_shared_cells_gives_the_scores_of_the_windows_views():
    random = np.random.default_rng(0)
    levels = channels(random.integers(0, 256, (90, 120, 3), dtype=np.uint8))
    weights = random.normal(size=(LENGTH, 5)).astype(np.float32)
    objectness = Objectness(weights, np.ones(5, np.float32))
    shapes = np.array([[0.2131, 0.2177], [0.5313, 0.3171]])  # no cell ends half way in a pixel
    for windows, gradients, colours in all_windows(levels, 120, 90, shapes):
        slid = score_grid(objectness, gradients, colours)
        one_by_one = objectness.score(view(levels, windows.reshape(-1, 4)))
        assert slid.shape == windows.shape[:2]
        np.testing.assert_allclose(slid.ravel(), one_by_one, atol=1e-4)


def test_it_ranks_squares_above_ground_and_moves_boxes_onto_them():
    random = np.random.default_rng(0)
    image = random.integers(90, 110, (200, 200, 3), dtype=np.uint8)
    image[80:120, 80:120] = 250
    levels = channels(image)
    target = np.array([80.0, 80, 120, 120])
    near = target + random.uniform(-12, 12, (300, 2))[:, [0, 1, 0, 1]]
    corners = random.uniform(0, 30, (300, 2))
    boxes = np.concatenate([near, np.hstack([corners, corners + 40])])
    overlaps = np.repeat([0.8, 0.0], 300)
    targets = np.tile(target, (600, 1))
    learnt = fit_objectness(view(levels, boxes), overlaps, boxes, targets, seed=0)
    odds, moved = learnt.score_and_refine(view(levels, boxes), boxes)
    assert odds[:300].min() > odds[300:].max()
    assert np.abs(moved[:300] - target).mean() < 0.5 * np.abs(near - target).mean()
