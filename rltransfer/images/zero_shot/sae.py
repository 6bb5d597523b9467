"""The semantic autoencoder."""

from __future__ import annotations

from typing import Literal, cast

import numpy as np

from rltransfer.images.zero_shot.inputs import FloatArray
from rltransfer.images.zero_shot.method import one_of, positive, unit_rows
from rltransfer.images.zero_shot.moments import MomentMethod, Moments


class SAE(MomentMethod):
    """A linear map from features to descriptions whose transpose leads back: images and classes meet on either side.

    Args:
        lamda: weight of the way to the description beside the way back to the features.
        side: where image and class are compared, by cosine: among ``attributes`` or among ``features``.

    Source: Kodirov, Xiang & Gong 2017, "Semantic Autoencoder for Zero-Shot Learning", section 3 (the Sylvester
    equation of the linear autoencoder with tied weights).
    """

    def __init__(self, *, lamda: float = 1e3, side: Literal["attributes", "features"] = "features") -> None:
        self.lamda = lamda
        self.side = side

    def _solve(self, found: Moments, S: FloatArray) -> None:
        positive(self, "lamda")
        one_of(self, "side", ("attributes", "features"))
        # D W + W G = R with D and G symmetric: divided by sums of eigenvalues between their eigenvectors.
        lengths, words = np.linalg.eigh((S.T * found.counts) @ S)
        spreads, directions = np.linalg.eigh(self.lamda * found.gram)
        right = words.T @ ((1 + self.lamda) * S.T @ found.sums) @ directions
        sums = lengths[:, None] + spreads
        is_clear = sums > np.finfo(np.float64).eps * len(spreads) * sums.max()
        self.weights_ = words @ np.divide(right, sums, out=np.zeros_like(right), where=is_clear) @ directions.T

    def _match(self, X: FloatArray, descriptions: FloatArray) -> FloatArray:
        if self.side == "attributes":
            return cast(FloatArray, unit_rows(X @ self.weights_.T) @ unit_rows(descriptions).T)
        return cast(FloatArray, unit_rows(X) @ unit_rows(descriptions @ self.weights_).T)
