"""Accuracies of zero-shot recognition: of images, of classes, and between seen and unseen classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from rltransfer.errors import ConfigError
from rltransfer.images.zero_shot.inputs import IntArray


class Predicts(Protocol):
    """What chooses a class for each image among candidates."""

    def predict(self, X: ArrayLike, candidates: Sequence[int] | None = None) -> IntArray:
        """(images,) classes."""


def per_class_accuracy(y: ArrayLike, predicted: ArrayLike) -> float:
    """Mean over the classes in ``y`` of the share of their images that are right, 0 to 1.

    Classes of few images weigh as much as those of many.

    Source: Xian et al. 2018, "Zero-Shot Learning -- A Comprehensive Evaluation of the Good, the Bad and the Ugly",
    the section on evaluation.
    """
    labels, guesses = _pair(y, predicted)
    return float(np.mean([(guesses[labels == c] == c).mean() for c in np.unique(labels)]))


def accuracy(y: ArrayLike, predicted: ArrayLike) -> float:
    """Share of all images that are right, 0 to 1."""
    labels, guesses = _pair(y, predicted)
    return float((labels == guesses).mean())


@dataclass(frozen=True)
class Generalised:
    """Per-class accuracies where every class, seen or not, may be the answer; each 0 to 1.

    Args:
        seen: on images of seen classes that were held out of learning.
        unseen: on images of unseen classes.
    """

    seen: float
    unseen: float

    @property
    def harmonic(self) -> float:
        """Harmonic mean of both: high where neither is paid for by the other."""
        total = self.seen + self.unseen
        return 2 * self.seen * self.unseen / total if total else 0.0


def generalised(
    method: Predicts, X: ArrayLike, y: ArrayLike, *, seen: Sequence[int], unseen: Sequence[int]
) -> Generalised:
    """Recognition among all classes of images that were not learned from, of seen and unseen classes.

    Args:
        method: fitted.
        X: (images, features).
        y: (images,) classes of both kinds.
        seen: the seen classes.
        unseen: the unseen ones.

    Raises:
        ConfigError: no image of one of the two kinds, an image of neither, or a class that is of both.

    Source: Xian et al. 2018, as in ``per_class_accuracy`` (the generalised setting and its harmonic mean).
    """
    predicted = method.predict(X, [*seen, *unseen])
    labels, predicted = _pair(y, predicted)
    if both := set(seen) & set(unseen):
        raise ConfigError(f"class {min(both)} is named both seen and unseen. Leave it in one of them.")
    strangers = ~np.isin(labels, [*seen, *unseen])
    if strangers.any():
        row = int(strangers.argmax())
        raise ConfigError(f"y[{row}] is class {labels[row]}, which is neither seen nor unseen; {strangers.sum()} such.")
    parts = []
    for name, classes in (("seen", seen), ("unseen", unseen)):
        chosen = np.isin(labels, list(classes))
        if not chosen.any():
            raise ConfigError(f"y: no image of {name} classes, so the generalised setting has nothing to compare.")
        parts.append(per_class_accuracy(labels[chosen], predicted[chosen]))
    return Generalised(*parts)


def _pair(y: ArrayLike, predicted: ArrayLike) -> tuple[IntArray, IntArray]:
    labels, guesses = np.asarray(y), np.asarray(predicted)
    if labels.ndim != 1 or labels.shape != guesses.shape or not len(labels):
        raise ConfigError(f"{labels.shape} labels and {guesses.shape} predictions. Give one of each an image.")
    return labels, guesses
