"""Regularised regression of logits that are bilinear in an image and a description, by L-BFGS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_softmax

from rltransfer.images.zero_shot.inputs import FloatArray, IntArray

Loss = Callable[[FloatArray], tuple[float, FloatArray]]
"""Logits (images, outputs) -> their loss summed over images, and its derivative by each logit."""


def fit_logits(
    X: FloatArray, loss: Loss, *, num_outputs: int, C: float, max_iter: int, outputs: FloatArray | None = None
) -> FloatArray:
    """The weights W that minimise ``C * loss([X, 1] W outputs') + |W|^2 / 2``, the last row of W (offsets) left out.

    Args:
        X: (images, features).
        loss: see ``Loss``; convex.
        num_outputs: columns of W.
        C: weight of the loss beside the penalty: more fits the seen classes closer (scikit-learn's ``C``).
        max_iter: L-BFGS steps at most.
        outputs: (outputs, columns) what W is multiplied with; None for W itself.

    Returns:
        (features + 1, num_outputs) of the type of ``X``.
    """
    shape = (X.shape[1] + 1, num_outputs)
    right = None if outputs is None else outputs.astype(X.dtype)

    def objective(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = flat.reshape(shape)
        value, slope = loss(apply_logits(X, weights.astype(X.dtype), right))
        slope = slope.astype(X.dtype)
        if right is not None:
            slope = slope @ right
        gradient = np.vstack([X.T @ slope, slope.sum(axis=0, dtype=np.float64)]).astype(np.float64) * C
        gradient[:-1] += weights[:-1]
        return C * value + 0.5 * float((weights[:-1] ** 2).sum()), gradient.ravel()

    options: dict[str, Any] = {"maxiter": max_iter, "ftol": 1e-9, "gtol": 1e-6}
    found = minimize(objective, np.zeros(shape[0] * shape[1]), jac=True, method="L-BFGS-B", options=options)
    weights: FloatArray = found.x.reshape(shape).astype(X.dtype)
    return weights


def apply_logits(X: FloatArray, weights: FloatArray, outputs: FloatArray | None = None) -> FloatArray:
    """(images, columns of ``weights``) logits, or (images, outputs): ``[X, 1] weights outputs'``."""
    logits: FloatArray = X @ weights[:-1] + weights[-1]
    return logits if outputs is None else logits @ outputs.T


def sigmoid_loss(targets: FloatArray, weights: FloatArray | float = 1.0) -> Loss:
    """Binary cross-entropy of every output by itself, each entry times ``weights``; ``targets`` are 0 or 1."""
    signs = 2 * targets - 1

    def loss(logits: FloatArray) -> tuple[float, FloatArray]:
        margins = signs * logits
        value = float((weights * np.logaddexp(0, -margins)).sum(dtype=np.float64))
        return value, -weights * signs * expit(-margins)

    return loss


def softmax_loss(labels: IntArray) -> Loss:
    """Cross-entropy of one class an image; ``labels`` (images,) are columns of the logits."""
    rows = np.arange(len(labels))

    def loss(logits: FloatArray) -> tuple[float, FloatArray]:
        likelihoods = log_softmax(logits, axis=1)
        slope = np.exp(likelihoods)
        slope[rows, labels] -= 1
        return -float(likelihoods[rows, labels].sum(dtype=np.float64)), slope

    return loss
