"""Kernels between rows, and the width that suits them."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.spatial.distance import cdist, pdist

from rltransfer.errors import UnfitDataError
from rltransfer.images.adaptation.domains import Array

Kernel = Literal["linear", "rbf"]
AT_MOST = 1000
"""Rows whose distances are looked at for a width: evenly spaced ones of more."""


def kernel_matrix(left: Array, right: Array, *, kernel: str, gamma: float | None = None) -> Array:
    """(n, columns), (m, columns) -> (n, m): inner products, or exp(-gamma * squared distance)."""
    if kernel == "linear":
        products: Array = left @ right.T
        return products
    if kernel != "rbf":
        raise UnfitDataError(f"kernel: {kernel!r} is unknown. Known: linear, rbf.")
    if gamma is None or gamma <= 0:
        raise UnfitDataError(f"gamma: {gamma} is no width. Give a number above 0.")
    near: Array = np.exp(-gamma * cdist(left, right, "sqeuclidean"))
    return near


def median_gamma(rows: Array) -> float:
    """1 / (2 * m^2), m the median distance of two rows that differ; 1 where none do.

    Source: the "median heuristic"; Gretton et al. 2012, "A Kernel Two-Sample Test", section 8.
    """
    chosen = rows[np.linspace(0, len(rows) - 1, min(len(rows), AT_MOST)).astype(int)]
    distances = pdist(chosen)
    distances = distances[distances > 0]
    return float(0.5 / np.median(distances) ** 2) if len(distances) else 1.0
