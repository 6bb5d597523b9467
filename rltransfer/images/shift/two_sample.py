"""Are two samples of one distribution? Tests with p-values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import binom
from sklearn.base import clone

from rltransfer.errors import DataError
from rltransfer.images.adaptation.domains import both_domains
from rltransfer.images.adaptation.kernels import kernel_matrix, median_gamma

AT_ONCE = 50
"""Permutations that are multiplied at once."""


@dataclass(frozen=True, kw_only=True)
class TwoSample:
    """What a test found.

    Args:
        statistic: MMD^2, or the accuracy of the classifier.
        p_value: how likely a statistic as large is where both samples are of one distribution.
        alike: its value where they are: 0 for MMD^2 of endless rows, 0.5 for accuracy.
    """

    statistic: float
    p_value: float
    alike: float


def mmd_test(
    source: Any, target: Any, *, permutations: int = 500, seed: int = 0, gamma: float | None = None
) -> TwoSample:
    """Maximum mean discrepancy with an rbf kernel; the p-value by permutations of which sample a row is from.

    Args:
        source: (n_source, columns).
        target: (n_target, columns).
        permutations: more give a finer p-value, whose least is 1 / (permutations + 1).
        seed: draws the permutations.
        gamma: width, exp(-gamma * squared distance); None: by the median distance.

    The matrix of all rows' kernels is held: 8 bytes * (n_source + n_target)^2.

    Source: Gretton, Borgwardt, Rasch, Schölkopf and Smola 2012, "A Kernel Two-Sample Test", the biased statistic of
    equation (5), and section 8.
    """
    if permutations < 1:
        raise DataError(f"permutations: {permutations} give no p-value. Give 1 or more.")
    ours, theirs = both_domains(source, target)
    rows = np.concatenate([ours, theirs])
    products = kernel_matrix(rows, rows, kernel="rbf", gamma=gamma or median_gamma(rows))
    signs = np.repeat([1 / len(ours), -1 / len(theirs)], [len(ours), len(theirs)])
    statistic = float(signs @ products @ signs)
    draws = np.random.default_rng(seed)
    reached = 0
    for start in range(0, permutations, AT_ONCE):
        count = min(AT_ONCE, permutations - start)
        shuffled = np.stack([draws.permutation(signs) for _ in range(count)], axis=1)
        reached += int((np.einsum("np,np->p", shuffled, products @ shuffled) >= statistic - 1e-15).sum())
    return TwoSample(statistic=statistic, p_value=(1 + reached) / (1 + permutations), alike=0.0)


def classifier_test(source: Any, target: Any, *, seed: int = 0, estimator: Any = None) -> TwoSample:
    """A classifier learns on one half which sample rows are from; its accuracy on the other is held to chance.

    Args:
        source: (n_source, columns).
        target: (n_target, columns). The larger sample is cut to the smaller one's size, so that chance is a half.
        seed: draws the halves.
        estimator: the classifier; None: logistic regression of standardised columns, which sees shifts of means.

    The p-value is exact: that of so many heads of a fair coin.

    Source: Lopez-Paz and Oquab 2017, "Revisiting Classifier Two-Sample Tests", section 3.
    """
    ours, theirs = both_domains(source, target)
    size = min(len(ours), len(theirs))
    if size < 8:
        raise DataError(f"source has {len(ours)} rows, target {len(theirs)}: a classifier test needs 8 of each.")
    draws = np.random.default_rng(seed)
    ours, theirs = (rows[draws.permutation(len(rows))[:size]] for rows in (ours, theirs))
    half = size // 2
    labels = np.repeat([0, 1], [half, half])
    learner = clone(estimator) if estimator is not None else _logistic()
    learner.fit(np.concatenate([ours[:half], theirs[:half]]), labels)
    truth = np.repeat([0, 1], size - half)
    right = int((learner.predict(np.concatenate([ours[half:], theirs[half:]])) == truth).sum())
    return TwoSample(statistic=right / len(truth), p_value=float(binom.sf(right - 1, len(truth), 0.5)), alike=0.5)


def _logistic() -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
