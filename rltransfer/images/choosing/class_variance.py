"""H-score: how much of the codes' variance is between the target's classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from rltransfer.images.choosing.labelled_codes import labelled_codes


def h_score(codes: Any, labels: Any) -> float:
    """tr(cov(codes)^-1 cov(class means)), 0 to the lesser of columns and classes - 1; more: classes are further apart.

    Directions in which codes do not vary are left out. With few rows for the number of columns it is too high.

    Args:
        codes: (n, columns) what a trunk makes of the target's rows.
        labels: (n,) their classes.

    Source: Bao, Li, Huang, Zhang, Zheng, Zamir and Guibas 2019, "An Information-Theoretic Approach to Transferability
    in Task Transfer Learning", the definition of the H-score.
    """
    rows, found = labelled_codes(codes, labels)
    centred = rows - rows.mean(0)
    left, values, _ = np.linalg.svd(centred, full_matrices=False)
    kept = values > max(values[0], 1e-300) * 1e-7
    # left * sqrt(n) are the codes made white, so that only the class means are left to add up
    counts = np.bincount(found)
    sums = np.zeros((len(counts), int(kept.sum())))
    np.add.at(sums, found, left[:, kept])
    return float((sums**2 / counts[:, None]).sum())
