"""Calibrated stacking: what the seen classes' scores are lowered by in the generalised setting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone

from rltransfer.images.zero_shot.evaluation import generalised
from rltransfer.images.zero_shot.inputs import (
    FloatArray,
    IntArray,
    checked_classes,
    checked_features,
    checked_labels,
    class_table,
)
from rltransfer.images.zero_shot.method import ZeroShotMethod
from rltransfer.images.zero_shot.selection import class_folds, images_a_class

AnyMethod = TypeVar("AnyMethod", bound=ZeroShotMethod)
QUANTILES = np.linspace(0, 1, 21)
"""Where in the differences between the best seen and the best unseen score a constant is tried."""


class Calibrated(Generic[AnyMethod]):
    """A fitted method whose scores of seen classes are lowered by a constant.

    Methods know the seen classes from images and the others from descriptions alone, so that without it nearly every
    image goes to a seen class.

    Args:
        method: fitted.
        constant: what is taken off; more gives more images to unseen classes, 0 changes nothing.

    Source: Chao et al. 2016, "An Empirical Study and Analysis of Generalized Zero-Shot Learning for Object
    Recognition in the Wild" (calibrated stacking).
    """

    def __init__(self, method: AnyMethod, constant: float) -> None:
        self.method = method
        self.constant = constant

    def scores(self, X: ArrayLike, candidates: Sequence[int]) -> FloatArray:
        """(images, candidates), the seen ones' lowered."""
        seen = np.isin(np.asarray(candidates), self.method.seen_)
        return cast(FloatArray, self.method.scores(X, candidates) - self.constant * seen)

    def predict(self, X: ArrayLike, candidates: Sequence[int] | None = None) -> IntArray:
        """(images,) the best of ``candidates`` (default: the unseen classes)."""
        classes = np.asarray(self.method.unseen_ if candidates is None else candidates, dtype=np.int64)
        return cast(IntArray, classes[self.scores(X, classes.tolist()).argmax(axis=1)])


def choose_constant(
    method: ZeroShotMethod,
    X: ArrayLike,
    y: ArrayLike,
    S: ArrayLike,
    *,
    seen: Sequence[int],
    folds: int = 4,
    max_per_class: int | None = None,
    seed: int = 0,
) -> float:
    """The constant with the best harmonic mean where some seen classes play the unseen ones.

    Each fold's classes are held out of learning, and with them a fifth of every other seen class's images; both are
    then recognised among all seen classes. The median over folds of the best constants is taken. Of ``S`` only the
    seen rows are read. Arguments as in ``select``.
    """
    descriptions = class_table(S)
    rows, _ = checked_classes(descriptions, seen, ())
    features = checked_features(X)
    labels = checked_labels(y, len(features), rows, np.empty(0, dtype=np.int64))
    rng = np.random.default_rng(seed)
    parts = class_folds(len(rows), folds, rng)
    kept = images_a_class(labels, max_per_class, rng)
    features, labels = features[kept], labels[kept]
    best = []
    for held in parts:
        learned = np.setdiff1d(np.arange(len(rows)), held)
        is_test = np.isin(labels, held)
        for c in learned:
            own = rng.permutation(np.flatnonzero(labels == c))
            is_test[own[: len(own) // 5]] = True
        fitted = clone(method).fit(features[~is_test], labels[~is_test], descriptions[rows], seen=learned, unseen=held)
        images, truth = features[is_test], labels[is_test]
        lead = fitted.scores(images, learned).max(axis=1) - fitted.scores(images, held).max(axis=1)
        constants = np.quantile(lead, QUANTILES)
        means = [
            generalised(Calibrated(fitted, float(c)), images, truth, seen=list(learned), unseen=list(held)).harmonic
            for c in constants
        ]
        best.append(constants[int(np.argmax(means))])
    return float(np.median(best))
