"""Methods that need no more of the images than their sums and second moments."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from rltransfer.images.zero_shot.inputs import FloatArray, IntArray, finite_descriptions
from rltransfer.images.zero_shot.method import ZeroShotMethod


@dataclass(frozen=True, eq=False)
class Moments:
    """What closed forms need of images.

    Args:
        counts: (classes,) images of each.
        sums: (classes, features) of each class's images.
        gram: (features, features) sum over images of their outer products.
    """

    counts: FloatArray
    sums: FloatArray
    gram: FloatArray

    @property
    def means(self) -> FloatArray:
        """(classes, features) mean image of each class."""
        means: FloatArray = self.sums / self.counts[:, None]
        return means


def moments(X: FloatArray, y: IntArray, num_classes: int) -> Moments:
    """The moments of ``X`` (images, features), whose classes ``y`` are numbered from 0."""
    sums = np.stack([X[y == c].sum(axis=0, dtype=np.float64) for c in range(num_classes)])
    return Moments(np.bincount(y, minlength=num_classes).astype(np.float64), sums, (X.T @ X).astype(np.float64))


class MomentMethod(ZeroShotMethod):
    """A method that learns from moments: other settings on the same images cost no pass over them."""

    def fit_moments(self, found: Moments, S: ArrayLike, *, seen: Sequence[int], unseen: Sequence[int] = ()) -> Self:
        """As ``fit`` on the images of which ``found`` are the moments, in the order of sorted ``seen``."""
        self._remember(S, seen, unseen, found.sums.shape[1])
        self._solve(found, finite_descriptions(self.embeddings_, self.seen_))
        return self

    def _learn(self, X: FloatArray, y: IntArray, S: FloatArray) -> None:
        self._solve(moments(X, y, len(S)), S)

    @abstractmethod
    def _solve(self, found: Moments, S: FloatArray) -> None:
        """Fit to the images' moments and ``S`` (seen classes, attributes)."""
