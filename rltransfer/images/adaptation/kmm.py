"""Kernel mean matching: weights that make the source's mean in a kernel's space the target's."""

from __future__ import annotations

from typing import Any

import numpy as np

from rltransfer.errors import UnfitDataError
from rltransfer.images.adaptation.domains import Array
from rltransfer.images.adaptation.instance_weighting import InstanceWeighting
from rltransfer.images.adaptation.kernels import kernel_matrix, median_gamma


class KMM(InstanceWeighting):
    """Weights b minimise b'Kb / 2 - k'b, 0 <= b <= most, sum of b within slack of n.

    Args:
        most: the largest weight; the paper's experiments have 1000. Less bounds how much one row counts.
        slack: how far the mean weight may be from 1; None: (sqrt(n) - 1) / sqrt(n), as in the paper.
        kernel: "rbf" or "linear".
        gamma: width of rbf, exp(-gamma * squared distance); None: by the median distance.
        estimator: the classifier; None: logistic regression.

    Source: Huang, Smola, Gretton, Borgwardt and Schölkopf 2006, "Correcting Sample Selection Bias by Unlabeled Data",
    the quadratic program of section 3. Solved by accelerated projected gradients (Beck and Teboulle 2009, "A Fast
    Iterative Shrinkage-Thresholding Algorithm") that start anew where the objective rises.
    """

    def __init__(
        self,
        *,
        most: float = 1000.0,
        slack: float | None = None,
        kernel: str = "rbf",
        gamma: float | None = None,
        estimator: Any = None,
    ) -> None:
        self.most = most
        self.slack = slack
        self.kernel = kernel
        self.gamma = gamma
        self.estimator = estimator

    def _weigh(self, source: Array, target: Array) -> Array:
        size = len(source)
        slack = (np.sqrt(size) - 1) / np.sqrt(size) if self.slack is None else self.slack
        if not 0 <= slack < 1 or self.most < 1:
            raise UnfitDataError(
                f"slack {slack}, most {self.most}: give a slack in [0, 1) and a largest weight of 1 or more."
            )
        gamma = self.gamma
        if self.kernel == "rbf" and gamma is None:
            gamma = median_gamma(np.concatenate([source, target]))
        products = kernel_matrix(source, source, kernel=self.kernel, gamma=gamma)
        likeness = size * kernel_matrix(source, target, kernel=self.kernel, gamma=gamma).mean(1)
        return matching_weights(products, likeness, most=self.most, slack=slack)


def matching_weights(
    products: Array, likeness: Array, *, most: float, slack: float, rounds: int = 5000, tolerance: float = 1e-9
) -> Array:
    """The b that minimises b'Kb / 2 - k'b under the bounds of ``KMM``.

    Args:
        products: (n, n) K.
        likeness: (n,) k.
        most: the largest b.
        slack: how far the mean of b may be from 1.
        rounds: gradient steps at most.
        tolerance: the change of b, relative to its length, at which it ends.
    """
    size = len(products)
    least_sum, most_sum = size * (1 - slack), size * (1 + slack)
    step = 1 / max(np.linalg.eigvalsh(products)[-1], 1e-12)
    weights = ahead = np.ones(size)
    momentum = 1.0
    for _ in range(rounds):
        proposed = _inside(ahead - step * (products @ ahead - likeness), most, least_sum, most_sum)
        moved = proposed - weights
        if momentum > 1 and (ahead - proposed) @ moved > 0:  # momentum points uphill: go on without it
            ahead, momentum = weights, 1.0
            continue
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = proposed + (momentum - 1) / following * moved
        weights, momentum = proposed, following
        if np.linalg.norm(moved) <= tolerance * max(float(np.linalg.norm(weights)), 1.0):
            break
    return weights


def _inside(point: Array, most: float, least_sum: float, most_sum: float) -> Array:
    """The nearest b with 0 <= b <= most and least_sum <= sum(b) <= most_sum: all of it shifted, then cut off."""
    clipped = np.clip(point, 0, most)
    total = clipped.sum()
    if least_sum <= total <= most_sum:
        return clipped
    wanted = least_sum if total < least_sum else most_sum
    low, high = point.min() - most, point.max()
    for _ in range(100):  # halvings of the shift: the sum falls as it grows
        middle = (low + high) / 2
        if np.clip(point - middle, 0, most).sum() > wanted:
            low = middle
        else:
            high = middle
    inside: Array = np.clip(point - (low + high) / 2, 0, most)
    return inside
