import math

import numpy as np
import pytest

from pipelines.studies.common.figures import MeanPrecision
from pipelines.studies.data.curve_fit import (
    Measured,
    PowerLaw,
    crossover,
    fit_power_law,
    measured_figures,
)
from pipelines.studies.data.plan import SubsetResult

SIZES = np.array([10.0, 20, 40, 80, 160])
NAMES = ("some", "other")


def law(ceiling, loss, rate, rows=1):
    return PowerLaw(*(np.full(rows, value) for value in (ceiling, loss, rate)))


def with_mean(mean, resampled):
    """One contender's curves: that of the mean figures before those of the resamples."""
    parts = ("ceiling", "loss", "rate")
    return PowerLaw(*(np.append(getattr(mean, n), getattr(resampled, n)) for n in parts))


def curve(ceiling, loss, rate, rows=1):
    return law(ceiling, loss, rate, rows + 1)


@pytest.mark.parametrize(("ceiling", "loss", "rate"), [(0.9, 3.0, 0.7), (0.6, 0.8, 0.5)])
def test_a_curve_is_found_again(ceiling, loss, rate):
    values = law(ceiling, loss, rate).at(SIZES)
    np.testing.assert_allclose(fit_power_law(SIZES, values).at(SIZES), values, atol=0.01)


def test_falling_figures_are_fitted_by_a_level_line_and_none_goes_above_one():
    falling = fit_power_law(SIZES, np.array([[0.8, 0.7, 0.6, 0.5, 0.4]]))
    np.testing.assert_allclose(falling.at(SIZES), 0.6, atol=1e-9)
    steep = fit_power_law(SIZES, np.array([[0.0, 0.2, 0.5, 0.8, 1.0]]))
    assert steep.ceiling[0] <= 1.0
    assert (np.diff(steep.at(SIZES)[0]) >= 0).all()


def test_two_sizes_make_no_curve():
    with pytest.raises(ValueError, match="needs 3 sizes"):
        fit_power_law(np.array([10.0, 20]), np.zeros((1, 2)))


@pytest.mark.parametrize("turned", [False, True])
def test_where_curves_cross_and_how_sure_that_is(turned):
    # 0.6 - n^-.5 = 0.9 - 4 n^-.5 at n = 100
    shifted = PowerLaw(np.linspace(0.58, 0.62, 101), np.full(101, 1.0), np.full(101, 0.5))
    curves = (with_mean(law(0.6, 1.0, 0.5), shifted), curve(0.9, 4.0, 0.5, 101))
    names = NAMES
    if turned:
        curves, names = curves[::-1], names[::-1]
    cross = crossover(names, [curves], 10, 160)
    assert cross.better_below == "some"
    assert cross.at == pytest.approx(100, rel=0.01)
    low, high = cross.interval_95
    assert low < 100 < high
    assert low == pytest.approx((3 / 0.32) ** 2, rel=0.05)
    assert cross.share == pytest.approx(1.0)


def test_a_crossing_that_some_resamples_lack_has_an_open_end():
    ceilings = np.where(np.arange(100) < 90, 0.6, 0.9)  # the others never cross up to 160
    some = with_mean(law(0.6, 1.0, 0.5), PowerLaw(ceilings, np.full(100, 1.0), np.full(100, 0.5)))
    cross = crossover(NAMES, [(some, curve(0.9, 4.0, 0.5, 100))], 10, 160)
    assert math.isinf(cross.interval_95[1])
    assert cross.share == pytest.approx(0.9)


def test_curves_that_never_cross_have_no_crossover():
    equal = (law(0.9, 1, 0.5),) * 2
    rows = (law(0.9, 1, 0.5, 5), law(0.8, 1, 0.5, 5))
    cross = crossover(NAMES, [tuple(map(with_mean, equal, rows))], 10, 160)
    assert math.isnan(cross.at)
    assert (cross.better_below, cross.share) == ("neither", 0.0)
    cross = crossover(NAMES, [(curve(0.9, 1, 0.5, 5), curve(0.5, 1, 0.5, 5))], 10, 160)
    assert math.isnan(cross.at)
    assert cross.better_below == "some"
    assert cross.share == 1.0


def test_between_sizes_measured_figures_are_joined_by_straight_lines():
    lines = Measured(np.array([10.0, 40, 160]), np.array([[0.2, 0.4, 0.8], [0.1, 0.5, 0.5]]))
    images = np.array([5.0, 10, 20, 40, 80, 160, 300])
    expected = [[0.2, 0.2, 0.3, 0.4, 0.6, 0.8, 0.8], [0.1, 0.1, 0.3, 0.5, 0.5, 0.5, 0.5]]
    np.testing.assert_allclose(lines.at(images), expected)


def test_the_interval_of_a_crossing_is_wide_enough_for_every_shape():
    sure = (curve(0.6, 1.0, 0.5, 9), curve(0.9, 4.0, 0.5, 9))  # cross at 100
    level, late = np.full((10, 5), 0.5), np.tile([0.1, 0.2, 0.4, 0.9, 0.9], (10, 1))  # at 46
    lines = Measured(SIZES, level), Measured(SIZES, late)
    alone = crossover(NAMES, [sure], 10, 160)
    both = crossover(NAMES, [sure, lines], 10, 160)
    assert both.at == alone.at == pytest.approx(100, rel=0.01)
    assert alone.interval_95 == pytest.approx((100, 100), rel=0.01)
    assert both.interval_95 == pytest.approx((40 * 2**0.2, 100), rel=0.01)


@pytest.mark.parametrize("trainings", [2, 3, 12])
def test_few_trainings_vary_as_much_as_many_would(trainings):
    figures = np.linspace(-1, 1, trainings)
    figures *= 0.05 / np.std(figures, ddof=1)
    results = [
        SubsetResult(MeanPrecision(0.5, 0.5, (math.nan, math.nan), (0.5 + each,) * 4000, 100))
        for each in figures
    ]
    values = measured_figures(dict.fromkeys((10, 20, 40), results)).values[1:]
    assert values.mean() == pytest.approx(0.5, abs=0.002)
    assert values.std() == pytest.approx(0.05 / trainings**0.5, rel=0.05)


def test_where_both_have_learnt_nothing_neither_is_overtaken():
    late, never = curve(0.9, 3.6, 0.5, 5), curve(0.1, 3.6, 0.5, 5)  # the first begins at 16
    for names, curves in ((NAMES, (late, never)), (NAMES[::-1], (never, late))):
        cross = crossover(names, [curves], 10, 160)
        assert math.isnan(cross.at)
        assert (cross.better_below, cross.share) == ("some", 1.0)
