"""Drawings as ink: what pixel baselines compare and trunks read."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

from rltransfer.errors import ConfigError

Ink = NDArray[np.float32]
"""(images, height, width), 0 is paper and 1 is ink."""


def as_ink(images: NDArray[np.uint8]) -> Ink:
    """Drawings in black (0) on white (255), (images, height, width) or with one channel last, as ink.

    Raises:
        ConfigError: pixels of another type or shape.
    """
    if images.dtype != np.uint8 or images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[3] != 1):
        raise ConfigError(
            f"drawings are (images, height, width) uint8 of one channel, not {images.dtype} {images.shape}."
        )
    ink: Ink = (255 - images.reshape(images.shape[:3])).astype(np.float32) / np.float32(255)
    return ink


def resized(ink: Ink, size: int) -> Ink:
    """Drawings of ``size`` x ``size`` pixels, each the mean of the ink on its area."""
    rows, columns = (_area_weights(length, size) for length in ink.shape[1:])
    return cast(Ink, (rows @ ink @ columns.T).astype(np.float32))


def _area_weights(length: int, size: int) -> NDArray[np.float32]:
    """(size, length) share of each old pixel in each new one."""
    edges = np.arange(size + 1) * (length / size)
    left, right = edges[:-1, None], edges[1:, None]
    places = np.arange(length)
    overlap = np.clip(np.minimum(right, places + 1) - np.maximum(left, places), 0, None)
    weights: NDArray[np.float32] = (overlap / (length / size)).astype(np.float32)
    return weights


def centred(ink: Ink) -> Ink:
    """Drawings moved by whole pixels so that the mean place of the ink is the middle; what leaves the edge is lost."""
    moved = np.zeros_like(ink)
    height, width = ink.shape[1:]
    for image, target in zip(ink, moved, strict=True):
        total = image.sum()
        if not total:
            continue
        down = round((height - 1) / 2 - float((image.sum(axis=1) * np.arange(height)).sum() / total))
        across = round((width - 1) / 2 - float((image.sum(axis=0) * np.arange(width)).sum() / total))
        rows, columns = slice(max(down, 0), height + min(down, 0)), slice(max(across, 0), width + min(across, 0))
        source = image[max(-down, 0) : height + min(-down, 0), max(-across, 0) : width + min(-across, 0)]
        target[rows, columns] = source
    return moved


def blurred(ink: Ink, sigma: float) -> Ink:
    """Drawings under a Gaussian of standard deviation ``sigma`` pixels, so that near strokes match a little."""
    from scipy.ndimage import gaussian_filter

    return cast(Ink, gaussian_filter(ink, (0, sigma, sigma), mode="constant"))
