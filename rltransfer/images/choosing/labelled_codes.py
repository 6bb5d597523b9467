"""Codes or probabilities of a trunk on a labelled target, checked."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rltransfer.errors import DataError

Array = NDArray[np.float64]


def labelled_codes(codes: Any, labels: Any, *, what: str = "codes") -> tuple[Array, NDArray[np.int64]]:
    """(n, columns) float64 and (n,) classes counted from 0 without gaps.

    Raises:
        DataError: no matrix of finite numbers, labels of another number, or fewer than two classes.
    """
    rows = np.asarray(codes, dtype=np.float64)
    names = np.asarray(labels)
    if rows.ndim != 2 or names.shape != (len(rows),):
        raise DataError(f"{what} of shape {rows.shape}, labels of shape {names.shape}. Give (n, columns) and (n,).")
    flawed = ~np.isfinite(rows).all(axis=1)
    if flawed.any():
        raise DataError(f"{what}: row {int(flawed.argmax())} has a number that is not finite. Leave such rows out.")
    classes, found = np.unique(names, return_inverse=True)
    if len(classes) < 2:
        raise DataError(f"labels name {len(classes)} class(es). A score needs two or more.")
    return rows, found
