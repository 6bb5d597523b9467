"""Regularised transfer: the target's weights are learned, and pulled to the source's."""

from __future__ import annotations

import numpy as np
from scipy.special import softmax

from rltransfer.errors import UnfitDataError
from rltransfer.images.adaptation.classifier import AdaptationClassifier
from rltransfer.images.adaptation.domains import Array, Codes, Domains
from rltransfer.images.adaptation.softmax_regression import pulled_softmax_regression


class RegularisedTransfer(AdaptationClassifier):
    """Softmax regression of the target's labelled rows with a Gaussian prior about the source's weights.

    The source's are learned first, pulled to 0. Without labelled target rows the prior is all that is known, and the
    source's weights are used as they are. After ``fit``, ``source_weights_`` and ``weights_`` are
    (columns + 1, classes), intercepts last.

    Args:
        pull: strength with which the target's weights are held to the source's, 1 / variance of the prior, above 0.
            Much: the source's model; little: the target's rows alone.
        source_pull: strength with which the source's weights are held to 0, as 1 / C of scikit-learn's.

    Source: Chelba and Acero 2006, "Adaptation of Maximum Entropy Capitalizer: Little Data Can Help a Lot" (Gaussian
    prior whose mean is the background model). Defaults: own choice, unit variance, as scikit-learn's C = 1.
    """

    def __init__(self, *, pull: float = 1.0, source_pull: float = 1.0) -> None:
        self.pull = pull
        self.source_pull = source_pull

    def _adapt(self, domains: Domains) -> None:
        if self.pull <= 0 or self.source_pull <= 0:
            raise UnfitDataError(f"pull {self.pull}, source_pull {self.source_pull}: give numbers above 0.")
        spread = domains.source.std(0)
        self.mean_, self.spread_ = domains.source.mean(0), np.where(spread > 0, spread, 1.0)
        zero = np.zeros((domains.source.shape[1] + 1, len(self.classes_)))
        source, target = self._map(domains.source), self._map(domains.target)
        self.source_weights_ = pulled_softmax_regression(source, domains.labels, start=zero, pull=self.source_pull)
        known = domains.known
        self.weights_ = pulled_softmax_regression(
            target[known], domains.target_labels[known], start=self.source_weights_, pull=self.pull
        )

    def _map(self, rows: Array) -> Array:
        """Both domains in the source's units, so that one weight means the same in both."""
        mapped: Array = (rows - self.mean_) / self.spread_
        return mapped

    def _chances(self, rows: Array) -> Array:
        chances: Array = softmax(rows @ self.weights_[:-1] + self.weights_[-1], axis=1)
        return chances

    def _decide(self, rows: Array) -> Codes:
        codes: Codes = self._chances(rows).argmax(1)
        return codes

    def has_probabilities(self) -> bool:
        """Yes."""
        return True
