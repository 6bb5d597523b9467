"""Transfer component analysis: components in which the means of both domains are near and variance is kept."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import eigh

from rltransfer.errors import UnfitDataError
from rltransfer.images.adaptation.domains import Array, Domains
from rltransfer.images.adaptation.feature_alignment import FeatureAlignment
from rltransfer.images.adaptation.kernels import kernel_matrix, median_gamma


class TCA(FeatureAlignment):
    """Transfer components: minimise the distance of means (MMD) + reg * ||W||^2 at a fixed variance.

    Args:
        num_components: how many; fewer where the kernel's rank is lower.
        reg: the weight of ||W||^2, above 0; more gives smoother components that align less.
        kernel: "linear" or "rbf".
        gamma: width of rbf, exp(-gamma * squared distance); None: by the median distance.
        normalise: whether rows are scaled to length 1 before, and their components after, as the reference code of JDA
            does.
        estimator: the classifier; None: the nearest neighbour.

    The MMD matrix is scaled to Frobenius norm 1, so that ``reg`` means the same for samples of any size, and each
    component's coefficients have length 1, as in the reference code of JDA.

    Source: Pan, Tsang, Kwok and Yang 2011, "Domain Adaptation via Transfer Component Analysis", section III.
    """

    def __init__(
        self,
        *,
        num_components: int = 100,
        reg: float = 1.0,
        kernel: str = "linear",
        gamma: float | None = None,
        normalise: bool = True,
        estimator: Any = None,
    ) -> None:
        self.num_components = num_components
        self.reg = reg
        self.kernel = kernel
        self.gamma = gamma
        self.normalise = normalise
        self.estimator = estimator

    def _align(self, domains: Domains) -> None:
        self._span(domains)
        self._solve(domains, mean_differences(len(domains.source), len(domains.target)))

    def _span(self, domains: Domains) -> None:
        """Rows of both domains, and the span of their kernel, in which all components lie."""
        if self.reg <= 0 or self.num_components < 1:
            raise UnfitDataError(
                f"reg {self.reg}, num_components {self.num_components}: give a reg above 0, 1 or more."
            )
        self.rows_ = self._scaled(np.concatenate([domains.source, domains.target]))
        self.gamma_ = self.gamma or (median_gamma(self.rows_) if self.kernel == "rbf" else None)
        values, vectors = np.linalg.eigh(self._kernel(self.rows_))
        kept = values > 1e-9 * max(values[-1], 1e-300)
        self._values, self._vectors = values[kept], vectors[:, kept]

    def _solve(self, domains: Domains, differences: Array) -> None:
        """Components at which ``differences``, (statistics, n_source + n_target), are small.

        Of the generalised eigenvectors v of (K M K + reg I, K H K) those of the smallest values are wanted. They lie in
        the span of K = U S U', so with v = U c the problem has as many unknowns as K has rank.
        """
        apart = (differences @ self._vectors) * self._values
        total = np.linalg.norm(differences @ differences.T)  # the Frobenius norm of differences' differences
        left = apart.T @ apart / (total or 1.0) + self.reg * np.eye(len(self._values))
        centred = (self._vectors - self._vectors.mean(0)) * self._values
        size = len(self._values)
        most = min(self.num_components, size)
        _, found = eigh(centred.T @ centred, left, subset_by_index=(size - most, size - 1))
        found = found[:, ::-1] / np.linalg.norm(found[:, ::-1], axis=0)
        self.coefficients_ = self._vectors @ found

    def _map(self, rows: Array) -> Array:
        return self._scaled(self._kernel(self._scaled(rows)) @ self.coefficients_)

    def _kernel(self, rows: Array) -> Array:
        return kernel_matrix(rows, self.rows_, kernel=self.kernel, gamma=self.gamma_)

    def _scaled(self, rows: Array) -> Array:
        if not self.normalise:
            return rows
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        scaled: Array = rows / np.where(lengths > 0, lengths, 1.0)
        return scaled


def mean_differences(num_source: int, num_target: int) -> Array:
    """(1, n_source + n_target): what gives the difference of the domains' means."""
    return np.concatenate([np.full(num_source, 1 / num_source), np.full(num_target, -1 / num_target)])[None]
