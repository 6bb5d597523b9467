"""A classifier a source, each trusted where the target is like its source."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rltransfer.errors import UnfitDataError
from rltransfer.images.adaptation.classifier import AdaptationClassifier
from rltransfer.images.adaptation.domains import Array, Codes, Domains


class SourceEnsemble(AdaptationClassifier):
    """Distribution-weighted combination of several sources' classifiers.

    The target is taken for a mixture of the sources, p_target = sum of z_k p_k. For a row x, source k's classifier
    counts z_k p_k(x) / sum of z_j p_j(x). The p_k(x) come, up to a factor they share, from a classifier that tells the
    sources apart; the shares z from expectation maximisation over the target's rows: how likely each source makes them,
    and, where rows have labels, how likely its classifier makes those.

    After ``fit``, ``shares_`` is z in the order of ``sources_``.

    Args:
        estimator: a source's classifier, which has ``predict_proba``; None: logistic regression.
        teller: the classifier that tells sources apart, likewise; None: logistic regression.
        rounds: steps of expectation maximisation at most.

    Source: Mansour, Mohri and Rostamizadeh 2009, "Domain Adaptation with Multiple Sources" (distribution weighted
    combining rule). Shares by maximum likelihood: own choice, as the paper gives no algorithm for them.
    """

    def __init__(self, *, estimator: Any = None, teller: Any = None, rounds: int = 200) -> None:
        self.estimator = estimator
        self.teller = teller
        self.rounds = rounds

    def fit(self, X: Any, y: Any, Xt: Any = None, yt: Any = None, *, origins: Any = None) -> Self:
        """Adapt, as ``AdaptationClassifier.fit`` does.

        Args:
            X: (n_source, columns) rows of all sources.
            y: (n_source,) their labels.
            Xt: (n_target, columns) rows of the target; None: no shift.
            yt: (n_target,) labels of the target, -1 where unknown; None: all unknown.
            origins: (n_source,) which source each row is from; None: one source.
        """
        self._origins = origins
        super().fit(X, y, Xt, yt)
        del self._origins
        return self

    def _adapt(self, domains: Domains) -> None:
        origins = self._checked_origins(len(domains.source))
        self.sources_, which = np.unique(origins, return_inverse=True)
        self.estimators_ = [self._learned(domains, which == k) for k in range(len(self.sources_))]
        self.priors_ = np.bincount(which) / len(which)
        self.teller_ = None if len(self.sources_) == 1 else self._fresh(self.teller).fit(domains.source, which)
        self.shares_ = self._mixture(domains)

    def _mixture(self, domains: Domains) -> Array:
        """Z of greatest likelihood."""
        likelihood = self._densities(domains.target)
        known = domains.known
        if known.any():
            named = self._named_chances(domains.target[known])
            likelihood[known] *= named[:, np.arange(known.sum()), domains.target_labels[known]].T
        shares = np.full(len(self.sources_), 1 / len(self.sources_))
        for _ in range(self.rounds):
            joint = np.maximum(likelihood * shares, 1e-300)
            found = (joint / joint.sum(1, keepdims=True)).mean(0)
            if np.abs(found - shares).max() < 1e-8:
                break
            shares = found
        return shares

    def _densities(self, rows: Array) -> Array:
        """(n, sources): p_k(x), up to a factor that the sources share."""
        if self.teller_ is None:
            return np.ones((len(rows), 1))
        densities: Array = self.teller_.predict_proba(rows) / self.priors_
        return densities

    def _named_chances(self, rows: Array) -> Array:
        """(sources, n, classes): what each source's classifier makes of rows."""
        found = np.zeros((len(self.sources_), len(rows), len(self.classes_)))
        for k, estimator in enumerate(self.estimators_):
            found[k][:, estimator.classes_] = estimator.predict_proba(rows)
        return found

    def _chances(self, rows: Array) -> Array:
        trust = np.maximum(self._densities(rows) * self.shares_, 1e-300)
        trust /= trust.sum(1, keepdims=True)
        chances: Array = np.einsum("nk,knc->nc", trust, self._named_chances(rows))
        return chances

    def _decide(self, rows: Array) -> Codes:
        codes: Codes = self._chances(rows).argmax(1)
        return codes

    def _learned(self, domains: Domains, rows: NDArray[np.bool_]) -> Any:
        if len(np.unique(domains.labels[rows])) < 2:
            raise UnfitDataError("source: one of origins has rows of one class only. Join it with another.")
        return self._fresh(self.estimator).fit(domains.source[rows], domains.labels[rows])

    def _fresh(self, given: Any) -> Any:
        from sklearn.base import clone

        classifier = clone(given) if given is not None else self._usual_classifier()
        if not hasattr(classifier, "predict_proba"):
            raise UnfitDataError(f"estimator: {type(classifier).__name__} has no predict_proba. Choose one that has.")
        return classifier

    def _checked_origins(self, rows: int) -> NDArray[Any]:
        if self._origins is None:
            return np.zeros(rows, dtype=int)
        origins = np.asarray(self._origins)
        if origins.shape != (rows,):
            raise UnfitDataError(f"source: origins has shape {origins.shape}, X {rows} rows. Give one a row.")
        return origins

    def _usual_classifier(self) -> Any:
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(max_iter=1000)
