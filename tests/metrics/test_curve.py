"""Checks of ``Curve`` against sums done by hand."""

from __future__ import annotations

import numpy as np
import pytest

from rltransfer.metrics import Curve


def curve(steps: list[int], returns: list[float]) -> Curve:
    return Curve(env_steps=np.array(steps), returns=np.array(returns))


def test_area_is_the_trapezoid_over_the_budget() -> None:
    # (0 + 4) / 2 * 10 + (4 + 6) / 2 * 30 = 20 + 150 = 170, over 40 steps.
    assert curve([0, 10, 40], [0.0, 4.0, 6.0]).area() == pytest.approx(170 / 40)


def test_area_of_a_late_start_is_the_mean_height_of_what_was_measured() -> None:
    # Constant 3 from step 100 to 200: mean height 3, not 3 * 100 / 200.
    assert curve([100, 200], [3.0, 3.0]).area() == 3.0


def test_area_needs_two_evaluations() -> None:
    with pytest.raises(ValueError, match="at least 2 evaluations"):
        curve([0], [1.0]).area()


def test_final_is_half_open_at_its_early_edge() -> None:
    # 0, 10, ..., 100 with the return equal to the step. (90, 100] holds 100; (80, 100] holds 90 and 100; all
    # of (0, 100] is 10, ..., 100 with mean 55.
    steps = list(range(0, 101, 10))
    straight = curve(steps, [float(step) for step in steps])
    assert straight.final() == 100.0
    assert straight.final(0.2) == 95.0
    assert straight.final(1.0) == 55.0


@pytest.mark.parametrize("interval", [1, 3, 7, 1_000, 12_345])
def test_final_does_not_depend_on_rounding_at_the_edge(interval: int) -> None:
    # 20 intervals: the last tenth is exactly the last two evaluations, whatever 0.1 * budget rounds to.
    steps = [interval * k for k in range(21)]
    assert curve(steps, [0.0] * 19 + [4.0, 8.0]).final() == 6.0


def test_final_forgives_the_rounding_error_of_a_computed_fraction() -> None:
    # 1.1 - 0.2 is 0.9 and a bit more. (1, 10] holds 2, ..., 10 with mean 6; with the edge it would be 5.5.
    steps = list(range(11))
    assert 1.1 - 0.2 > 0.9
    assert curve(steps, [float(step) for step in steps]).final(1.1 - 0.2) == 6.0


def test_final_of_a_single_evaluation_is_that_evaluation() -> None:
    assert curve([0], [2.5]).final() == 2.5


@pytest.mark.parametrize("fraction", [0.0, -0.1, 1.1, float("nan")])
def test_final_refuses_a_fraction_outside_its_range(fraction: float) -> None:
    with pytest.raises(ValueError, match="fraction"):
        curve([0, 1], [0.0, 1.0]).final(fraction)


def test_first_and_budget() -> None:
    one = curve([0, 10, 40], [-1.0, 4.0, 6.0])
    assert (one.first(), one.budget) == (-1.0, 40)


def test_the_curve_keeps_read_only_copies() -> None:
    steps, returns = np.array([0, 1]), np.array([0.0, 1.0])
    one = Curve(env_steps=steps, returns=returns)
    returns[0] = 9.0
    assert one.first() == 0.0
    with pytest.raises(ValueError, match="read-only"):
        one.returns[0] = 9.0


@pytest.mark.parametrize(
    ("steps", "returns", "message"),
    [
        ([], [], "same length"),
        ([0, 1], [0.0], "same length"),
        ([[0, 1]], [[0.0, 1.0]], "one curve per seed"),
        ([0.0, 1.0], [0.0, 1.0], "integers"),
        ([-1, 1], [0.0, 1.0], "negative"),
        ([0, 5, 5], [0.0, 1.0, 2.0], "found 5 then 5 at positions 1 and 2"),
        ([0, 5, 4], [0.0, 1.0, 2.0], "strictly increasing"),
        ([0, 7], [0.0, float("nan")], "found nan at step 7"),
        ([0, 7], [float("inf"), 1.0], "found inf at step 0"),
    ],
)
def test_a_malformed_curve_is_refused(steps: list[int], returns: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        curve(steps, returns)
