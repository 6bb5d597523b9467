"""Adaptation by instances: source rows count as much as they are like the target's."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
import torch
from sklearn.utils.validation import has_fit_parameter

from rltransfer.errors import UnfitDataError
from rltransfer.images.adaptation.classifier import AdaptationClassifier
from rltransfer.images.adaptation.domains import Array, Domains
from rltransfer.transfer.mechanisms.density_ratio import effective_sample_size


class InstanceWeighting(AdaptationClassifier):
    """A classifier of source rows, each with a weight that estimates p_target(x) / p_source(x).

    Weights are scaled to mean 1. Target rows with labels are learned from beside them, with weight 1. After ``fit``,
    ``weights_`` are the source rows' and ``effective_sample_size_`` says how many equally weighted rows would be as
    informative (Kish 1965). The classifier has to take ``sample_weight``; the usual one is logistic regression.
    """

    @abstractmethod
    def _weigh(self, source: Array, target: Array) -> Array:
        """(n_source,) weights, 0 or more, on any scale."""

    def _adapt(self, domains: Domains) -> None:
        classifier = self._last_classifier()
        if not has_fit_parameter(classifier, "sample_weight"):
            raise UnfitDataError(
                f"estimator: {type(classifier).__name__} takes no sample_weight. Choose one that does, like "
                "LogisticRegression."
            )
        self.weights_ = self._scaled_weights(domains)
        self.effective_sample_size_ = effective_sample_size(torch.from_numpy(self.weights_))
        known = domains.known
        rows = np.concatenate([domains.source, domains.target[known]])
        labels = np.concatenate([domains.labels, domains.target_labels[known]])
        weights = np.concatenate([self.weights_, np.ones(known.sum())])
        used = weights > 0
        if len(np.unique(labels[used])) < len(self.classes_):
            weights = np.maximum(weights, 1e-6)  # a class that lost all its rows would be forgotten
            used[:] = True
        self.estimator_ = classifier.fit(rows[used], labels[used], sample_weight=weights[used])

    def _scaled_weights(self, domains: Domains) -> Array:
        if not domains.is_shifted:
            return np.ones(len(domains.source))
        weights = self._weigh(domains.source, domains.target)
        mean = weights.mean()
        if not np.isfinite(mean) or mean <= 0:
            raise UnfitDataError(
                "target: no source row is like any of it, all weights are 0. Scale both domains alike."
            )
        scaled: Array = weights / mean
        return scaled

    def _usual_classifier(self) -> Any:
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(max_iter=1000)
