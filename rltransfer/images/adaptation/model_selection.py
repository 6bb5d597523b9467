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
from rltransfer.images.adaptation.domains import UNLABELLED, Array, checked_rows, row_weights
from rltransfer.images.given_rows import given_labels
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
    candidates: Sequence[Any],
    X: Any,
    y: Any,
    Xt: Any,
    yt: Any = None,
    *,
    folds: int = 5,
    seed: int = 0,
    weights: Any = None,
) -> Choice:
    """Cross-validate on source rows, each counting p_target(x) / p_source(x). The target's labels judge nothing.

    Args:
        candidates: unfitted adapting classifiers, of one method or several.
        X: (n_source, columns) rows of the source.
        y: (n_source,) their labels.
        Xt: (n_target, columns) rows of the target.
        yt: (n_target,) the few labels of the target that candidates may learn from, -1 where unknown; None: none. No
            error is measured by them.
        folds: parts of the source that are held out in turn.
        seed: draws the folds and the rows by which the ratio's penalty is chosen.
        weights: (n_source,) the ratios, where they are known; None: by logistic regression, for domains of the same
            columns.

    Raises:
        UnfitDataError: no candidates; rows, labels or weights that cannot be learned from; more folds than a class has
            rows.

    Under covariate shift the weighted error estimates the target's; where P(y|x) differs it does not.

    Source: Sugiyama, Krauledat and Müller 2007, "Covariate Shift Adaptation by Importance Weighted Cross Validation".
    """
    if not candidates:
        raise UnfitDataError("candidates: there are none. Give one or more classifiers to choose from.")
    rows, target = checked_rows(X, "source"), checked_rows(Xt, "target")
    labels = given_labels(y, "source: y", len(rows))
    fewest = int(np.unique(labels, return_counts=True)[1].min())
    if not 2 <= folds <= fewest:
        raise UnfitDataError(
            f"folds: {folds}, and one class of the source has {fewest} rows. Give 2 folds to {fewest}."
        )
    ratios = _ratios(rows, target, seed) if weights is None else row_weights(weights, len(rows))
    errors = np.zeros(len(candidates))
    for train, held in StratifiedKFold(folds, shuffle=True, random_state=seed).split(rows, labels):
        for place, candidate in enumerate(candidates):
            guesses = clone(candidate).fit(rows[train], labels[train], target, yt).predict_source(rows[held])
            errors[place] += (ratios[held] * (guesses != labels[held])).sum()
    errors /= ratios.sum()
    size = effective_sample_size(torch.from_numpy(ratios))
    return Choice(best=int(errors.argmin()), errors=tuple(errors.tolist()), effective_sample_size=size)


def oracle(
    candidates: Sequence[Any], X: Any, y: Any, Xt: Any, target_labels: NDArray[Any], *, yt: Any = None
) -> Choice:
    """The candidate that is best by the target's labels, which no honest choice knows: a bound to set others beside.

    Args:
        candidates: unfitted adapting classifiers.
        X: (n_source, columns) rows of the source.
        y: (n_source,) their labels.
        Xt: (n_target, columns) rows of the target.
        target_labels: (n_target,) labels that candidates are judged by, and do not see.
        yt: (n_target,) labels that they do learn from, -1 elsewhere; those rows are not judged. None: none.
    """
    if not candidates:
        raise UnfitDataError("candidates: there are none. Give one or more classifiers to choose from.")
    truth = given_labels(target_labels, "target_labels", len(checked_rows(Xt, "target")))
    judged = np.full(len(truth), True) if yt is None else np.asarray(yt) == UNLABELLED
    if not judged.any():
        raise UnfitDataError("target: yt has a label for every row, so that none is left to judge by.")
    errors = [float((clone(one).fit(X, y, Xt, yt).predict(Xt) != truth)[judged].mean()) for one in candidates]
    return Choice(best=int(np.argmin(errors)), errors=tuple(errors), effective_sample_size=float(judged.sum()))


def _ratios(source: Array, target: Array, seed: int) -> Array:
    if source.shape[1] != target.shape[1]:
        raise UnfitDataError(
            f"target has {target.shape[1]} columns, the source {source.shape[1]}: no density ratio. Give weights."
        )
    ratios: Array = logistic_ratio(source, target, seed=seed).log_of(torch.from_numpy(source)).exp().numpy()
    return ratios
