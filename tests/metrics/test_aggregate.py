"""Aggregates against hand sums, scipy and brute force."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from rltransfer.metrics import (
    iqm,
    iqm_over_batch,
    mean,
    mean_over_batch,
    optimality_gap,
    performance_profile,
    probability_of_improvement,
)


def scores(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def test_iqm_by_hand() -> None:
    # 8 scores, 2 cut at each end: (2 + 3 + 4 + 5) / 4. The outlier does not count.
    assert iqm([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0], [6.0, 1000.0]]) == 3.5
    # 5 scores: 1.25 rounded down, so 1 cut at each end.
    assert iqm([9.0, -9.0, 1.0, 2.0, 6.0]) == 3.0
    # 3 scores: nothing cut.
    assert iqm([0.0, 0.0, 3.0]) == 1.0


@pytest.mark.parametrize("shape", [(4, 1), (8, 1), (4, 3), (10, 6), (1, 4), (3, 1), (5, 1), (7, 3)])
def test_iqm_is_the_25_percent_trimmed_mean(shape: tuple[int, int]) -> None:
    matrix = scores(*shape)
    assert iqm(matrix) == pytest.approx(stats.trim_mean(matrix, 0.25, axis=None), abs=1e-12)


def test_iqm_ignores_order_and_follows_shift_and_scale() -> None:
    matrix = scores(6, 4)
    shuffled = np.random.default_rng(1).permutation(matrix.ravel()).reshape(6, 4)
    assert iqm(shuffled) == pytest.approx(iqm(matrix), abs=1e-12)
    assert iqm(3.0 * matrix - 2.0) == pytest.approx(3.0 * iqm(matrix) - 2.0)


def test_batched_aggregates_are_the_single_ones() -> None:
    batch = scores(7, 5, 3)
    np.testing.assert_allclose(iqm_over_batch(batch), [iqm(matrix) for matrix in batch])
    np.testing.assert_allclose(mean_over_batch(batch), [mean(matrix) for matrix in batch])


def test_optimality_gap_gives_nothing_for_running_past_the_target() -> None:
    # Shortfalls of 1: 0.5, 0, 1.5, 0, mean 0.5. Of 2: 1.5, 0, 2.5, 1, mean 1.25.
    matrix = [[0.5, 3.0], [-0.5, 1.0]]
    assert optimality_gap(matrix) == 0.5
    assert optimality_gap(matrix, target=2.0) == 1.25


def test_performance_profile_counts_strictly_above() -> None:
    # At 1: 2 and 3 of four scores, the 1 itself does not count.
    np.testing.assert_array_equal(
        performance_profile([[0.0, 1.0], [2.0, 3.0]], [1.0, -1.0, 3.0, 2.5]), [0.5, 1.0, 0.0, 0.25]
    )


def test_performance_profile_integrates_to_the_mean() -> None:
    # For scores in [0, 1] the area under the survival function is the mean.
    matrix = np.random.default_rng(2).uniform(size=(9, 4))
    taus = np.linspace(0.0, 1.0, 100_001)
    assert np.trapezoid(performance_profile(matrix, taus), taus) == pytest.approx(mean(matrix), abs=1e-5)


def test_probability_of_improvement_by_brute_force_with_ties() -> None:
    method, control = np.round(scores(6, 3, seed=3), 0), np.round(scores(4, 3, seed=4), 0)
    wins = 0.0
    for task in range(3):
        for ours in method[:, task]:
            for theirs in control[:, task]:
                wins += 1.0 if ours > theirs else 0.5 if ours == theirs else 0.0
    assert probability_of_improvement(method, control) == pytest.approx(wins / (6 * 4 * 3))
    assert probability_of_improvement(method, method) == 0.5


def test_probability_of_improvement_is_the_mann_whitney_statistic() -> None:
    method, control = scores(9, 2, seed=5), scores(7, 2, seed=6)
    expected = stats.mannwhitneyu(method, control, axis=0).statistic / (9 * 7)
    assert probability_of_improvement(method, control) == pytest.approx(expected.mean())


def test_probability_of_improvement_of_two_methods_sums_to_one() -> None:
    method, control = scores(5, 3, seed=7), scores(8, 3, seed=8)
    both = probability_of_improvement(method, control) + probability_of_improvement(control, method)
    assert both == pytest.approx(1.0)


def test_probability_of_improvement_needs_the_same_tasks() -> None:
    with pytest.raises(ValueError, match="found 2 and 3 tasks"):
        probability_of_improvement(scores(5, 2), scores(5, 3))


@pytest.mark.parametrize("aggregate", [iqm, mean, optimality_gap])
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ([], "shape"),
        (np.zeros((2, 2, 2)), "shape"),
        ([1.0, np.nan], "1 of 2"),
        ([[1.0, np.inf], [np.nan, 0.0]], "2 of 4"),
    ],
)
def test_bad_scores_are_refused(aggregate, bad, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=message):
        aggregate(bad)


def test_thresholds_that_are_not_flat_are_refused() -> None:
    with pytest.raises(ValueError, match="flat"):
        performance_profile([1.0], [[0.0, 1.0]])
