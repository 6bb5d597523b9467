"""The summary of several seed pairs: every figure is the one of its own function."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from rltransfer.metrics import (
    Curve,
    Interval,
    TimesToThreshold,
    TransferSummary,
    paired_bootstrap,
    summarize,
    t_interval,
)


def curve(*returns: float, steps: tuple[int, ...] = (0, 10, 20)) -> Curve:
    return Curve(env_steps=np.array(steps), returns=np.array(returns))


def shifted(offsets: list[float], *shape: float) -> list[Curve]:
    """One curve per offset, of the given shape raised by it."""
    return [curve(*(value + offset for value in shape)) for offset in offsets]


OFFSETS = [0.0, 0.1, 0.2, 0.3, 0.4]


def test_a_trap_is_shown_side_by_side() -> None:
    # Per seed: jumpstart 3, asymptotic gain -2, areas 5.75 + offset and 4 + offset. Differences do not
    # spread.
    summary = summarize(shifted(OFFSETS, 4, 6, 7), shifted(OFFSETS, 1, 3, 9), threshold=6.0, source_steps=100)
    for interval, expected in (
        (summary.jumpstart, 3.0),
        (summary.asymptotic_gain, -2.0),
        (summary.total_reward_gain, 1.75),
        (summary.total_reward_gain_t, 1.75),
    ):
        assert (interval.low, interval.point, interval.high) == pytest.approx((expected,) * 3)
    # The control's IQM area is the mean of 4.1, 4.2 and 4.3; every seed gains 1.75.
    assert summary.transfer_ratio.point == pytest.approx(1.75 / 4.2)
    assert summary.transfer_times.target_steps == TimesToThreshold(times=(10,) * 5, budget=20)
    assert summary.transfer_times.total_steps == TimesToThreshold(times=(110,) * 5, budget=120)
    assert summary.control_times.target_steps == summary.control_times.total_steps
    assert summary.control_times.target_steps.median == 20.0
    assert (summary.verdict, summary.bootstrap_verdict, summary.warning) == ("helped", "helped", None)
    assert (summary.num_seeds, summary.threshold, summary.source_steps) == (5, 6.0, 100)


def test_intervals_are_those_of_the_paired_bootstrap() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(2, 6, 3))
    transfer, control = ([curve(*returns) for returns in arm] for arm in noise)
    summary = summarize(transfer, control, threshold=0.0, confidence=0.9, num_resamples=500, seed=7)
    areas = [[each.area() for each in arm] for arm in (transfer, control)]
    expected = paired_bootstrap(*areas, confidence=0.9, num_resamples=500, rng=np.random.default_rng(7))
    assert summary.total_reward_gain == expected
    assert summary.total_reward_gain_t == t_interval(np.array(areas[0]) - areas[1], confidence=0.9)
    starts = [[each.first() for each in arm] for arm in (transfer, control)]
    assert summary.jumpstart == paired_bootstrap(
        *starts, confidence=0.9, num_resamples=500, rng=np.random.default_rng(7)
    )


def test_the_asymptotic_gain_takes_its_fraction() -> None:
    # (0, 20] holds the last two evaluations: 6.5 - 6.
    summary = summarize(shifted(OFFSETS, 4, 6, 7), shifted(OFFSETS, 1, 3, 9), threshold=6.0, fraction=1.0)
    assert summary.asymptotic_gain.point == pytest.approx(0.5)


def test_pairs_are_by_position() -> None:
    # Each seed gains exactly 1; paired in another order the gains would spread.
    control = [curve(offset, offset, offset) for offset in (0.0, 5.0, 9.0, 2.0, 7.0)]
    transfer = [curve(*(each.returns + 1.0)) for each in control]
    straight = summarize(transfer, control, threshold=3.0)
    crossed = summarize(transfer[::-1], control, threshold=3.0)
    assert straight.total_reward_gain.low == straight.total_reward_gain.high == 1.0
    assert crossed.total_reward_gain.low < 0.0 < crossed.total_reward_gain.high


def test_censored_seeds_are_counted_in_both_arms() -> None:
    transfer = [curve(0, 5, 5), curve(0, 0, 5), curve(0, 0, 0), curve(0, 5, 5), curve(0, 0, 5)]
    control = [curve(0, 0, 0)] * 3 + [curve(0, 0, 5)] * 2
    summary = summarize(transfer, control, threshold=5.0, source_steps=7)
    assert (summary.transfer_times.target_steps.num_censored, summary.transfer_times.target_steps.median) == (
        1,
        20,
    )
    assert (summary.transfer_times.total_steps.num_censored, summary.transfer_times.total_steps.median) == (
        1,
        27,
    )
    assert (summary.control_times.target_steps.num_censored, summary.control_times.target_steps.median) == (
        3,
        None,
    )


def test_three_seeds_of_one_sign_are_no_evidence_and_say_why() -> None:
    # Gains 0.1, 0.3, 0.8: the bootstrap excludes 0, the t-interval (-0.50, 1.30) does not.
    transfer = [curve(gain, gain, gain) for gain in (0.1, 0.3, 0.8)]
    summary = summarize(transfer, [curve(0, 0, 0)] * 3, threshold=1.0)
    assert summary.total_reward_gain.low > 0.0 > summary.total_reward_gain_t.low
    assert (summary.verdict, summary.bootstrap_verdict) == ("no evidence", "helped")
    assert summary.warning is not None
    assert summary.warning.startswith("3 seeds, fewer than 5")
    assert "alone says 'helped'" in summary.warning


def test_five_seeds_with_a_lone_bootstrap_still_warn() -> None:
    # Mean 0.42, sd 0.545, half-width 2.776 * 0.545 / sqrt(5) = 0.677 > 0.42; the IQM of the gains is
    # positive.
    transfer = [curve(gain, gain, gain) for gain in (0.05, 0.1, 0.2, 0.4, 1.35)]
    summary = summarize(transfer, [curve(0, 0, 0)] * 5, threshold=1.0)
    assert (summary.verdict, summary.bootstrap_verdict) == ("no evidence", "helped")
    assert summary.warning is not None
    assert "fewer" not in summary.warning


def test_a_loss_is_hurt() -> None:
    summary = summarize(shifted(OFFSETS, 0, 0, 0), shifted(OFFSETS, 1, 1, 1), threshold=1.0)
    assert summary.verdict == "hurt"


def test_one_seed_is_summarised_without_evidence() -> None:
    summary = summarize([curve(4, 6, 7)], [curve(1, 3, 9)], threshold=6.0)
    assert summary.total_reward_gain == Interval(point=1.75, low=-math.inf, high=math.inf, confidence=0.95)
    assert summary.verdict == "no evidence"


def test_an_undefined_ratio_of_one_seed_is_carried_until_it_is_normalised() -> None:
    transfer, control = shifted(OFFSETS, 1, 1, 1), shifted([-2.0, *OFFSETS[1:]], 0, 0, 0)
    raw = summarize(transfer, control, threshold=1.0)
    assert not raw.transfer_ratio.is_defined
    assert raw.total_reward_gain.is_defined
    normalised = summarize(transfer, control, threshold=1.0, normalizer=(-10.0, 0.0))
    assert normalised.transfer_ratio.is_defined
    assert normalised.normalizer == (-10.0, 0.0)
    assert normalised.total_reward_gain == raw.total_reward_gain


def test_without_a_zero_of_its_own_a_ratio_is_undefined_and_nothing_else_changes() -> None:
    transfer, control = shifted(OFFSETS, 1, 1, 1), shifted(OFFSETS, 5, 6, 7)
    known, unknown = (summarize(transfer, control, threshold=1.0, has_zero=zero) for zero in (True, False))
    assert known.transfer_ratio.is_defined
    assert not unknown.transfer_ratio.is_defined
    assert unknown.total_reward_gain == known.total_reward_gain


def test_the_same_seed_gives_the_same_summary_and_the_summary_is_plain_data() -> None:
    arms = (shifted(OFFSETS, 4, 6, 7), shifted(OFFSETS[::-1], 1, 3, 9))
    first, again = (summarize(*arms, threshold=6.0) for _ in range(2))
    assert first == again
    assert dataclasses.asdict(first)["control_times"]["target_steps"]["budget"] == 20
    assert isinstance(first, TransferSummary)


def test_arms_that_cannot_be_paired_are_refused() -> None:
    with pytest.raises(ValueError, match="found 5 with transfer and 4 from scratch"):
        summarize(shifted(OFFSETS, 1, 1, 1), shifted(OFFSETS[1:], 1, 1, 1), threshold=1.0)
    with pytest.raises(ValueError, match="at least 1"):
        summarize([], [], threshold=1.0)
    with pytest.raises(ValueError, match="same steps"):
        summarize([curve(1, 2, 3)], [curve(1, 2, 3, steps=(0, 10, 30))], threshold=1.0)
