"""Measures the coverage table in the docstring of ``rltransfer.metrics.bootstrap``, and holds it there."""

from __future__ import annotations

import re

import numpy as np
import pytest

from rltransfer.metrics import (
    bootstrap,
    iqm_over_batch,
    judge,
    mean_over_batch,
    stratified_bootstrap,
    t_interval,
)

NUM_DATA_SETS = 2_000
NUM_RESAMPLES = 1_000


def measured_coverage(num_pairs: int) -> tuple[float, ...]:
    """Share of data sets that give no verdict: IQM bootstrap, mean bootstrap, Student t, first and third."""
    rng = np.random.default_rng(2021)
    hits = np.zeros(4)
    for differences in rng.standard_normal((NUM_DATA_SETS, num_pairs)):
        of_iqm, of_mean = (
            stratified_bootstrap(differences, statistic=statistic, num_resamples=NUM_RESAMPLES, rng=rng)
            for statistic in (iqm_over_batch, mean_over_batch)
        )
        student = t_interval(differences)
        verdicts = (judge(of_iqm), judge(of_mean), judge(student), judge(of_iqm, student))
        hits += [each == "no evidence" for each in verdicts]
    return tuple(float(rate) for rate in hits / NUM_DATA_SETS)


def documented_coverage(num_pairs: int) -> tuple[float, ...]:
    """Row of the docstring table for this number of pairs."""
    row = re.search(rf"^\|\s+{num_pairs} \|(.+)\|$", bootstrap.__doc__ or "", flags=re.MULTILINE)
    assert row is not None
    return tuple(float(cell) for cell in row.group(1).split("|"))


@pytest.mark.parametrize("num_pairs", [3, 5, 10])
def test_documented_coverage_is_the_measured_one(num_pairs: int) -> None:
    # Same seed and procedure as when the table was written; the slack is for another numpy's random stream,
    # two standard errors of the difference of two such measurements.
    assert measured_coverage(num_pairs) == pytest.approx(documented_coverage(num_pairs), abs=0.025)


def test_three_pairs_of_one_sign_exclude_zero_for_the_bootstrap_but_not_for_student() -> None:
    # Lowest resample (0.1, 0.1, 0.1) has probability 1/27 = 3.7% > 2.5%, so the lower end is 0.1.
    # Mean 0.4, sd sqrt((0.09 + 0.01 + 0.16) / 2) = 0.3606, half-width 4.303 * 0.3606 / sqrt(3) = 0.896.
    differences = np.array([0.1, 0.3, 0.8])
    assert stratified_bootstrap(differences).low == pytest.approx(0.1)
    student = t_interval(differences)
    assert (student.low, student.high) == pytest.approx((0.4 - 0.896, 0.4 + 0.896), abs=1e-3)
