"""Whether what was foreseen ranks sources as what came out does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from rltransfer.errors import DataError


@dataclass(frozen=True, kw_only=True)
class RankCorrelation:
    """Agreement of two rankings, each -1 to 1.

    Args:
        kendall: tau-b, which counts pairs in the same order.
        spearman: correlation of ranks.
        weighted: Vigna's weighted tau: pairs near the top of either ranking count more, as You et al. 2021 report it.
        sources: how many were ranked; with few, chance alone gives large numbers.
    """

    kendall: float
    spearman: float
    weighted: float
    sources: int


def rank_correlation(scores: Sequence[float], achieved: Sequence[float]) -> RankCorrelation:
    """How well ``scores`` foresaw what transfer ``achieved``; more is better in both.

    Raises:
        DataError: lengths that differ, fewer than three sources, numbers that are not finite, or all of them the same.

    Source: Kendall 1945, "The treatment of ties in ranking problems"; Vigna 2015, "A Weighted Correlation Index for
    Rankings with Ties".
    """
    try:
        left, right = np.asarray(scores, dtype=np.float64), np.asarray(achieved, dtype=np.float64)
    except ValueError as error:
        raise DataError(f"scores or achieved: {error}. Give numbers.") from error
    if left.shape != right.shape or left.ndim != 1 or len(left) < 3:
        raise DataError(
            f"scores of shape {left.shape}, achieved {right.shape}. Give one of each for 3 sources or more."
        )
    if not (np.isfinite(left).all() and np.isfinite(right).all()) or np.ptp(left) == 0 or np.ptp(right) == 0:
        raise DataError("scores or achieved: all are the same, or one is not finite. Nothing can be ranked.")
    return RankCorrelation(
        kendall=float(stats.kendalltau(left, right).statistic),
        spearman=float(stats.spearmanr(left, right).statistic),
        weighted=float(stats.weightedtau(left, right).statistic),
        sources=len(left),
    )
