"""Indirect attribute prediction."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.special import log_softmax, logsumexp

from rltransfer.images.zero_shot.attributes import BinaryAttributes, attribute_scores
from rltransfer.images.zero_shot.inputs import FloatArray, IntArray
from rltransfer.images.zero_shot.logits import apply_logits, fit_logits, softmax_loss
from rltransfer.images.zero_shot.method import ZeroShotMethod, one_of, positive


class IAP(ZeroShotMethod):
    """Probabilities of the seen classes from the image, of attributes from those, and of classes from these.

    Args:
        C: weight of the seen-class classifier's loss beside its penalty. More fits seen images closer.
        prior: as in ``DAP``.
        max_iter: L-BFGS steps.

    Source: Lampert, Nickisch & Harmeling 2014, "Attribute-Based Classification for Zero-Shot Visual Object
    Categorization", section 3 (first 2009); multinomial logistic regression for the seen classes.
    """

    def __init__(self, *, C: float = 0.1, prior: Literal["seen", "half"] = "seen", max_iter: int = 100) -> None:
        self.C = C
        self.prior = prior
        self.max_iter = max_iter

    def _learn(self, X: FloatArray, y: IntArray, S: FloatArray) -> None:
        positive(self, "C", "max_iter")
        one_of(self, "prior", ("seen", "half"))
        self.attributes_ = BinaryAttributes(S)
        self.weights_ = fit_logits(X, softmax_loss(y), num_outputs=len(S), C=self.C, max_iter=self.max_iter)

    def _match(self, X: FloatArray, descriptions: FloatArray) -> FloatArray:
        classes = log_softmax(apply_logits(X, self.weights_).astype(np.float64), axis=1)
        table = self.attributes_.seen
        present, absent = _log_share(classes, table), _log_share(classes, 1 - table)
        priors = table.mean(axis=0) if self.prior == "seen" else None
        return attribute_scores(present, absent, self.attributes_.of(descriptions), priors)


def _log_share(classes: FloatArray, table: FloatArray) -> FloatArray:
    """Log of the probability that the class is one with a 1 in ``table``, for each of its columns."""
    columns = [logsumexp(classes[:, column > 0], axis=1) for column in table.T]
    shares: FloatArray = np.stack(columns, axis=1)
    return shares
