"""Softmax regression whose weights are pulled to given ones."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp

from rltransfer.images.adaptation.domains import Array, Codes


def pulled_softmax_regression(rows: Array, labels: Codes, *, start: Array, pull: float) -> Array:
    """The W that minimises the summed log-loss + pull / 2 * ||W - start||^2, by L-BFGS.

    Args:
        rows: (n, columns); a column of ones is added for the intercepts, which are pulled too.
        labels: (n,) counted from 0.
        start: (columns + 1, classes) what W is pulled to.
        pull: above 0. Infinitely much gives ``start``, and so do no rows.

    Returns:
        (columns + 1, classes).
    """
    if not len(rows):
        return start
    inputs = np.hstack([rows, np.ones((len(rows), 1))])
    truth = np.eye(start.shape[1])[labels]

    def objective(flat: Array) -> tuple[float, Array]:
        weights = flat.reshape(start.shape)
        logits = inputs @ weights
        logs = logits - logsumexp(logits, axis=1, keepdims=True)
        gone = weights - start
        slope = inputs.T @ (np.exp(logs) - truth) + pull * gone
        return float(-(logs * truth).sum() + pull / 2 * (gone**2).sum()), slope.ravel()

    found = minimize(objective, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 1000, "ftol": 1e-12})
    weights: Array = found.x.reshape(start.shape)
    return weights
