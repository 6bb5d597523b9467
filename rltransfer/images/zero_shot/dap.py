"""Direct attribute prediction."""

from __future__ import annotations

from typing import Literal

import numpy as np

from rltransfer.images.zero_shot.attributes import BinaryAttributes, attribute_scores
from rltransfer.images.zero_shot.inputs import FloatArray, IntArray
from rltransfer.images.zero_shot.logits import apply_logits, fit_logits, sigmoid_loss
from rltransfer.images.zero_shot.method import ZeroShotMethod, one_of, positive


class DAP(ZeroShotMethod):
    """A probability for every attribute from the image; the class whose attributes are the most probable.

    Args:
        C: weight of the attribute classifiers' loss beside their penalty. More fits seen images closer.
        prior: ``seen`` divides by the share of seen classes that have an attribute, ``half`` by one half for all.
        max_iter: L-BFGS steps, taken for all attributes at once.

    Source: Lampert, Nickisch & Harmeling 2014, "Attribute-Based Classification for Zero-Shot Visual Object
    Categorization", section 3 (first 2009); logistic regression where they take kernel support vector machines with
    Platt's scaling, because it gives probabilities itself.
    """

    def __init__(self, *, C: float = 0.1, prior: Literal["seen", "half"] = "seen", max_iter: int = 100) -> None:
        self.C = C
        self.prior = prior
        self.max_iter = max_iter

    def _learn(self, X: FloatArray, y: IntArray, S: FloatArray) -> None:
        positive(self, "C", "max_iter")
        one_of(self, "prior", ("seen", "half"))
        self.attributes_ = BinaryAttributes(S)
        table = self.attributes_.seen
        loss = sigmoid_loss(table[y].astype(X.dtype))
        self.weights_ = fit_logits(X, loss, num_outputs=table.shape[1], C=self.C, max_iter=self.max_iter)

    def _match(self, X: FloatArray, descriptions: FloatArray) -> FloatArray:
        logits = apply_logits(X, self.weights_).astype(np.float64)
        priors = self.attributes_.seen.mean(axis=0) if self.prior == "seen" else None
        wanted = self.attributes_.of(descriptions)
        return attribute_scores(-np.logaddexp(0, -logits), -np.logaddexp(0, logits), wanted, priors)
