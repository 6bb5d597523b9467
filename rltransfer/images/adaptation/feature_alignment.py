"""Adaptation by features in which both domains look alike; a classifier of those is learned from the source."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from rltransfer.images.adaptation.classifier import AdaptationClassifier
from rltransfer.images.adaptation.domains import Array, Domains


class FeatureAlignment(AdaptationClassifier):
    """A map for rows of each domain, found by ``_align``, and a classifier of what they are mapped to.

    Target rows with labels are learned from as the source's are, beside them.
    """

    def align(self, X: Any) -> Array:
        """Target rows, (n, columns) -> (n, features of both domains)."""
        return self._map(self._rows(X))

    def align_source(self, X: Any) -> Array:
        """Source rows, (n, columns) -> (n, features of both domains)."""
        return self._map_source(self._source_rows(X))

    @abstractmethod
    def _align(self, domains: Domains) -> None:
        """Find the maps that ``_map`` and ``_map_source`` use."""

    def _adapt(self, domains: Domains) -> None:
        self._align(domains)
        self._learn(domains)

    def _learn(self, domains: Domains) -> None:
        """The classifier of what rows are mapped to."""
        known = domains.known
        rows, labels = self._map_source(domains.source), domains.labels
        if known.any():
            rows = np.concatenate([rows, self._map(domains.target[known])])
            labels = np.concatenate([labels, domains.target_labels[known]])
        self.estimator_ = self._last_classifier().fit(rows, labels)
