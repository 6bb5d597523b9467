"""Rows of numbers with a label each, whatever file they come from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rltransfer.errors import DataError
from rltransfer.images.data.flawed import Flawed, OnError
from rltransfer.images.data.sets import FeatureSet


def feature_rows(
    features: npt.NDArray[Any],
    labels: npt.NDArray[Any],
    *,
    path: Path,
    on_error: OnError,
    class_names: Sequence[str] | None = None,
    values: Sequence[int] | None = None,
    feature_names: Sequence[str] = (),
    places: Sequence[str] | None = None,
) -> FeatureSet:
    """A table as a ``FeatureSet``; rows with features or labels that are not finite are refused or skipped.

    Args:
        features: (n, d) numbers.
        labels: (n,) numbers or text; classes are their different values in ascending order.
        path: the file, for messages.
        on_error: see ``DataSpec``.
        class_names: names of the classes in that order; the values themselves where None.
        values: the values that labels may have, one a class; those that occur where None.
        feature_names: (d,) names of the columns.
        places: (n,) where each row stands; its number, from 1, where None.

    Raises:
        DataError: shapes that do not fit, or flawed rows where ``on_error`` is ``refuse``.
    """
    if features.ndim != 2 or features.dtype.kind not in "fiub":
        raise DataError(
            f"{path}: features must be numbers of shape (n, d), not {features.dtype} of shape {features.shape}."
        )
    labels = labels.ravel() if labels.size == max(labels.shape, default=0) else labels
    if labels.ndim != 1 or labels.dtype.kind not in "fiubU":
        told = f"{labels.dtype} of shape {labels.shape}"
        raise DataError(f"{path}: labels must be numbers or text of shape (n,), not {told}.")
    if len(labels) != len(features):
        raise DataError(f"{path}: has {len(features)} rows of features, but {len(labels)} labels.")
    named = places or [f"{path.name}: row {row}" for row in range(1, len(features) + 1)]
    flawed = Flawed(on_error)
    is_finite = np.isfinite(features)
    sound = is_finite.all(axis=1)
    has_label = labels != "" if labels.dtype.kind == "U" else np.isfinite(labels)
    if values is not None:
        has_label &= np.isin(labels, list(values))
    for row in np.flatnonzero(~(sound & has_label)).tolist():
        column = int(np.argmin(is_finite[row]))
        name = repr(feature_names[column]) if feature_names else str(column)
        value = "not a number" if np.isnan(features[row, column]) else str(features[row, column])
        why = "its label is missing or of no class" if not has_label[row] else f"feature {name} is {value}"
        flawed.add(named[row], why)
    skipped = flawed.tell(len(features), "rows")
    kept = np.flatnonzero(sound & has_label)
    known = np.unique(labels[kept]) if values is None else np.asarray(values)
    if class_names is not None and len(class_names) != len(known):
        raise DataError(f"{path}: {len(class_names)} class_names are given for {len(known)} classes.")
    return FeatureSet(
        labels=np.searchsorted(known, labels[kept]),
        class_names=tuple(class_names or (_text(value) for value in known)),
        features=features[kept].astype(np.float64),
        feature_names=tuple(feature_names),
        origins=tuple(named[row] for row in kept.tolist()),
        skipped=skipped,
    )


def _text(value: object) -> str:
    """A label as a name: whole numbers without a point."""
    return str(int(value)) if isinstance(value, float | np.floating) and value == int(value) else str(value)
