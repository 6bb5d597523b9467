"""The shape that all zero-shot methods share: learn from seen classes, match images with any description."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Self, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator

from rltransfer.errors import ConfigError, UnfitDataError
from rltransfer.images.zero_shot.inputs import (
    FloatArray,
    IntArray,
    checked_classes,
    checked_descriptions,
    checked_features,
    checked_labels,
    class_rows,
    class_table,
    finite_descriptions,
)


class ZeroShotMethod(BaseEstimator):  # type: ignore[misc]
    """Recognises classes of which it has seen no image, by their descriptions.

    Settings are the constructor's arguments, read and set by scikit-learn's ``get_params`` and ``set_params``.
    A method writes ``_learn`` and ``_match``; neither is ever given the description of a class that is not seen
    before an image is to be matched with it.
    """

    def fit(self, X: ArrayLike, y: ArrayLike, S: ArrayLike, *, seen: Sequence[int], unseen: Sequence[int] = ()) -> Self:
        """Learn from images of the seen classes.

        Args:
            X: (images, features), finite numbers; scale them beforehand, by the seen classes' statistics.
            y: (images,) the class of each, a row of ``S``; every one of ``seen`` and no other.
            S: (classes, attributes) description of every class.
            seen: rows of the classes that ``X`` shows.
            unseen: rows of the classes to be recognised: what ``predict`` chooses among unless told otherwise.

        Raises:
            UnfitDataError: shapes that do not fit, features that are not finite, labels that are missing, no class or
                of an unseen one, seen classes without an image.
            ConfigError: ``seen`` or ``unseen`` that are no rows of ``S``, or fewer than two seen.
        """
        features = checked_features(X)
        self._remember(S, seen, unseen, features.shape[1])
        positions = checked_labels(y, len(features), self.seen_, self.unseen_)
        self._learn(features, positions, finite_descriptions(self.embeddings_, self.seen_))
        return self

    def scores(self, X: ArrayLike, candidates: Sequence[int]) -> FloatArray:
        """How well each image goes with the description of each of ``candidates`` (rows of ``S``).

        Returns:
            (images, candidates): more is a better match; comparable within a row.
        """
        self._require_fit()
        classes = class_rows(candidates, "candidates", len(self.embeddings_))
        if not len(classes):
            raise ConfigError(f"candidates: none given. Name rows of the {len(self.embeddings_)} descriptions.")
        return self.match(X, finite_descriptions(self.embeddings_, classes))

    def match(self, X: ArrayLike, descriptions: ArrayLike) -> FloatArray:
        """How well each image goes with each of any ``descriptions``, (descriptions, attributes), as ``scores``."""
        self._require_fit()
        features = checked_features(X)
        if features.shape[1] != self.num_features_:
            raise UnfitDataError(
                f"X has {features.shape[1]} features, and {self.num_features_} when {type(self).__name__} was fitted."
            )
        return self._match(features, checked_descriptions(descriptions, self.embeddings_.shape[1]))

    def predict(self, X: ArrayLike, candidates: Sequence[int] | None = None) -> IntArray:
        """(images,) the best of ``candidates`` (default: the unseen classes); pass all for the generalised setting."""
        self._require_fit()
        given = self.unseen_ if candidates is None else candidates
        classes = class_rows(given, "candidates", len(self.embeddings_))
        return cast(IntArray, classes[self.scores(X, cast(Any, classes)).argmax(axis=1)])

    def _remember(self, S: ArrayLike, seen: Sequence[int], unseen: Sequence[int], num_features: int) -> None:
        descriptions = class_table(S)
        self.seen_, self.unseen_ = checked_classes(descriptions, seen, unseen)
        self.embeddings_, self.num_features_ = descriptions, num_features

    def _require_fit(self) -> None:
        if not hasattr(self, "embeddings_"):
            raise ConfigError(f"{type(self).__name__} has learned nothing yet. Call fit first.")

    @abstractmethod
    def _learn(self, X: FloatArray, y: IntArray, S: FloatArray) -> None:
        """Fit to ``X`` (images, features), ``y`` positions of their classes in ``S`` (seen classes, attributes)."""

    @abstractmethod
    def _match(self, X: FloatArray, descriptions: FloatArray) -> FloatArray:
        """(images, descriptions) scores."""


def positive(method: ZeroShotMethod, *names: str) -> None:
    """Raise ConfigError where a setting called one of ``names`` is not a finite number over 0."""
    for name in names:
        value = getattr(method, name)
        if not (isinstance(value, int | float | np.number) and 0 < value < np.inf):
            raise ConfigError(f"{type(method).__name__}: {name} is {value!r}. It must be a number over 0.")


def one_of(method: ZeroShotMethod, name: str, known: tuple[str, ...]) -> None:
    """Raise ConfigError, with the nearest of them, where the setting ``name`` is none of ``known``."""
    from rltransfer.errors import UnknownNameError
    from rltransfer.registry import nearest

    value = getattr(method, name)
    if value not in known:
        raise UnknownNameError(f"{name} of {type(method).__name__}", str(value), known, nearest(str(value), known))


def unit_rows(values: FloatArray) -> FloatArray:
    """Rows divided by their Euclidean length; rows of zeros stay."""
    lengths: NDArray[np.float64] = np.linalg.norm(values, axis=1, keepdims=True)
    return cast(FloatArray, values / np.where(lengths > 0, lengths, 1))
