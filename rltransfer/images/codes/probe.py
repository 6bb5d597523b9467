"""A linear classifier on codes: what a stage tells of the classes without learning anything below it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from rltransfer.errors import DataError
from rltransfer.images.codes.nearest import require_finite
from rltransfer.images.given_rows import given_labels


def linear_probe(
    codes: npt.NDArray[np.floating],
    labels: npt.NDArray[np.int64],
    *,
    strength: float = 1.0,
    max_iterations: int = 200,
) -> Any:
    """Logistic regression on standardised codes, fitted.

    Args:
        codes: (n, d).
        labels: (n,) classes.
        strength: scikit-learn's ``C``: how far weights may go from 0. More fits the examples closer; few examples
            want less.
        max_iterations: of L-BFGS; where they do not suffice, the classifier is that of the last.

    Returns:
        A scikit-learn pipeline with ``predict``, ``predict_proba`` and ``score``.

    Raises:
        DataError: one class only, labels missing or of another number, or codes that are not finite.

    Source: own choice, because scikit-learn's defaults are what codes are commonly judged by.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if codes.ndim != 2:
        raise DataError(f"codes have shape {codes.shape}. Give (n, d).")
    require_finite(codes)
    if len(np.unique(given_labels(labels, "labels", len(codes)))) < 2:
        raise DataError("a probe needs two classes at least to tell apart.")
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=max_iterations))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        probe.fit(codes, labels)
    return probe
