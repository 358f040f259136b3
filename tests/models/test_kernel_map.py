import numpy as np
import pytest

from models.kernel_map import fit_map
from models.linear_svm import BACKGROUND, fit


@pytest.fixture
def rings():
    """Two classes that no plane parts: a disc and a ring around it."""
    random = np.random.default_rng(0)
    angle, radius = random.uniform(0, 2 * np.pi, 600), np.repeat([0.5, 2.0], 300)
    points = (radius * np.stack([np.cos(angle), np.sin(angle)])).T
    noise = random.normal(0, 0.1, points.shape)
    return (points + noise).astype(np.float32), np.repeat([0, BACKGROUND], 300)


def right(svm, features, labels):
    return ((svm.margins(features)[:, 0] > 0) == (labels == 0)).mean()


def test_products_of_mapped_features_are_the_kernel(rings):
    features, _ = rings
    mapped = fit_map(features, 200, 0)
    seen = features[:50]
    squares = ((seen[:, None] - seen) ** 2).sum(-1)
    turned = mapped(seen) / mapped.stretch
    np.testing.assert_allclose(turned @ turned.T, np.exp(-mapped.gamma * squares), atol=0.02)


def test_mapped_features_are_as_long_as_the_given_ones(rings):
    features, _ = rings
    mapped = fit_map(features, 100, 0)(features)
    assert (mapped**2).sum(1).mean() == pytest.approx((features**2).sum(1).mean(), rel=0.05)


def test_a_ring_is_told_from_its_middle_only_with_the_kernel(rings):
    features, labels = rings
    assert right(fit(features, labels, 1, 1.0), features, labels) < 0.8
    kernel_map = fit_map(features, 100, 0)
    assert right(fit(features, labels, 1, 1.0, None, kernel_map), features, labels) > 0.98
