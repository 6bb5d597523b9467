"""Embarrassingly simple zero-shot learning."""

from __future__ import annotations

from typing import cast

import numpy as np
from scipy.linalg import solve

from rltransfer.images.zero_shot.inputs import FloatArray
from rltransfer.images.zero_shot.method import positive
from rltransfer.images.zero_shot.moments import MomentMethod, Moments


class ESZSL(MomentMethod):
    """A bilinear score of image and description, fitted to +1 for the image's class and -1 for others, in closed form.

    Args:
        gamma: penalty on what the weights make of descriptions in feature space. More trusts single features less.
        lamda: penalty on what they make of images in attribute space. More trusts single attributes less.

    Source: Romera-Paredes & Torr 2015, "An embarrassingly simple approach to zero-shot learning", section 3: the
    closed-form solution with beta = gamma * lamda.
    """

    def __init__(self, *, gamma: float = 1e3, lamda: float = 1.0) -> None:
        self.gamma = gamma
        self.lamda = lamda

    def _solve(self, found: Moments, S: FloatArray) -> None:
        positive(self, "gamma", "lamda")
        gram = found.gram + self.gamma * np.eye(len(found.gram))
        # X'Y with Y of +1 and -1 is twice the class sums less the sum over all images.
        middle = (2 * found.sums - found.sums.sum(axis=0)).T @ S
        left = solve(gram, middle, assume_a="pos")
        self.weights_ = solve(S.T @ S + self.lamda * np.eye(S.shape[1]), left.T, assume_a="pos").T

    def _match(self, X: FloatArray, descriptions: FloatArray) -> FloatArray:
        return cast(FloatArray, X @ self.weights_ @ descriptions.T)
