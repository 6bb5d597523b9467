"""Descriptions as mixtures of the seen classes' descriptions."""

from __future__ import annotations

from typing import cast

import numpy as np

from rltransfer.images.zero_shot.inputs import FloatArray


def mixtures(descriptions: FloatArray, S: FloatArray, *, spread: float, steps: int = 500) -> FloatArray:
    """Shares of the seen classes whose mixture comes nearest to each description.

    Minimises ``|d - a S|^2 / 2 + spread |a|^2 / 2`` over shares ``a`` that are not negative and sum to 1, by
    accelerated projected gradients.

    Args:
        descriptions: (descriptions, attributes).
        S: (seen classes, attributes).
        spread: more makes the shares more equal; near 0 few classes share.
        steps: of the minimisation.

    Returns:
        (descriptions, seen classes).

    Source: Zhang & Saligrama 2015, "Zero-Shot Learning via Semantic Similarity Embedding" (the source-domain
    embedding); steps by Beck & Teboulle 2009, "A Fast Iterative Shrinkage-Thresholding Algorithm".
    """
    curvature = S @ S.T + spread * np.eye(len(S))
    pull = descriptions @ S.T
    rate = 1 / np.linalg.eigvalsh(curvature)[-1]
    shares = np.full((len(descriptions), len(S)), 1 / len(S))
    ahead, momentum = shares, 1.0
    for _ in range(steps):
        stepped = onto_simplex(ahead - rate * (ahead @ curvature - pull))
        faster = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = stepped + (momentum - 1) / faster * (stepped - shares)
        shares, momentum = stepped, faster
    return shares


def onto_simplex(points: FloatArray) -> FloatArray:
    """The nearest point to each row of ``points`` whose entries are not negative and sum to 1.

    Source: Duchi et al. 2008, "Efficient Projections onto the l1-Ball for Learning in High Dimensions", Figure 1.
    """
    descending = -np.sort(-points, axis=1)
    excess = (descending.cumsum(axis=1) - 1) / np.arange(1, points.shape[1] + 1)
    last = (descending > excess).sum(axis=1) - 1
    return cast(FloatArray, np.maximum(points - excess[np.arange(len(points)), last][:, None], 0))
