"""A labelled source and a target, checked before anything is learned from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_array
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from rltransfer.errors import UnfitDataError
from rltransfer.images.given_rows import given_labels, missing_labels, number_rows

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
UNLABELLED = -1


@dataclass(frozen=True, kw_only=True)
class Domains:
    """What an adaptation learns from.

    Args:
        source: (n_source, columns).
        labels: (n_source,) the source's classes, counted from 0.
        target: (n_target, columns), the source itself where there is no target.
        target_labels: (n_target,) as ``labels``, -1 where unknown.
        is_shifted: False where there is no target, so that the source's distribution is also the target's.
    """

    source: Array
    labels: Codes
    target: Array
    target_labels: Codes
    is_shifted: bool

    @property
    def known(self) -> NDArray[np.bool_]:
        """(n_target,) which target rows have a label."""
        known: NDArray[np.bool_] = self.target_labels != UNLABELLED
        return known


def checked_domains(
    estimator: Any, X: Any, y: Any, Xt: Any, yt: Any, *, same_columns: bool = True
) -> tuple[Domains, NDArray[Any]]:
    """The domains and the names of their classes.

    Args:
        estimator: keeps ``n_features_in_``, the columns of the target, which is what it predicts for.
        X: (n_source, columns) rows of the source.
        y: (n_source,) their labels.
        Xt: (n_target, columns) rows of the target, or None: no shift.
        yt: (n_target,) labels of the target, -1 where unknown, or None: all unknown.
        same_columns: whether both domains have to have the same ones.

    Raises:
        UnfitDataError: rows that are no numbers, labels that are missing, one class only, columns that do not fit.
    """
    rows = number_rows(X, "source")
    if np.asarray(y).ndim == 1:
        given_labels(y, "source: y", len(rows))
    try:
        source, names = validate_data(estimator, X, y, dtype=np.float64, ensure_min_samples=2)
        check_classification_targets(names)
    except ValueError as error:
        raise in_one_line(error, "source") from error
    estimator.source_columns_ = source.shape[1]
    classes, labels = np.unique(names, return_inverse=True)
    if len(classes) < 2:
        only = classes.tolist()[0]
        raise UnfitDataError(f"source: y has one class only ({only!r}). A classifier needs rows of two or more.")
    if Xt is None:
        if yt is not None:
            raise UnfitDataError("target: labels yt without rows Xt. Give both, or neither where there is no shift.")
        return _unshifted(source, labels), classes
    target = checked_rows(Xt, "target")
    if same_columns:
        _refuse_other_columns(X, Xt, source, target)
    validate_data(estimator, Xt, dtype=np.float64)  # names and number of the columns that are predicted from
    known = _target_codes(yt, classes, len(target))
    return Domains(source=source, labels=labels, target=target, target_labels=known, is_shifted=True), classes


def checked_rows(rows: ArrayLike, domain: str, *, at_least: int = 2, columns: int | None = None) -> Array:
    """Rows as float64. Raises UnfitDataError, naming ``domain``, where they are no matrix of finite numbers.

    Args:
        rows: (n, columns).
        domain: what messages call them.
        at_least: how many rows there must be.
        columns: how many columns there must be; None: any number.
    """
    checked = number_rows(rows, domain, columns=columns)
    try:
        found: Array = check_array(checked, dtype=np.float64, ensure_min_samples=at_least)
    except ValueError as error:
        raise in_one_line(error, domain) from error
    return found


def both_domains(source: ArrayLike, target: ArrayLike) -> tuple[Array, Array]:
    """Rows of two domains of the same columns. Raises UnfitDataError as ``checked_rows`` does, and for others."""
    ours, theirs = checked_rows(source, "source"), checked_rows(target, "target")
    if ours.shape[1] != theirs.shape[1]:
        raise UnfitDataError(
            f"target has {theirs.shape[1]} columns, the source {ours.shape[1]}. Give both the same features."
        )
    return ours, theirs


def row_weights(weights: ArrayLike, rows: int) -> Array:
    """(rows,) weights of source rows. Raises UnfitDataError for another number, negative ones, or all of them 0."""
    try:
        found = np.asarray(weights, dtype=np.float64)
    except ValueError as error:
        raise UnfitDataError("weights: they are no numbers. Give one a source row.") from error
    if found.shape != (rows,) or not np.isfinite(found).all() or (found < 0).any() or not found.sum() > 0:
        raise UnfitDataError(
            f"weights: shape {found.shape} for {rows} rows. Give one a source row, 0 or more, not all of them 0."
        )
    return found


def _refuse_other_columns(X: Any, Xt: Any, source: Array, target: Array) -> None:
    if target.shape[1] != source.shape[1]:
        raise UnfitDataError(
            f"target: Xt has {target.shape[1]} columns, the source {source.shape[1]}. Give both the same features."
        )
    if not (hasattr(X, "columns") and hasattr(Xt, "columns")):
        return
    for place, (ours, theirs) in enumerate(zip(X.columns, Xt.columns, strict=True)):
        if ours != theirs:
            raise UnfitDataError(
                f"target: column {place} of Xt is {theirs!r}, of X {ours!r}. Give both the same, in the same order."
            )


def _unshifted(source: Array, labels: Codes) -> Domains:
    unknown = np.full(len(source), UNLABELLED)
    return Domains(source=source, labels=labels, target=source, target_labels=unknown, is_shifted=False)


def _target_codes(yt: Any, classes: NDArray[Any], rows: int) -> Codes:
    codes = np.full(rows, UNLABELLED)
    if yt is None:
        return codes
    given = np.asarray(yt)
    if given.shape != (rows,):
        raise UnfitDataError(
            f"target: yt has shape {given.shape}, Xt {rows} rows. Give a label a row, -1 where unknown."
        )
    if UNLABELLED in classes.tolist():
        raise UnfitDataError("source: -1 is a class in y, and 'unknown' in yt. Name that class otherwise.")
    missing = missing_labels(given)
    if missing.any():
        raise UnfitDataError(
            f"target: row {int(missing.argmax())} of yt is None or NaN. Give -1 where a label is unknown."
        )
    places = {name: place for place, name in enumerate(classes.tolist())}
    for row, name in enumerate(given.tolist()):
        if name in (UNLABELLED, str(UNLABELLED)):
            continue
        if name not in places:
            raise UnfitDataError(f"target: row {row} of yt is of class {name!r}, which the source has no rows of.")
        codes[row] = places[name]
    return codes


def in_one_line(error: ValueError, domain: str) -> UnfitDataError:
    """The error of a check of scikit-learn's, naming the domain."""
    return UnfitDataError(f"{domain}: {' '.join(str(error).split())}")
