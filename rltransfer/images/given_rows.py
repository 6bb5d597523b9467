"""Rows of numbers and their labels as a caller gives them, checked once for all methods that learn from them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rltransfer.errors import UnfitDataError

FloatArray = NDArray[np.floating[Any]]


def number_rows(values: Any, name: str, *, columns: int | None = None) -> FloatArray:
    """``values`` as (rows, columns) of finite numbers: float32 where they are, else float64.

    Args:
        values: a matrix, or what numpy makes one of.
        name: what messages call it: ``"X"``, ``"target: Xt"``.
        columns: how many it must have; None: any number.

    Raises:
        UnfitDataError: what is no matrix of numbers, or of other columns; numbers that are not finite, with the first
            one's row and column.
    """
    if hasattr(values, "toarray"):
        raise UnfitDataError(f"{name} is sparse. Give it as an array: .toarray()")
    try:
        found = np.asarray(values)
        if np.iscomplexobj(found):
            raise UnfitDataError(f"{name}: Complex data not supported. Give real numbers.")
        found = found if found.dtype == np.float32 else found.astype(np.float64, copy=False)
    except UnfitDataError:
        raise
    except ValueError as error:
        told = " ".join(str(error).split())[:120]
        raise UnfitDataError(f"{name} is no matrix of numbers ({told}). Leave out columns of text.") from error
    if found.ndim != 2:
        raise UnfitDataError(f"{name} has shape {found.shape}. Reshape your data to (rows, columns).")
    if columns is not None and found.shape[1] != columns:
        raise UnfitDataError(f"{name} has {found.shape[1]} columns, and {columns} are expected.")
    flawed = ~np.isfinite(found)
    if flawed.any():
        row, column = np.argwhere(flawed)[0]
        value = "NaN" if np.isnan(found[row, column]) else str(found[row, column])
        raise UnfitDataError(
            f"{name}: row {row}, column {column} is {value}. {flawed.any(axis=1).sum()} of {len(found)} rows have "
            "numbers that are not finite: fill them in, or leave those rows out."
        )
    return found


def given_labels(values: Any, name: str, rows: int) -> NDArray[Any]:
    """``values`` as (rows,) labels of any kind, none of them missing.

    Args:
        values: numbers, text or truth values.
        name: what messages call them: ``"y"``.
        rows: how many there must be.

    Raises:
        UnfitDataError: labels of another number, or None or NaN among them, with the first one's row.
    """
    found = np.asarray(values)
    if found.shape != (rows,):
        raise UnfitDataError(f"{name} has shape {found.shape} for {rows} rows. Give each row one label.")
    missing = missing_labels(found)
    if missing.any():
        raise UnfitDataError(
            f"{name}: row {int(missing.argmax())} has no label; {missing.sum()} of {rows} are missing. Leave such rows "
            "out."
        )
    return found


def missing_labels(labels: NDArray[Any]) -> NDArray[np.bool_]:
    """(n,) true where a label is None or NaN."""
    if labels.dtype.kind == "O":
        found = [label is None or (isinstance(label, float) and math.isnan(label)) for label in labels.ravel()]
    else:
        found = np.isnan(labels).tolist() if labels.dtype.kind == "f" else [False] * len(labels)
    return np.array(found, dtype=bool)
