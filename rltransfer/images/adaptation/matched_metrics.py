"""Heterogeneous transfer: features of other names and number, matched by how their values are distributed."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.stats import ks_2samp

from rltransfer.errors import NotApplicableError, UnfitDataError
from rltransfer.images.adaptation.classifier import AdaptationClassifier
from rltransfer.images.adaptation.domains import Array, Codes, Domains


class MatchedMetrics(AdaptationClassifier):
    """The source's most telling columns are matched with target columns of like distribution, one to one.

    A column of the source is matched with one of the target if a Kolmogorov-Smirnov test finds no difference between
    their values; of all such matchings the one of greatest summed p-value is taken. A classifier of the source's
    matched columns is then used on the target's. After ``fit``, ``pairs_`` is (matches, 2): source and target column;
    ``p_values_`` their likeness.

    Args:
        share: share of the source's columns that are kept before matching, by gain ratio; the paper's is 0.15. At least
            two columns are.
        cutoff: the least p-value of a match; the paper's is 0.05.
        estimator: the classifier; None: logistic regression, as in the paper.

    Where there is no target, each kept column is matched with itself. Labels of target rows are not used.

    Raises:
        NotApplicableError: in ``fit``: no target column is distributed like any of the source's.

    Source: Nam, Fu, Kim, Menzies and Tan 2018, "Heterogeneous Defect Prediction", section 3. Gain ratio is taken over
    ten bins of equal counts: own choice in the place of a discretisation of Weka's.
    """

    same_columns = False

    def __init__(self, *, share: float = 0.15, cutoff: float = 0.05, estimator: Any = None) -> None:
        self.share = share
        self.cutoff = cutoff
        self.estimator = estimator

    def _adapt(self, domains: Domains) -> None:
        if not 0 < self.share <= 1 or not 0 <= self.cutoff < 1:
            raise UnfitDataError(
                f"share {self.share}, cutoff {self.cutoff}: give a share in (0, 1], a cutoff in [0, 1)."
            )
        columns = domains.source.shape[1]
        gains = np.array([gain_ratio(domains.source[:, column], domains.labels) for column in range(columns)])
        count = min(max(round(self.share * columns), 2), columns)
        kept = np.sort(np.argsort(-gains, kind="stable")[:count])
        if domains.is_shifted:
            self._match(domains, kept)
        else:
            self.pairs_, self.p_values_ = np.stack([kept, kept], axis=1), np.ones(count)
        self.estimator_ = self._last_classifier().fit(domains.source[:, self.pairs_[:, 0]], domains.labels)

    def _match(self, domains: Domains, kept: Codes) -> None:
        likeness = likeness_of_columns(domains.source[:, kept], domains.target)
        likeness = np.where(likeness > self.cutoff, likeness, 0.0)
        ours, theirs = linear_sum_assignment(likeness, maximize=True)
        matched = likeness[ours, theirs] > 0
        if not matched.any():
            raise NotApplicableError(
                f"target: no column is distributed like one of the source's (p > {self.cutoff:g}). Lower the cutoff, "
                "or choose another source."
            )
        self.pairs_ = np.stack([kept[ours[matched]], theirs[matched]], axis=1)
        self.p_values_ = likeness[ours, theirs][matched]

    def _map(self, rows: Array) -> Array:
        return rows[:, self.pairs_[:, 1]]

    def _map_source(self, rows: Array) -> Array:
        return rows[:, self.pairs_[:, 0]]

    def _usual_classifier(self) -> Any:
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))


def likeness_of_columns(source: Array, target: Array) -> Array:
    """(source columns, target columns): p-values of two-sample Kolmogorov-Smirnov tests."""
    found = np.empty((source.shape[1], target.shape[1]))
    for ours, theirs in np.ndindex(*found.shape):
        found[ours, theirs] = ks_2samp(source[:, ours], target[:, theirs], method="asymp").pvalue
    return found


def gain_ratio(values: Array, labels: Codes, *, bins: int = 10) -> float:
    """Information about the class that a column's bin gives, relative to the bin's own entropy; 0 to 1.

    Source: Quinlan 1986, "Induction of Decision Trees" (gain ratio).
    """
    edges = np.unique(np.quantile(values, np.linspace(0, 1, bins + 1)[1:-1]))
    where = np.searchsorted(edges, values)
    counts = np.zeros((where.max() + 1, labels.max() + 1))
    np.add.at(counts, (where, labels), 1)
    joint, bin_, class_ = (_entropy(part) for part in (counts.ravel(), counts.sum(1), counts.sum(0)))
    return float((bin_ + class_ - joint) / bin_) if bin_ > 0 else 0.0


def _entropy(counts: Array) -> float:
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())
