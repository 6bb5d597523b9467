"""Verdicts, worked rate and triad."""

from __future__ import annotations

import math

import pytest

from rltransfer.metrics import Interval, Verdict, iqm, judge, measure_triad, worked_rate


def interval(low: float, high: float) -> Interval:
    return Interval(point=(low + high) / 2, low=low, high=high, confidence=0.95)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.1, 0.2, "helped"),
        (-0.2, -0.1, "hurt"),
        (-0.1, 0.2, "no evidence"),
        (0.0, 0.2, "no evidence"),  # touches 0
        (-0.2, 0.0, "no evidence"),
        (0.0, 0.0, "no evidence"),
        (-math.inf, math.inf, "no evidence"),  # one seed
        (math.nan, math.nan, "no evidence"),  # undefined
    ],
)
def test_a_verdict_needs_the_interval_strictly_on_one_side(low: float, high: float, expected: str) -> None:
    assert judge(interval(low, high)) == expected


def test_several_intervals_must_agree() -> None:
    assert judge(interval(0.1, 0.3), interval(0.2, 0.4)) == "helped"
    assert judge(interval(-0.3, -0.1), interval(-0.4, -0.2)) == "hurt"
    assert judge(interval(0.1, 0.3), interval(-0.2, 0.4)) == "no evidence"
    assert judge(interval(0.1, 0.3), interval(-0.3, -0.1)) == "no evidence"


def test_worked_rate_counts_every_pair() -> None:
    rate = worked_rate(["helped", "no evidence", "hurt", "no evidence", "helped"])
    assert (rate.num_pairs, rate.num_helped, rate.num_hurt) == (5, 2, 1)
    assert (rate.helped, rate.hurt) == (0.4, 0.2)


def test_worked_rate_of_the_published_example() -> None:
    # 622 cross-project predictions, 3.4% worked: 21 of them.
    verdicts: list[Verdict] = ["helped"] * 21
    verdicts += ["no evidence"] * 601
    rate = worked_rate(verdicts)
    assert round(100 * rate.helped, 1) == 3.4


def test_worked_rate_refuses_nothing_and_the_unknown() -> None:
    with pytest.raises(ValueError, match="found none"):
        worked_rate([])
    with pytest.raises(ValueError, match="better"):
        worked_rate(["better"])  # type: ignore[list-item]


def test_triad_is_three_intervals_of_the_iqm() -> None:
    direct, transferred, reference = [70.0, 69.0, 74.0, 60.0], [77.0, 78.0, 76.0], [82.0, 82.0]
    figures = measure_triad(direct=direct, transferred=transferred, reference=reference)
    assert figures.direct.point == iqm(direct) == 69.5
    assert figures.transferred.point == 77.0
    assert (figures.reference.low, figures.reference.point, figures.reference.high) == (82.0, 82.0, 82.0)
    assert figures.direct.low < 69.5 < figures.direct.high
