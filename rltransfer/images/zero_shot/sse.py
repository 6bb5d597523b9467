"""Semantic similarity embedding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from rltransfer.images.zero_shot.inputs import FloatArray, IntArray
from rltransfer.images.zero_shot.method import ZeroShotMethod, positive, unit_rows
from rltransfer.images.zero_shot.mixtures import mixtures

CHUNK = 256
"""Images whose similarities to all seen classes are held at once: 256 x 40 x 576 numbers are 24 MB."""


class SSE(ZeroShotMethod):
    """Image and description are both seen as mixtures of the seen classes; their agreement is the score.

    A description's shares of the seen classes are those of the mixture nearest to it. An image's similarity to a seen
    class is a weighted sum of how far each feature exceeds that of the class's mean image. The weights are learned so
    that an image agrees with its own class by a margin, which is the wider the less alike two classes' descriptions
    are.

    Args:
        C: weight of the broken margins beside the weights' penalty. More fits seen images closer.
        spread: more spreads a description over more of the seen classes; see ``mixtures``.
        max_per_class: images of a class that are learned from, its first ones; None for all. Time grows with it.
        max_iter: L-BFGS steps.

    Source: Zhang & Saligrama 2015, "Zero-Shot Learning via Semantic Similarity Embedding", with the rectified
    target-domain embedding. The paper's other one, the intersection min(x, v) = x - max(x - v, 0), gives the same
    scores with weights of the other sign, since shares sum to 1. Own choices: classes' reference points stay at their
    means, where the paper's alternation starts; margins are squared and asked of each image, not of class averages
    too.
    """

    def __init__(
        self,
        *,
        C: float = 1.0,
        spread: float = 0.1,
        max_per_class: int | None = 50,
        max_iter: int = 50,
    ) -> None:
        self.C = C
        self.spread = spread
        self.max_per_class = max_per_class
        self.max_iter = max_iter

    def _learn(self, X: FloatArray, y: IntArray, S: FloatArray) -> None:
        positive(self, "C", "spread", "max_iter", *(() if self.max_per_class is None else ("max_per_class",)))
        classes = range(len(S))
        self.means_ = np.stack([X[y == c].mean(axis=0, dtype=np.float64) for c in classes]).astype(X.dtype)
        self.seen_descriptions_ = S
        shares = mixtures(S, S, spread=self.spread)
        margins = 1 - unit_rows(S) @ unit_rows(S).T
        chosen = np.concatenate([np.flatnonzero(y == c)[: self.max_per_class] for c in classes])
        images, labels = X[chosen], y[chosen]

        def objective(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            value, gradient = 0.0, np.zeros_like(weights)
            narrow = weights.astype(X.dtype)
            for start, similar in self._similarities(images):
                scores = (similar @ narrow).astype(np.float64) @ shares.T
                own = labels[start : start + len(scores)]
                rows = np.arange(len(own))
                broken = np.maximum(margins[own] + scores - scores[rows, own][:, None], 0)
                broken[rows, own] = 0
                value += float((broken**2).sum())
                slope = 2 * broken
                slope[rows, own] = -slope.sum(axis=1)
                gradient += np.tensordot((slope @ shares).astype(X.dtype), similar, axes=2)
            scale = self.C / len(images)
            return scale * value + 0.5 * float(weights @ weights), scale * gradient + weights

        start = np.zeros(X.shape[1])
        found = minimize(objective, start, jac=True, method="L-BFGS-B", options={"maxiter": self.max_iter})
        self.weights_ = found.x.astype(X.dtype)

    def _match(self, X: FloatArray, descriptions: FloatArray) -> FloatArray:
        shares = mixtures(descriptions, self.seen_descriptions_, spread=self.spread)
        parts = [similar @ self.weights_ for _, similar in self._similarities(X)]
        return cast(FloatArray, np.concatenate(parts).astype(np.float64) @ shares.T)

    def _similarities(self, X: FloatArray) -> Iterator[tuple[int, FloatArray]]:
        """(index of the first image, (images, seen classes, features)) in chunks."""
        for start in range(0, len(X), CHUNK):
            images = X[start : start + CHUNK, None, :]
            yield start, np.maximum(images - self.means_, 0)
