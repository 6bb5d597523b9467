"""The association classifier: does this description match this image?"""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from rltransfer.images.zero_shot.inputs import FloatArray, IntArray
from rltransfer.images.zero_shot.logits import apply_logits, fit_logits, sigmoid_loss
from rltransfer.images.zero_shot.method import ZeroShotMethod, positive


class Association(ZeroShotMethod):
    """Logistic regression on products of an image's and a description's numbers, over all pairs of them.

    An image with its own class's description is a match, with any other seen class's it is none; both kinds weigh
    the same in sum, so that the probability is that of a match where one pair in two matches.

    Args:
        C: weight of the loss beside the penalty. More fits seen pairs closer.
        max_iter: L-BFGS steps.

    Source: own choice of the classifier; zero-shot recognition as a binary question about pairs after Zhang &
    Saligrama 2016, "Zero-Shot Learning via Joint Latent Similarity Embedding".
    """

    def __init__(self, *, C: float = 0.1, max_iter: int = 100) -> None:
        self.C = C
        self.max_iter = max_iter

    def probabilities(self, X: ArrayLike, descriptions: ArrayLike) -> FloatArray:
        """(images, descriptions) that each description matches each image, both taken as equally likely before."""
        return cast(FloatArray, expit(self.match(X, descriptions)))

    def _learn(self, X: FloatArray, y: IntArray, S: FloatArray) -> None:
        positive(self, "C", "max_iter")
        matches = np.eye(len(S), dtype=X.dtype)[y]
        weights = matches + (1 - matches) / np.asarray(len(S) - 1, dtype=X.dtype)
        self.weights_ = fit_logits(
            X,
            sigmoid_loss(matches, weights),
            num_outputs=S.shape[1] + 1,
            C=self.C,
            max_iter=self.max_iter,
            outputs=_with_one(S),
        )

    def _match(self, X: FloatArray, descriptions: FloatArray) -> FloatArray:
        return apply_logits(X, self.weights_, _with_one(descriptions).astype(X.dtype))


def _with_one(descriptions: FloatArray) -> FloatArray:
    """A further attribute that all have, whose weights depend on the image alone."""
    return cast(FloatArray, np.hstack([descriptions, np.ones((len(descriptions), 1))]))
