"""Transfer metrics on three-point curves, worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rltransfer.metrics import (
    Curve,
    asymptotic_gain,
    asymptotic_ratio,
    forgetting,
    forward_transfer,
    jumpstart,
    retention,
    total_reward_gain,
    transfer_ratio,
)


def curve(*returns: float, steps: tuple[int, ...] = (0, 10, 20)) -> Curve:
    return Curve(env_steps=np.array(steps), returns=np.array(returns))


# The trap of METRICS: starts higher, ends lower.
# Areas: transfer (4 + 6) / 2 * 10 + (6 + 7) / 2 * 10 = 115, over 20 steps 5.75;
#        control  (1 + 3) / 2 * 10 + (3 + 9) / 2 * 10 = 80, over 20 steps 4.0.
TRANSFER = curve(4.0, 6.0, 7.0)
CONTROL = curve(1.0, 3.0, 9.0)


def test_metrics_of_one_pair_can_disagree() -> None:
    assert jumpstart(TRANSFER, CONTROL) == 3.0
    assert asymptotic_gain(TRANSFER, CONTROL) == -2.0
    assert total_reward_gain(TRANSFER, CONTROL) == pytest.approx(1.75)
    assert transfer_ratio(TRANSFER, CONTROL) == pytest.approx(1.75 / 4.0)
    assert asymptotic_ratio(TRANSFER, CONTROL) == pytest.approx(7.0 / 9.0)


def test_asymptotic_gain_takes_its_fraction() -> None:
    # (0, 20] holds the last two evaluations: 6.5 - 6.0.
    assert asymptotic_gain(TRANSFER, CONTROL, fraction=1.0) == pytest.approx(0.5)
    assert asymptotic_ratio(TRANSFER, CONTROL, fraction=1.0) == pytest.approx(6.5 / 6.0)


def test_ratios_normalise_areas_and_ends() -> None:
    # random -1 and reference 9: areas (5.75 + 1) / 10 = 0.675 and 0.5; ends 0.8 and 1.0.
    assert transfer_ratio(TRANSFER, CONTROL, normalizer=(-1.0, 9.0)) == pytest.approx(0.175 / 0.5)
    assert asymptotic_ratio(TRANSFER, CONTROL, normalizer=(-1.0, 9.0)) == pytest.approx(0.8)


def test_normalising_a_ratio_is_normalising_the_curves() -> None:
    scaled = [Curve(env_steps=each.env_steps, returns=(each.returns + 1.0) / 10.0) for each in (TRANSFER, CONTROL)]
    assert transfer_ratio(TRANSFER, CONTROL, normalizer=(-1.0, 9.0)) == pytest.approx(transfer_ratio(*scaled))


@pytest.mark.parametrize("control", [curve(0.0, 0.0, 0.0), curve(-3.0, -2.0, -1.0), curve(-1.0, 0.0, 1.0)])
def test_transfer_ratio_is_nan_where_the_control_area_is_not_positive(control: Curve) -> None:
    assert math.isnan(transfer_ratio(TRANSFER, control))


def test_asymptotic_ratio_is_nan_where_the_control_ends_at_or_below_zero() -> None:
    assert math.isnan(asymptotic_ratio(TRANSFER, curve(5.0, 5.0, 0.0)))


@pytest.mark.parametrize("normalizer", [(1.0, 1.0), (2.0, 1.0), (0.0, math.inf), (math.nan, 1.0)])
def test_a_normalizer_without_room_is_refused(normalizer: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="reference above random"):
        transfer_ratio(TRANSFER, CONTROL, normalizer=normalizer)


@pytest.mark.parametrize(
    "metric",
    [jumpstart, asymptotic_gain, total_reward_gain, transfer_ratio, asymptotic_ratio, forward_transfer],
)
def test_a_pair_with_different_evaluation_steps_is_refused(metric) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match="same steps"):
        metric(TRANSFER, curve(1.0, 3.0, 9.0, steps=(0, 10, 30)))


def test_jumpstart_is_refused_after_learning_began() -> None:
    late = curve(1.0, 2.0, 3.0, steps=(5, 10, 20))
    with pytest.raises(ValueError, match="first is at step 5"):
        jumpstart(late, late)


@pytest.mark.parametrize("metric", [jumpstart, asymptotic_gain, total_reward_gain])
def test_differences_are_antisymmetric_and_ignore_a_common_shift(metric) -> None:  # type: ignore[no-untyped-def]
    shifted = [Curve(env_steps=each.env_steps, returns=each.returns + 100.0) for each in (TRANSFER, CONTROL)]
    assert metric(CONTROL, TRANSFER) == pytest.approx(-metric(TRANSFER, CONTROL))
    assert metric(*shifted) == pytest.approx(metric(TRANSFER, CONTROL))


def test_forward_transfer_is_the_share_of_the_room_above_the_control() -> None:
    # p = (0.5 + 1) / 4 + (1 + 1) / 4 = 0.875, p_b = (0 + 0.5) / 4 + (0.5 + 1) / 4 = 0.5: 0.375 / 0.5.
    assert forward_transfer(curve(0.5, 1.0, 1.0), curve(0.0, 0.5, 1.0)) == pytest.approx(0.75)
    # The other way round: -0.375 / 0.125.
    assert forward_transfer(curve(0.0, 0.5, 1.0), curve(0.5, 1.0, 1.0)) == pytest.approx(-3.0)


def test_forward_transfer_is_undefined_where_the_control_is_perfect() -> None:
    assert math.isnan(forward_transfer(curve(0.5, 1.0, 1.0), curve(1.0, 1.0, 1.0)))
    assert math.isnan(forward_transfer(curve(0.5, 1.0, 1.0), curve(1.0, 1.0 - 2e-16, 1.0)))


def test_forward_transfer_refuses_returns() -> None:
    with pytest.raises(ValueError, match=r"transfer values from 4\.0 to 7\.0"):
        forward_transfer(TRANSFER, curve(0.0, 0.5, 1.0))
    with pytest.raises(ValueError, match=r"control values from -0\.5"):
        forward_transfer(curve(0.0, 0.5, 1.0), curve(-0.5, 0.5, 1.0))


def test_forgetting_and_retention() -> None:
    assert forgetting(before=0.8, after=0.6) == pytest.approx(0.2)
    assert retention(before=0.8, after=0.6) == pytest.approx(0.75)
    assert math.isnan(retention(before=0.0, after=0.5))
    assert math.isnan(retention(before=-2.0, after=-1.0))
    with pytest.raises(ValueError, match="after=nan"):
        forgetting(before=0.8, after=math.nan)
    with pytest.raises(ValueError, match="before=inf"):
        retention(before=math.inf, after=0.0)
