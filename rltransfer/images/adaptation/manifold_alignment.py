"""Manifold alignment: relations between rows are carried over, not the rows' features."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag, eigh
from sklearn.neighbors import kneighbors_graph

from rltransfer.errors import UnfitDataError
from rltransfer.images.adaptation.domains import Array, Domains
from rltransfer.images.adaptation.feature_alignment import FeatureAlignment


class ManifoldAlignment(FeatureAlignment):
    """A linear map of each domain into one space that keeps who is near whom, and brings rows of one class together.

    What the domains share is only relations: neighbours in each, and same or different class across both. So their
    features may be others, of other number. Some target rows need labels.

    Args:
        num_components: dimensions of the shared space; None: as many as there are classes, at most what there is. Own
            choice, as the paper varies it.
        neighbours: how many nearest rows of its domain each row is held to.
        mu: how much neighbourhood counts beside class, 0 or more; the paper's ``mu``.
        estimator: the classifier; None: the nearest neighbour.

    Where there is no target, all rows of the source, with their labels, stand on both sides.

    Raises:
        UnfitDataError: in ``fit``: no target row has a label.

    Source: Wang and Mahadevan 2011, "Heterogeneous Domain Adaptation Using Manifold Alignment", the cost function and
    Theorem 1: the least generalised eigenvectors of (Z (mu L + L_s) Z', Z L_d Z').
    """

    same_columns = False

    def __init__(
        self, *, num_components: int | None = None, neighbours: int = 5, mu: float = 1.0, estimator: Any = None
    ) -> None:
        self.num_components = num_components
        self.neighbours = neighbours
        self.mu = mu
        self.estimator = estimator

    def _align(self, domains: Domains) -> None:
        theirs = domains.target_labels if domains.is_shifted else domains.labels
        if not (theirs >= 0).any():
            raise UnfitDataError("target: no row has a label. Manifold alignment needs some in yt, -1 elsewhere.")
        self.source_mean_, self.target_mean_ = domains.source.mean(0), domains.target.mean(0)
        source, target = domains.source - self.source_mean_, domains.target - self.target_mean_
        near = block_diag(*(self._neighbourhood(rows) for rows in (source, target)))
        labels = np.concatenate([domains.labels, theirs])
        both = (labels[:, None] >= 0) & (labels[None] >= 0)
        same = both & (labels[:, None] == labels[None])
        rows = block_diag(source, target)
        left = rows.T @ (self.mu * _laplacian(near) + _laplacian(same * 1.0)) @ rows
        right = rows.T @ _laplacian((both & ~same) * 1.0) @ rows
        maps = _least(left, right, self.num_components or len(self.classes_))
        self.source_map_, self.target_map_ = maps[: source.shape[1]], maps[source.shape[1] :]

    def _map(self, rows: Array) -> Array:
        mapped: Array = (rows - self.target_mean_) @ self.target_map_
        return mapped

    def _map_source(self, rows: Array) -> Array:
        mapped: Array = (rows - self.source_mean_) @ self.source_map_
        return mapped

    def _neighbourhood(self, rows: Array) -> Array:
        """(n, n): 1 for rows of which either is among the nearest of the other."""
        near = kneighbors_graph(rows, min(self.neighbours, len(rows) - 1)).toarray()
        either: Array = np.maximum(near, near.T)
        return either


def _laplacian(links: NDArray[Any]) -> Array:
    laplacian: Array = np.diag(links.sum(1)) - links
    return laplacian


def _least(left: Array, right: Array, count: int) -> Array:
    """Columns v at which v'left v / v'right v is least: those at which the inverse ratio is greatest."""
    scale = np.trace(left) / len(left) or 1.0
    size = len(left)
    _, found = eigh(right, left + 1e-8 * scale * np.eye(size), subset_by_index=(size - min(count, size), size - 1))
    vectors: Array = found[:, ::-1]
    return vectors
