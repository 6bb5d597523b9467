"""What zero-shot methods are given, checked once for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rltransfer.errors import ConfigError, UnfitDataError
from rltransfer.images.given_rows import given_labels, number_rows

FloatArray = NDArray[np.floating[Any]]
IntArray = NDArray[np.int64]


def checked_features(X: ArrayLike) -> FloatArray:
    """``X`` as (images, features) of float32 or float64.

    Raises:
        UnfitDataError: another shape, no image, or a number that is not finite, with its row and column.
    """
    features = number_rows(X, "X")
    if 0 in features.shape:
        raise UnfitDataError(f"X has shape {features.shape}. Features are (images, features), at least one of each.")
    return features


def checked_descriptions(descriptions: ArrayLike, columns: int) -> FloatArray:
    """(descriptions, attributes) of as many attributes as the method knows. Raises UnfitDataError for others."""
    return number_rows(descriptions, "descriptions", columns=columns).astype(np.float64)


def class_table(S: ArrayLike) -> FloatArray:
    """``S`` as (classes, attributes) float64, which need not be finite for classes that are not asked for.

    Raises:
        UnfitDataError: what is no table of numbers.
    """
    try:
        table = np.asarray(S, dtype=np.float64)
    except ValueError as error:
        raise UnfitDataError(f"S is no table of numbers ({error}). Class descriptions are numbers.") from error
    if table.ndim != 2 or 0 in table.shape:
        raise UnfitDataError(f"S has shape {table.shape}. Class descriptions are (classes, attributes).")
    return table


def class_rows(classes: Any, name: str, num_classes: int) -> IntArray:
    """``classes`` as rows of the class descriptions, in their order.

    Raises:
        ConfigError: what is no list of whole numbers, or a class without a description.
    """
    rows = np.asarray(classes)
    if rows.ndim != 1 or (rows.size and not np.issubdtype(rows.dtype, np.integer)):
        raise ConfigError(f"{name} is {str(classes)[:60]}. Name classes by whole numbers: rows of the descriptions.")
    outside = [int(row) for row in rows if not 0 <= row < num_classes]
    if outside:
        raise ConfigError(f"{name} names class {outside[0]}, and S describes classes 0 to {num_classes - 1}.")
    return rows.astype(np.int64)


def checked_classes(S: FloatArray, seen: Sequence[int], unseen: Sequence[int]) -> tuple[IntArray, IntArray]:
    """The seen and the unseen classes as sorted rows of ``S``.

    Raises:
        ConfigError: a class is no row of ``S`` or stands twice, or fewer than two are seen.
    """
    groups = []
    for name, classes in (("seen", seen), ("unseen", unseen)):
        rows = class_rows(classes, name, len(S))
        if len(np.unique(rows)) != len(rows):
            raise ConfigError(f"{name} names a class twice.")
        groups.append(np.sort(rows))
    both = np.intersect1d(groups[0], groups[1])
    if len(both):
        raise ConfigError(f"class {both[0]} is named both seen and unseen. Leave it in one of them.")
    if len(groups[0]) < 2:
        raise ConfigError(f"{len(groups[0])} seen classes: what tells classes apart takes at least two to learn.")
    return groups[0], groups[1]


def finite_descriptions(S: FloatArray, classes: IntArray) -> FloatArray:
    """The rows ``classes`` of ``S``. Raises UnfitDataError, naming the class, where a number of them is not finite."""
    rows = S[classes]
    flawed = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(flawed):
        raise UnfitDataError(f"S: the description of class {classes[flawed[0]]} has a number that is not finite.")
    return rows


def checked_labels(y: ArrayLike, num_images: int, seen: IntArray, unseen: IntArray) -> IntArray:
    """``y`` as positions in ``seen``.

    Raises:
        UnfitDataError: labels missing, images of unseen classes among them, or a seen class without an image.
    """
    labels = given_labels(y, "y", num_images)
    if not np.issubdtype(labels.dtype, np.integer):
        raise UnfitDataError(f"y is of {labels.dtype}. Labels are whole numbers: rows of the class descriptions.")
    strangers = ~np.isin(labels, seen)
    if strangers.any():
        row = int(np.flatnonzero(strangers)[0])
        kind = "an unseen class" if labels[row] in unseen else "not among the seen classes"
        raise UnfitDataError(
            f"y[{row}] is class {labels[row]}, {kind}; {strangers.sum()} such images. Train on seen classes alone."
        )
    missing = np.setdiff1d(seen, labels)
    if len(missing):
        raise UnfitDataError(f"no image of seen class {missing[0]} ({len(missing)} such). Leave out classes not shown.")
    return np.searchsorted(seen, labels).astype(np.int64)
