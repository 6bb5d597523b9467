"""LogME: the evidence of labels under a linear model of codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from rltransfer.errors import UnfitDataError
from rltransfer.images.choosing.labelled_codes import Array, labelled_codes

TINY = 1e-12
"""Added where something may be 0."""


def logme(codes: Any, labels: Any, *, rounds: int = 100, tolerance: float = 1e-6) -> float:
    """Greatest mean log evidence of a label under Bayesian linear regression on codes; more promises better transfer.

    For each class, 1 or 0 is regressed on the codes with weights of variance 1 / alpha and noise of variance 1 / beta,
    which are chosen so that the evidence is greatest; the mean over classes is returned, per row.

    Args:
        codes: (n, columns) what a trunk makes of the target's rows.
        labels: (n,) their classes.
        rounds: steps of the fixed point at most, a class.
        tolerance: it ends where alpha / beta changes by less than this share.

    Source: You, Liu, Wang and Long 2021, "LogME: Practical Assessment of Pre-trained Models for Transfer Learning",
    Algorithm 1, with its fixed point written over singular values.
    """
    rows, found = labelled_codes(codes, labels)
    if rounds < 1 or not rows.any():
        raise UnfitDataError(
            f"rounds: {rounds}; codes: all 0 or not. Give 1 round or more, and codes that say something."
        )
    left, values, _ = np.linalg.svd(rows, full_matrices=False)
    squares = values**2
    evidences = []
    for name in range(found.max() + 1):
        truth = (found == name).astype(np.float64)
        along = (left.T @ truth) ** 2
        beyond = max(float(truth.sum() - along.sum()), 0.0)  # what no weights explain; truth squared is truth
        regression = _Regression(squares=squares, along=along, beyond=beyond, rows=len(rows))
        evidences.append(regression.evidence(rounds=rounds, tolerance=tolerance))
    return float(np.mean(evidences))


@dataclass(frozen=True, kw_only=True)
class _Regression:
    """One class on the codes: squared singular values, the class along each of them, and what no weights explain."""

    squares: Array
    along: Array
    beyond: float
    rows: int

    def evidence(self, *, rounds: int, tolerance: float) -> float:
        """Log p(labels | alpha, beta) / n at the alpha and beta of the fixed point."""
        ratio = 1.0  # alpha / beta
        for _ in range(rounds):
            alpha, beta = self._better(ratio)
            before, ratio = ratio, alpha / beta
            if abs(ratio - before) <= tolerance * before:
                break
        weight, residual = self._best_weights(ratio)
        volume = -np.log1p(self.squares / ratio).sum() / 2
        fit = -beta / 2 * residual - alpha / 2 * weight
        return float(volume + fit + self.rows / 2 * np.log(beta / (2 * np.pi))) / self.rows

    def _better(self, ratio: float) -> tuple[float, float]:
        """(alpha, beta) for the weights that are best at ``ratio``."""
        weight, residual = self._best_weights(ratio)
        used = float((self.squares / (ratio + self.squares)).sum())
        return used / (weight + TINY), max(self.rows - used, TINY) / (residual + TINY)

    def _best_weights(self, ratio: float) -> tuple[float, float]:
        """(squared length of the weights, squared residual)."""
        weight = float((self.squares * self.along / (ratio + self.squares) ** 2).sum())
        return weight, self.beyond + float((self.along * (ratio / (ratio + self.squares)) ** 2).sum())
