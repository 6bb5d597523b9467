"""TrAdaBoost: boosting in which source rows that are named wrongly count ever less."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import has_fit_parameter

from rltransfer.errors import UnfitDataError
from rltransfer.images.adaptation.classifier import AdaptationClassifier
from rltransfer.images.adaptation.domains import Array, Codes, Domains


class TrAdaBoost(AdaptationClassifier):
    """Source and labelled target rows are learned together, in rounds.

    A target row that is named wrongly counts more in the next round, as in AdaBoost, a source row less. The rounds of
    the second half vote. The paper is for two classes; with more, rounds vote for the class that they name, and a row
    counts as wrong where another is named, which is the same for two.

    Args:
        rounds: how often a classifier is learned; more forgets more of the source.
        estimator: the weak classifier, which takes ``sample_weight``; None: a tree as deep as
            the number of classes needs, 1 for two.

    Where there is no target, the source is boosted as the target would be.

    Raises:
        UnfitDataError: in ``fit``: no row of the target has a label.

    Source: Dai, Yang, Xue and Yu 2007, "Boosting for Transfer Learning", Algorithm 1.
    """

    def __init__(self, *, rounds: int = 20, estimator: Any = None) -> None:
        self.rounds = rounds
        self.estimator = estimator

    def _adapt(self, domains: Domains) -> None:
        rows, labels, from_source = _both(domains)
        classifier = self._weak_classifier()
        weights = np.ones(len(rows))
        source_factor = 1 / (1 + np.sqrt(2 * np.log(max(from_source.sum(), 1)) / self.rounds))
        self.estimators_: list[Any] = []
        self.votes_: list[float] = []
        self.source_weights_: list[Array] = []
        for _ in range(self.rounds):
            weights = weights / weights.sum()
            self.source_weights_.append(weights[from_source])
            found = clone(classifier).fit(rows, labels, sample_weight=weights)
            wrong = found.predict(rows) != labels
            ours = weights * ~from_source
            error = float((ours * wrong).sum() / ours.sum())
            error = min(max(error, 1e-6), 0.499)  # the paper asks for less than a half, and 0 would end it
            target_factor = error / (1 - error)
            self.estimators_.append(found)
            self.votes_.append(-np.log(target_factor))
            weights = np.where(from_source, weights * source_factor**wrong, weights * target_factor ** -(wrong * 1.0))

    def _decide(self, rows: Array) -> Codes:
        codes: Codes = self._shares(rows).argmax(1)
        return codes

    def _shares(self, rows: Array) -> Array:
        """(n, classes): what share of the votes each class has."""
        shares = np.zeros((len(rows), len(self.classes_)))
        for round_ in range((self.rounds + 1) // 2 - 1, self.rounds):  # the paper counts from 1
            codes = self.estimators_[round_].predict(rows)
            shares[np.arange(len(rows)), codes] += self.votes_[round_]
        shares /= shares.sum(1, keepdims=True)
        return shares

    def has_probabilities(self) -> bool:
        """None: votes are no probabilities."""
        return False

    def _weak_classifier(self) -> Any:
        classifier = self._last_classifier()
        if self.rounds < 1:
            raise UnfitDataError(f"rounds: {self.rounds} learns nothing. Give 1 or more.")
        if not has_fit_parameter(classifier, "sample_weight"):
            raise UnfitDataError(
                f"estimator: {type(classifier).__name__} takes no sample_weight. Choose one that does."
            )
        return classifier

    def _usual_classifier(self) -> Any:
        from sklearn.tree import DecisionTreeClassifier

        depth = int(np.ceil(np.log2(len(getattr(self, "classes_", (0, 1))))))
        return DecisionTreeClassifier(max_depth=max(depth, 1), random_state=0)


def _both(domains: Domains) -> tuple[Array, Codes, Any]:
    """Rows and labels of the source, then of the target's labelled rows; and which are the source's."""
    if not domains.is_shifted:
        return domains.source, domains.labels, np.zeros(len(domains.source), dtype=bool)
    known = domains.known
    if not known.any():
        raise UnfitDataError("target: no row has a label. TrAdaBoost learns from some; give them in yt, -1 elsewhere.")
    rows = np.concatenate([domains.source, domains.target[known]])
    labels = np.concatenate([domains.labels, domains.target_labels[known]])
    return rows, labels, np.arange(len(rows)) < len(domains.source)
