"""Arrays of pictures with a label each, whatever file they come from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rltransfer.errors import DataError
from rltransfer.images.data.flawed import Flawed, OnError
from rltransfer.images.data.sets import ImageSet

Pixels = npt.NDArray[np.uint8]


def image_rows(
    images: npt.NDArray[Any],
    labels: npt.NDArray[Any],
    *,
    path: Path,
    on_error: OnError,
    class_names: Sequence[str],
) -> ImageSet:
    """Arrays as an ``ImageSet``; images with NaN, or whose label is none of the classes, are refused or skipped.

    Args:
        images: see ``pixels_of``.
        labels: (n,) whole numbers: indices into ``class_names``.
        path: the file, for messages.
        on_error: see ``DataSpec``.
        class_names: names of the classes.

    Raises:
        DataError: shapes that do not fit, or flawed images where ``on_error`` is ``refuse``.
    """
    labels = labels.ravel() if labels.size == max(labels.shape, default=0) else labels
    if labels.ndim != 1 or labels.dtype.kind not in "iuf":
        raise DataError(f"{path}: labels must be numbers of shape (n,), not {labels.dtype} of shape {labels.shape}.")
    if len(labels) != len(images):
        raise DataError(f"{path}: has {len(images)} images, but {len(labels)} labels.")
    whole = np.isfinite(labels) & (labels == np.nan_to_num(labels).round())
    known = whole & (labels >= 0) & (labels < len(class_names))
    flawed = Flawed(on_error)
    sound = known & _are_numbers(images)
    for row in np.flatnonzero(~sound).tolist():
        if known[row]:
            flawed.add(f"{path.name}: image {row}", "has pixels that are no numbers")
            continue
        is_missing = labels.dtype.kind == "f" and np.isnan(labels[row])
        why = "is missing" if is_missing else f"{labels[row]} is none of 0 to {len(class_names) - 1}"
        flawed.add(f"{path.name}: image {row}", f"its label {why}")
    skipped = flawed.tell(len(labels), "images")
    kept = np.flatnonzero(sound)
    return ImageSet(
        labels=labels[kept].astype(np.int64),
        class_names=tuple(class_names),
        images=pixels_of(images[kept] if skipped else images, path),
        origins=tuple(f"{path.name}: image {row}" for row in kept.tolist()),
        skipped=skipped,
    )


def _are_numbers(images: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """(n,) whether all pixels of an image are finite."""
    if images.dtype.kind != "f":
        return np.ones(len(images), dtype=bool)
    return np.asarray(np.isfinite(images).reshape(len(images), -1).all(axis=1))


def pixels_of(images: npt.NDArray[Any], path: Path) -> Pixels:
    """(n, height, width, channels) uint8.

    Args:
        images: (n, height, width), (n, height, width, channels), (n, channels, height, width) or (n, pixels) of square
            images; uint8, or floating point in [0, 1], which is rounded to 255ths.
        path: the file, for messages.

    Raises:
        DataError: another shape, type or range.
    """
    side = math.isqrt(images.shape[-1]) if images.ndim else 0
    if images.ndim == 2 and side * side == images.shape[1]:
        images = images.reshape(len(images), side, side)
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim == 4 and images.shape[3] not in (1, 3) and images.shape[1] in (1, 3):
        images = images.transpose(0, 2, 3, 1)
    if images.ndim != 4 or images.shape[3] not in (1, 3) or 0 in images.shape[1:3]:
        raise DataError(f"{path}: images must be of shape (n, height, width, 1 or 3), not {images.shape}.")
    if images.dtype == np.uint8:
        return images
    if images.dtype.kind != "f":
        raise DataError(f"{path}: images must be uint8, or floating point in [0, 1], not {images.dtype}.")
    if not images.size or not (images.min() >= 0 and images.max() <= 1):  # so written, it refuses NaN too
        found = f"go from {images.min()} to {images.max()}" if images.size else "are none"
        raise DataError(f"{path}: pixels in floating point must lie in [0, 1], but {found}.")
    return np.asarray(np.rint(images * 255), np.uint8)
