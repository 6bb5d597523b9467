"""The bootstrap: what it redraws, what it refuses, and that its seed decides everything."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
from scipy import stats

from rltransfer.metrics import (
    Interval,
    mean_over_batch,
    paired_bootstrap,
    stratified_bootstrap,
    t_interval,
    t_quantile,
    unpaired_bootstrap,
)


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def test_two_scores_by_hand() -> None:
    # Resamples of (0, 1) have mean 0, 0.5, 0.5 or 1: with a quarter on each end, 95% reaches from 0 to 1, and
    # 40% (30% in each tail) from 0.5 to 0.5.
    assert stratified_bootstrap([0.0, 1.0]) == Interval(point=0.5, low=0.0, high=1.0, confidence=0.95)
    assert stratified_bootstrap([0.0, 1.0], confidence=0.4) == Interval(0.5, 0.5, 0.5, 0.4)


def test_percentiles_are_those_of_scipy() -> None:
    scores = normal(12)
    ours = stratified_bootstrap(scores, statistic=mean_over_batch, num_resamples=20_000)
    theirs = stats.bootstrap((scores,), np.mean, method="percentile", n_resamples=20_000, rng=1)
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=0.03)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=0.03)


def test_strata_are_kept() -> None:
    # Seeds agree within a task and tasks differ wildly: redrawing seeds within each task changes nothing.
    scores = np.tile([0.0, 50.0, -1000.0], (5, 1))
    interval = stratified_bootstrap(scores, statistic=mean_over_batch)
    assert interval.low == interval.high == pytest.approx(-950.0 / 3)


def test_tasks_are_redrawn_independently() -> None:
    # Task 2 mirrors task 1. Redrawing whole rows would give mean 0 in every resample.
    column = normal(8)
    interval = stratified_bootstrap(np.stack([column, -column], axis=1), statistic=mean_over_batch)
    assert interval.low < -0.1 < 0.1 < interval.high


def test_the_seed_decides() -> None:
    scores = normal(6, 3)
    first, again, other = (stratified_bootstrap(scores, rng=np.random.default_rng(seed)) for seed in (4, 4, 5))
    assert first == again
    assert first != other
    assert stratified_bootstrap(scores) == stratified_bootstrap(scores, rng=np.random.default_rng(0))


def test_more_confidence_is_wider_and_seeds_are_exchangeable() -> None:
    scores = normal(9, 2)
    wide, narrow = (stratified_bootstrap(scores, confidence=confidence) for confidence in (0.99, 0.8))
    assert wide.low < narrow.low < narrow.point < narrow.high < wide.high
    reversed_ = stratified_bootstrap(scores[::-1], confidence=0.8)
    assert reversed_.point == pytest.approx(narrow.point)
    assert (reversed_.low, reversed_.high) == pytest.approx((narrow.low, narrow.high), abs=0.02)


def test_blocks_bound_the_memory() -> None:
    # Unblocked, the indices alone are 10,000 * 100 * 50 * 8 bytes = 400 MB.
    tracemalloc.start()
    stratified_bootstrap(np.zeros((100, 50)), num_resamples=2_000, statistic=mean_over_batch)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 80e6


def test_pairing_cancels_what_the_seeds_share() -> None:
    # Control spreads by 10, the gain is 1 +- 0.1: only the paired interval can see it.
    control = 10.0 * normal(8)
    method = control + 1.0 + 0.1 * normal(8, seed=1)
    paired, unpaired = paired_bootstrap(method, control), unpaired_bootstrap(method, control)
    assert 0.8 < paired.low < 1.0 < paired.high < 1.2
    assert unpaired.low < -2.0
    assert unpaired.high > 4.0


def test_paired_is_the_bootstrap_of_the_differences() -> None:
    method, control = normal(6, 2), normal(6, 2, seed=1)
    assert paired_bootstrap(method, control) == stratified_bootstrap(method - control)


def test_unpaired_takes_arms_of_different_sizes() -> None:
    # Constant arms: no spread at all.
    interval = unpaired_bootstrap(np.full(4, 3.0), np.full(7, 1.0))
    assert (interval.point, interval.low, interval.high) == (2.0, 2.0, 2.0)


def test_unpaired_width_is_that_of_welch_for_many_seeds() -> None:
    method, control = normal(200), normal(300, seed=1)
    ours = unpaired_bootstrap(method, control, statistic=mean_over_batch, num_resamples=5_000)
    theirs = stats.ttest_ind(method, control, equal_var=False).confidence_interval()
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.02)


def test_arms_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="Use unpaired_bootstrap"):
        paired_bootstrap(normal(5), normal(6))
    with pytest.raises(ValueError, match="same tasks"):
        unpaired_bootstrap(normal(5, 2), normal(5, 3))


def test_one_seed_has_no_end() -> None:
    for interval in (
        stratified_bootstrap([2.0]),
        paired_bootstrap([3.0], [1.0]),
        unpaired_bootstrap([3.0, 3.0], [1.0]),
        t_interval([2.0]),
    ):
        assert interval == Interval(point=2.0, low=-math.inf, high=math.inf, confidence=0.95)


def test_nan_is_refused_or_carried_and_never_dropped() -> None:
    with_nan, whole = np.array([1.0, math.nan, 2.0]), np.array([1.0, 1.0, 2.0])
    for interval in (
        stratified_bootstrap(with_nan, nan="carry"),
        paired_bootstrap(with_nan, whole, nan="carry"),
        unpaired_bootstrap(whole, with_nan, nan="carry"),
    ):
        assert not interval.is_defined
        assert math.isnan(interval.low)
        assert math.isnan(interval.high)
    with pytest.raises(ValueError, match="1 of 3"):
        stratified_bootstrap(with_nan)
    with pytest.raises(ValueError, match="1 of 3"):
        paired_bootstrap(whole, with_nan)
    with pytest.raises(ValueError, match="1 of 3"):
        unpaired_bootstrap(with_nan, whole)
    with pytest.raises(ValueError, match="finite"):
        stratified_bootstrap([1.0, math.inf], nan="carry")


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="confidence"):
        stratified_bootstrap(normal(5), confidence=95.0)
    with pytest.raises(ValueError, match="num_resamples"):
        unpaired_bootstrap(normal(5), normal(5), num_resamples=0)
    with pytest.raises(ValueError, match="'drop'"):
        stratified_bootstrap(normal(5), nan="drop")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="low <= high"):
        Interval(point=0.0, low=1.0, high=0.0, confidence=0.95)
    with pytest.raises(ValueError, match="confidence"):
        Interval(point=0.0, low=0.0, high=0.0, confidence=1.0)


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 5, 9, 10, 30, 99])
@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.999])
def test_t_quantile_is_that_of_scipy(degrees: int, confidence: float) -> None:
    assert t_quantile(confidence, degrees) == pytest.approx(stats.t.ppf(0.5 + confidence / 2, degrees), rel=1e-9)


def test_t_interval_is_that_of_the_one_sample_t_test() -> None:
    differences = normal(6)
    theirs = stats.ttest_1samp(differences, 0.0).confidence_interval(0.9)
    ours = t_interval(differences, confidence=0.9)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))


def test_t_refuses_what_it_cannot_use() -> None:
    with pytest.raises(ValueError, match="flat"):
        t_interval(normal(5, 2))
    with pytest.raises(ValueError, match="degrees"):
        t_quantile(0.95, 0)
    with pytest.raises(ValueError, match="confidence"):
        t_interval(normal(5), confidence=1.5)
