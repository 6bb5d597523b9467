"""KLIEP: a density ratio by least Kullback-Leibler divergence from the target, its width chosen by likelihood."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rltransfer.errors import UnfitDataError
from rltransfer.images.adaptation.domains import Array
from rltransfer.images.adaptation.instance_weighting import InstanceWeighting
from rltransfer.images.adaptation.kernels import kernel_matrix, median_gamma

WIDTHS = (0.5, 0.7, 1.0, 1.4, 2.0, 4.0)
"""Widths tried, as multiples of the median distance: own choice. Much narrower kernels fit into the gaps between source
rows, where the mean over the source does not see them, and so seem likely without being so."""


class KLIEP(InstanceWeighting):
    """w(x) = sum of a_l exp(-|x - c_l|^2 / (2 s^2)), a >= 0, its mean over the source 1, log w most over the target.

    After ``fit``, ``gamma_`` is the width that was chosen and ``likelihoods_`` the held-out mean log w of each.

    Args:
        gammas: widths to choose from, 1 / (2 s^2); None: ``WIDTHS`` times the median distance.
        num_centres: target rows that kernels are put at; the paper's 100. More is finer and slower.
        folds: parts of the target for likelihood cross-validation.
        seed: draws centres and folds.
        estimator: the classifier; None: logistic regression.

    Source: Sugiyama, Suzuki, Nakajima, Kashima, von Bünau and Kawanabe 2008, "Direct importance estimation for
    covariate shift adaptation", sections 2 and 3 (likelihood cross-validation). The maximum of the paper's convex
    problem is found by the steps of expectation maximisation for mixture proportions, which need no step size.
    """

    def __init__(
        self,
        *,
        gammas: Sequence[float] | None = None,
        num_centres: int = 100,
        folds: int = 5,
        seed: int = 0,
        estimator: Any = None,
    ) -> None:
        self.gammas = gammas
        self.num_centres = num_centres
        self.folds = folds
        self.seed = seed
        self.estimator = estimator

    def _weigh(self, source: Array, target: Array) -> Array:
        if len(target) < self.folds:
            raise UnfitDataError(f"target: {len(target)} rows are too few for {self.folds} folds. Give fewer folds.")
        draws = np.random.default_rng(self.seed)
        centres = target[draws.permutation(len(target))[: self.num_centres]]
        fold = draws.permutation(len(target)) % self.folds
        near = median_gamma(np.concatenate([source, target]))
        gammas = [near / width**2 for width in WIDTHS] if self.gammas is None else list(self.gammas)
        self.likelihoods_ = {gamma: self._held_out(source, target, centres, fold, gamma) for gamma in gammas}
        self.gamma_ = max(self.likelihoods_, key=lambda gamma: self.likelihoods_[gamma])
        ours, theirs = (kernel_matrix(rows, centres, kernel="rbf", gamma=self.gamma_) for rows in (target, source))
        weights: Array = theirs @ ratio_coefficients(ours, theirs.mean(0))
        return weights

    def _held_out(self, source: Array, target: Array, centres: Array, fold: Any, gamma: float) -> float:
        """Mean of log w over target rows that w was not fitted to."""
        ours, theirs = (kernel_matrix(rows, centres, kernel="rbf", gamma=gamma) for rows in (target, source))
        if not (theirs.mean(0) > 0).all():
            return -np.inf  # so narrow that no source row is near some centre
        found = []
        for held in range(self.folds):
            weights = ours[fold == held] @ ratio_coefficients(ours[fold != held], theirs.mean(0))
            found.append(np.log(np.maximum(weights, 1e-300)).mean())
        return float(np.mean(found))


def ratio_coefficients(target: Array, source_mean: Array, *, rounds: int = 2000, tolerance: float = 1e-4) -> Array:
    """The a >= 0 with a . source_mean = 1 at which mean(log(target @ a)) is greatest.

    Args:
        target: (n_target, centres) kernels at target rows.
        source_mean: (centres,) means of kernels over source rows.
        rounds: steps at most.
        tolerance: it ends where the mean is known to be within so much of its greatest value.
    """
    if not (source_mean > 0).all():
        raise UnfitDataError(
            "source: no row is near some target rows. Give smaller gammas, or scale both domains alike."
        )
    parts = target / source_mean
    shares = np.full(len(source_mean), 1 / len(source_mean))
    for _ in range(rounds):
        gain = (parts / np.maximum(parts @ shares, 1e-300)[:, None]).mean(0)
        if np.log(gain.max()) < tolerance:  # concavity: no shares are better than these by more
            break
        shares = shares * gain
    coefficients: Array = shares / source_mean
    return coefficients
