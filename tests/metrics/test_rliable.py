"""Aggregates and intervals against figures of rliable, frozen.

Produced once with rliable 1.2.0 (arch 7.2.0, Python 3.11), in an environment of its own because it pins
pandas:

    pip install rliable==1.2.0 'pandas<3'

    import numpy as np
    from rliable import library, metrics
    rng = np.random.default_rng(1105)
    x = np.round(rng.normal(0.6, 0.3, (10, 4)), 3)
    y = np.round(rng.normal(0.5, 0.3, (8, 4)), 3)
    aggregates = lambda s: np.array([metrics.aggregate_mean(s), metrics.aggregate_iqm(s),
                                     metrics.aggregate_optimality_gap(s)])
    print(library.get_interval_estimates({"x": x}, aggregates, reps=50_000,
                                         random_state=np.random.RandomState(0)))
    print(metrics.probability_of_improvement(x, y))
    print(library.create_performance_profile({"x": x}, np.array([0.0, 0.25, 0.5, 0.75, 1.0]), reps=10)[0])
"""

from __future__ import annotations

import numpy as np
import pytest

from rltransfer.metrics import (
    iqm,
    iqm_over_batch,
    mean,
    mean_over_batch,
    optimality_gap,
    performance_profile,
    probability_of_improvement,
    stratified_bootstrap,
)

_RNG = np.random.default_rng(1105)
X = np.round(_RNG.normal(0.6, 0.3, (10, 4)), 3)
Y = np.round(_RNG.normal(0.5, 0.3, (8, 4)), 3)


def test_the_matrices_are_the_ones_the_figures_belong_to() -> None:
    np.testing.assert_array_equal(X[0], [0.705, 0.488, 0.263, 0.738])
    np.testing.assert_array_equal(Y[0], [0.039, 0.440, 0.635, 0.490])


def test_points_are_those_of_rliable() -> None:
    assert mean(X) == pytest.approx(0.580625, abs=1e-12)
    assert iqm(X) == pytest.approx(0.57545, abs=1e-12)
    assert optimality_gap(X) == pytest.approx(0.426, abs=1e-12)
    assert probability_of_improvement(X, Y) == pytest.approx(0.6453125, abs=1e-12)
    np.testing.assert_allclose(
        performance_profile(X, [0.0, 0.25, 0.5, 0.75, 1.0]), [1.0, 0.925, 0.65, 0.225, 0.075], atol=1e-12
    )


@pytest.mark.parametrize(
    ("statistic", "low", "high"),
    [(mean_over_batch, 0.508425, 0.653675), (iqm_over_batch, 0.4875, 0.65125125)],
)
def test_intervals_are_those_of_rliable(statistic, low: float, high: float) -> None:  # type: ignore[no-untyped-def]
    # Both ends are Monte Carlo figures. The standard error of a 2.5% quantile of 10,000 draws is
    # sqrt(0.025 * 0.975 / 10,000) / density = 0.001 here; 0.004 is four of them. Resampling over the tasks
    # too, or over all 40 scores without strata, moves an end by more.
    interval = stratified_bootstrap(X, statistic=statistic)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=0.004)
