"""Subspace alignment: the source's principal axes are turned to the target's."""

from __future__ import annotations

from typing import Any

import numpy as np

from rltransfer.errors import UnfitDataError
from rltransfer.images.adaptation.domains import Array, Domains
from rltransfer.images.adaptation.feature_alignment import FeatureAlignment


class SubspaceAlignment(FeatureAlignment):
    """Source rows go through P_s P_s' P_t and target rows through P_t, P being each domain's principal axes.

    Args:
        num_components: dimensions of both subspaces, at most as many as each domain has rows and columns; where there
            are fewer, as many as there are. The default is one in the range of the paper's figures. More keeps more of
            each domain and aligns less surely.
        centre: whether each domain's own mean is taken away, as principal components have it.
        estimator: the classifier; None: the nearest neighbour.

    Source: Fernando, Habrard, Sebban and Tuytelaars 2013, "Unsupervised Visual Domain Adaptation Using Subspace
    Alignment", Algorithm 1.
    """

    def __init__(self, *, num_components: int = 40, centre: bool = True, estimator: Any = None) -> None:
        self.num_components = num_components
        self.centre = centre
        self.estimator = estimator

    def _align(self, domains: Domains) -> None:
        if self.num_components < 1:
            raise UnfitDataError(f"num_components: {self.num_components} leaves nothing. Give 1 or more.")
        fewest = min(*domains.source.shape, *domains.target.shape)
        self.source_mean_, source = _axes(domains.source, min(self.num_components, fewest), self.centre)
        self.target_mean_, self.target_axes_ = _axes(domains.target, min(self.num_components, fewest), self.centre)
        self.aligned_axes_ = source @ (source.T @ self.target_axes_)

    def _map(self, rows: Array) -> Array:
        mapped: Array = (rows - self.target_mean_) @ self.target_axes_
        return mapped

    def _map_source(self, rows: Array) -> Array:
        mapped: Array = (rows - self.source_mean_) @ self.aligned_axes_
        return mapped


def _axes(rows: Array, count: int, centre: bool) -> tuple[Array, Array]:
    """(mean, axes): axes (columns, count) of largest variance."""
    mean = rows.mean(0) if centre else np.zeros(rows.shape[1])
    _, _, axes = np.linalg.svd(rows - mean, full_matrices=False)
    return mean, axes[:count].T
