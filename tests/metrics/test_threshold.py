"""Time to threshold and its censoring."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rltransfer.metrics import Curve, TimesToThreshold, time_to_threshold, times_to_threshold


def curve(*returns: float, budget: int = 20) -> Curve:
    return Curve(env_steps=np.array([0, 10, budget]), returns=np.array(returns))


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [
        (0.5, 0),  # met before any training
        (1.0, 0),  # met exactly
        (3.5, 10),  # crossed between 0 and 10: the first evaluation that shows it, not interpolated
        (5.0, 10),
        (5.1, None),  # never
    ],
)
def test_time_to_threshold_is_the_first_evaluation_that_shows_it(threshold: float, expected: int | None) -> None:
    # Falls back to 2 at the end: the first crossing counts.
    assert time_to_threshold(curve(1.0, 5.0, 2.0), threshold) == expected


def test_a_threshold_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        time_to_threshold(curve(1.0, 5.0, 2.0), math.nan)


@pytest.mark.parametrize(
    ("times", "num_censored", "median"),
    [
        ((10, 0, 20), 0, 10.0),
        ((10, 20), 0, 15.0),
        ((10, None, 20), 1, 20.0),  # dropping the censored seed would say 15
        ((10, None), 1, None),  # the mean of 10 and more than the budget is not known
        ((0, 10, 20, None), 1, 15.0),
        ((None, None, 0), 2, None),
    ],
)
def test_median_takes_censored_seeds_as_later_than_the_budget(
    times: tuple[int | None, ...], num_censored: int, median: float | None
) -> None:
    seeds = TimesToThreshold(times=times, budget=20)
    assert seeds.num_censored == num_censored
    assert seeds.median == median


def test_second_accounting_charges_the_source_and_keeps_seeds_censored() -> None:
    seeds = TimesToThreshold(times=(0, 10, None), budget=20).plus_source(100)
    assert seeds == TimesToThreshold(times=(100, 110, None), budget=120)
    assert seeds.median == 110.0
    with pytest.raises(ValueError, match="source_steps"):
        seeds.plus_source(-1)


def test_times_of_an_arm_keep_the_order_of_its_seeds() -> None:
    arm = times_to_threshold([curve(0.0, 1.0, 4.0), curve(0.0, 0.0, 0.0), curve(5.0, 0.0, 0.0)], 4.0)
    assert arm == TimesToThreshold(times=(20, None, 0), budget=20)


def test_an_arm_needs_curves_of_one_budget() -> None:
    with pytest.raises(ValueError, match=r"\[20, 30\]"):
        times_to_threshold([curve(0.0, 1.0, 4.0), curve(0.0, 1.0, 4.0, budget=30)], 4.0)
    with pytest.raises(ValueError, match="no curves"):
        times_to_threshold([], 4.0)


@pytest.mark.parametrize("times", [(), (21,), (-1,)])
def test_impossible_times_are_refused(times: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"seed|must lie in"):
        TimesToThreshold(times=times, budget=20)
