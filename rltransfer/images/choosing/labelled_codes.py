"""Codes or probabilities of a trunk on a labelled target, checked."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rltransfer.errors import UnfitDataError
from rltransfer.images.given_rows import given_labels, number_rows

Array = NDArray[np.float64]


def labelled_codes(codes: Any, labels: Any, *, what: str = "codes") -> tuple[Array, NDArray[np.int64]]:
    """(n, columns) float64 and (n,) classes counted from 0 without gaps.

    Raises:
        UnfitDataError: no matrix of finite numbers, labels missing or of another number, or fewer than two classes.
    """
    rows = number_rows(codes, what)
    if not rows.shape[1]:
        raise UnfitDataError(f"{what} has shape {rows.shape}. A score needs a column or more.")
    names = given_labels(labels, "labels", len(rows))
    classes, found = np.unique(names, return_inverse=True)
    if len(classes) < 2:
        raise UnfitDataError(f"labels name {len(classes)} class(es). A score needs two or more.")
    return rows.astype(np.float64), found
