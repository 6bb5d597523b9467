"""Choosing settings for a target without looking at its labels; and with looking, which is the oracle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.model_selection import StratifiedKFold

from rltransfer.errors import UnfitDataError
from rltransfer.images.adaptation.discriminative_ratio import logistic_ratio
from rltransfer.images.adaptation.domains import Array
from rltransfer.transfer.mechanisms.density_ratio import effective_sample_size


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What validation chose among candidates.

    Args:
        best: index of the candidate of least error, the first of equals.
        errors: (candidates,) importance-weighted error of each, an estimate of its error on the target.
        effective_sample_size: how many equally weighted held-out rows would have said as much; few: do not trust it.
    """

    best: int
    errors: tuple[float, ...]
    effective_sample_size: float


def importance_weighted_validation(
    candidates: Sequence[Any], X: Any, y: Any, Xt: Any, *, folds: int = 5, seed: int = 0, weights: Any = None
) -> Choice:
    """Cross-validate on source rows, each counting p_target(x) / p_source(x). The target's labels are not asked for.

    Args:
        candidates: unfitted adapting classifiers, of one method or several.
        X: (n_source, columns) rows of the source.
        y: (n_source,) their labels.
        Xt: (n_target, columns) rows of the target.
        folds: parts of the source that are held out in turn.
        seed: draws the folds and the rows by which the ratio's penalty is chosen.
        weights: (n_source,) the ratios, where they are known; None: by logistic regression.

    Under covariate shift the weighted error estimates the target's; where P(y|x) differs it does not.

    Source: Sugiyama, Krauledat and Müller 2007, "Covariate Shift Adaptation by Importance Weighted Cross Validation".
    """
    if not candidates:
        raise UnfitDataError("candidates: there are none. Give one or more classifiers to choose from.")
    rows, labels, target = np.asarray(X, dtype=np.float64), np.asarray(y), np.asarray(Xt, dtype=np.float64)
    ratios = _ratios(rows, target, seed) if weights is None else np.asarray(weights, dtype=np.float64)
    if ratios.shape != labels.shape or (ratios < 0).any() or not ratios.sum() > 0:
        raise UnfitDataError(f"weights: shape {ratios.shape}. Give one a source row, 0 or more, not all of them 0.")
    errors = np.zeros(len(candidates))
    for train, held in StratifiedKFold(folds, shuffle=True, random_state=seed).split(rows, labels):
        for place, candidate in enumerate(candidates):
            guesses = clone(candidate).fit(rows[train], labels[train], target).predict_source(rows[held])
            errors[place] += (ratios[held] * (guesses != labels[held])).sum()
    errors /= ratios.sum()
    size = effective_sample_size(torch.from_numpy(ratios))
    return Choice(best=int(errors.argmin()), errors=tuple(errors.tolist()), effective_sample_size=size)


def oracle(candidates: Sequence[Any], X: Any, y: Any, Xt: Any, target_labels: NDArray[Any]) -> Choice:
    """The candidate that is best by the target's labels, which no honest choice knows: a bound to set others beside.

    Args:
        candidates: unfitted adapting classifiers.
        X: (n_source, columns) rows of the source.
        y: (n_source,) their labels.
        Xt: (n_target, columns) rows of the target.
        target_labels: (n_target,) labels that candidates are judged by, and do not see.
    """
    truth = np.asarray(target_labels)
    errors = [float((clone(one).fit(X, y, Xt).predict(Xt) != truth).mean()) for one in candidates]
    return Choice(best=int(np.argmin(errors)), errors=tuple(errors), effective_sample_size=float(len(truth)))


def _ratios(source: Array, target: Array, seed: int) -> Array:
    ratios: Array = logistic_ratio(source, target, seed=seed).log_of(torch.from_numpy(source)).exp().numpy()
    return ratios
