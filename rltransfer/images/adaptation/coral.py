"""CORAL: the source's covariance is made the target's."""

from __future__ import annotations

from typing import Any

import numpy as np

from rltransfer.errors import UnfitDataError
from rltransfer.images.adaptation.domains import Array, Domains
from rltransfer.images.adaptation.feature_alignment import FeatureAlignment

MOST_STEPS = 1_000_000
"""Of the support vector machine, which would not end on columns of very unlike scales; then scikit-learn warns."""


class CORAL(FeatureAlignment):
    """Source rows are whitened with their own covariance and coloured with the target's.

    Args:
        reg: added to the diagonal of both covariances, 0 or more; the paper's is 1. Less follows the covariances
            more closely and needs more rows than columns.
        estimator: the classifier; None: a linear support vector machine, as in the paper.

    Source: Sun, Feng and Saenko 2016, "Return of Frustratingly Easy Domain Adaptation", Algorithm 1.
    """

    def __init__(self, *, reg: float = 1.0, estimator: Any = None) -> None:
        self.reg = reg
        self.estimator = estimator

    def _align(self, domains: Domains) -> None:
        if not 0 <= self.reg < np.inf:
            raise UnfitDataError(f"reg: {self.reg}. Give 0 or more.")
        whitened = _power(_covariance(domains.source, self.reg), -0.5)
        self.colouring_ = whitened @ _power(_covariance(domains.target, self.reg), 0.5)

    def _map_source(self, rows: Array) -> Array:
        mapped: Array = rows @ self.colouring_
        return mapped

    def _usual_classifier(self) -> Any:
        from sklearn.svm import SVC

        return SVC(kernel="linear", max_iter=MOST_STEPS)


def _covariance(rows: Array, reg: float) -> Array:
    covariance: Array = np.atleast_2d(np.cov(rows, rowvar=False)) + reg * np.eye(rows.shape[1])
    return covariance


def _power(matrix: Array, exponent: float) -> Array:
    """A symmetric positive matrix to a power; directions without variance are left at 0."""
    values, vectors = np.linalg.eigh(matrix)
    kept = values > 1e-10 * max(values[-1], 1e-300)
    powers = np.where(kept, np.where(kept, values, 1.0) ** exponent, 0.0)
    powered: Array = (vectors * powers) @ vectors.T
    return powered
