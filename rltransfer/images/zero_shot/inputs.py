"""What zero-shot methods are given, checked once for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rltransfer.errors import ConfigError

FloatArray = NDArray[np.floating[Any]]
IntArray = NDArray[np.int64]


def checked_features(X: ArrayLike) -> FloatArray:
    """``X`` as (images, features) of float32 or float64.

    Raises:
        ConfigError: another shape, no image, or a number that is not finite, with its row and column.
    """
    features = np.asarray(X)
    if features.ndim != 2 or 0 in features.shape:
        raise ConfigError(f"X has shape {features.shape}. Features are (images, features), at least one of each.")
    if features.dtype != np.float32:
        features = features.astype(np.float64)
    if not np.isfinite(features).all():
        row, column = np.argwhere(~np.isfinite(features))[0]
        raise ConfigError(
            f"X[{row}, {column}] is {features[row, column]}: features must be finite. "
            f"{(~np.isfinite(features)).any(axis=1).sum()} of {len(features)} rows are not; drop or mend them."
        )
    return features


def checked_classes(S: FloatArray, seen: Sequence[int], unseen: Sequence[int]) -> tuple[IntArray, IntArray]:
    """The seen and the unseen classes as sorted rows of ``S``.

    Raises:
        ConfigError: ``S`` is no table, a class is no row of it or stands twice, or fewer than two are seen.
    """
    if S.ndim != 2 or 0 in S.shape:
        raise ConfigError(f"S has shape {S.shape}. Class descriptions are (classes, attributes).")
    groups = []
    for name, classes in (("seen", seen), ("unseen", unseen)):
        rows = np.asarray(classes, dtype=np.int64).reshape(-1)
        outside = [int(row) for row in rows if not 0 <= row < len(S)]
        if outside:
            raise ConfigError(f"{name} names class {outside[0]}, and S describes classes 0 to {len(S) - 1}.")
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
    """The rows ``classes`` of ``S``. Raises ConfigError, naming the class, where a number of them is not finite."""
    rows = S[classes]
    flawed = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(flawed):
        raise ConfigError(f"S: the description of class {classes[flawed[0]]} has a number that is not finite.")
    return rows


def checked_labels(y: ArrayLike, num_images: int, seen: IntArray, unseen: IntArray) -> IntArray:
    """``y`` as positions in ``seen``.

    Raises:
        ConfigError: labels missing, images of unseen classes among them, or a seen class without an image.
    """
    labels = np.asarray(y)
    if labels.shape != (num_images,):
        raise ConfigError(f"y has shape {labels.shape} for {num_images} images. Give each image one label.")
    if not np.issubdtype(labels.dtype, np.integer):
        raise ConfigError(f"y is of {labels.dtype}. Labels are whole numbers: rows of the class descriptions.")
    strangers = ~np.isin(labels, seen)
    if strangers.any():
        row = int(np.flatnonzero(strangers)[0])
        kind = "an unseen class" if labels[row] in unseen else "not among the seen classes"
        raise ConfigError(
            f"y[{row}] is class {labels[row]}, {kind}; {strangers.sum()} such images. Train on seen classes alone."
        )
    missing = np.setdiff1d(seen, labels)
    if len(missing):
        raise ConfigError(f"no image of seen class {missing[0]} ({len(missing)} such). Leave out classes not shown.")
    return np.searchsorted(seen, labels).astype(np.int64)
