import numpy as np
from sklearn.svm import LinearSVC

from models.classical.linear_svm import BACKGROUND, NEVER, fit


def examples():
    random = np.random.default_rng(0)
    features = random.normal(size=(400, 12)).astype(np.float32)
    margins = features @ random.normal(size=(12, 2))
    labels = np.where(margins.max(axis=1) > 1.5, margins.argmax(axis=1), BACKGROUND)
    return features, labels


def test_the_hyperplanes_are_those_of_liblinear():
    features, labels = examples()
    ours = fit(features, labels, 2, 0.1)
    for label in range(2):
        theirs = LinearSVC(
            C=0.1, class_weight="balanced", dual=False, tol=1e-6, intercept_scaling=100
        ).fit(features, labels == label)
        np.testing.assert_allclose(ours.weights[:, label], theirs.coef_[0], atol=0.02)


def test_a_class_without_an_example_is_below_everything():
    features, labels = examples()
    svm = fit(features, labels, 3, 0.1)
    assert svm.bias[2] == NEVER
    assert (svm.margins(features)[:, 2] == NEVER).all()


def test_starting_at_the_solution_changes_next_to_nothing():
    features, labels = examples()
    first = fit(features, labels, 2, 0.1)
    again = fit(features, labels, 2, 0.1, start=first)
    np.testing.assert_allclose(again.weights, first.weights, atol=0.01)
