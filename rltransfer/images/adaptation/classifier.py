"""What all adapting classifiers share: checked domains, the labels' names, and a classifier at the end."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from rltransfer.images.adaptation.domains import Array, Codes, Domains, checked_domains, checked_rows, in_one_line
from rltransfer.images.given_rows import number_rows


def _has_probabilities(adapter: Any) -> bool:
    return bool(adapter.has_probabilities())


class AdaptationClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier for target rows, learned from labelled source rows and target rows.

    ``fit(X, y, Xt, yt)``: X and y are the source's, Xt and yt the target's; -1 in yt where a label is unknown (all of
    them where yt is left out). ``fit(X, y)`` alone means no shift. ``predict`` is for target rows, ``predict_source``
    for source rows that were held out, which is what model selection without target labels looks at.
    """

    same_columns: ClassVar[bool] = True
    """Whether source and target have to have the same features."""

    def fit(self, X: Any, y: Any, Xt: Any = None, yt: Any = None) -> Self:
        """Adapt.

        Args:
            X: (n_source, columns) rows of the source.
            y: (n_source,) their labels.
            Xt: (n_target, columns) rows of the target; None: no shift.
            yt: (n_target,) labels of the target, -1 where unknown; None: all unknown.

        Raises:
            UnfitDataError: rows or labels that cannot be learned from, with the domain and what is wrong.
        """
        domains, self.classes_ = checked_domains(self, X, y, Xt, yt, same_columns=self.same_columns)
        self._adapt(domains)
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """(n, columns) rows of the target -> (n,) labels."""
        return self._named(self._decide(self._map(self._rows(X))))

    @available_if(_has_probabilities)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> Array:
        """(n, columns) rows of the target -> (n, classes), in the order of ``classes_``."""
        return self._chances(self._map(self._rows(X)))

    def predict_source(self, X: Any) -> NDArray[Any]:
        """(n, columns) rows of the source -> (n,) labels."""
        return self._named(self._decide(self._map_source(self._source_rows(X))))

    def has_probabilities(self) -> bool:
        """Whether there is ``predict_proba``: where the classifier at the end has it."""
        return hasattr(self._last_classifier(), "predict_proba")

    @abstractmethod
    def _adapt(self, domains: Domains) -> None:
        """Learn everything that prediction needs."""

    def _map(self, rows: Array) -> Array:
        """Target rows as what the classifier at the end looks at."""
        return rows

    def _map_source(self, rows: Array) -> Array:
        """Source rows as what the classifier at the end looks at."""
        return self._map(rows)

    def _decide(self, rows: Array) -> Codes:
        codes: Codes = self.estimator_.predict(rows)
        return codes

    def _chances(self, rows: Array) -> Array:
        chances: Array = self.estimator_.predict_proba(rows)
        return chances

    def _last_classifier(self) -> Any:
        """A fresh one: the setting ``estimator``, or the method's usual."""
        given = getattr(self, "estimator", None)
        return clone(given) if given is not None else self._usual_classifier()

    def _usual_classifier(self) -> Any:
        from sklearn.neighbors import KNeighborsClassifier

        return KNeighborsClassifier(1)

    def _rows(self, X: Any) -> Array:
        check_is_fitted(self)
        number_rows(X, "target")
        try:
            rows: Array = validate_data(self, X, dtype=np.float64, reset=False)
        except ValueError as error:
            raise in_one_line(error, "target") from error
        return rows

    def _source_rows(self, X: Any) -> Array:
        check_is_fitted(self)
        return checked_rows(X, "source", at_least=1, columns=self.source_columns_)

    def _named(self, codes: Codes) -> NDArray[Any]:
        names: NDArray[Any] = self.classes_[codes]
        return names
