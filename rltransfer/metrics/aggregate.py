"""Aggregates of a score matrix, by the definitions of rliable.

Scores are shaped ``(num_seeds, num_tasks)``. The ``*_over_batch`` forms take leading batch axes, so that the
bootstrap can aggregate thousands of resamples in one call; the others return one float.

Source: Agarwal et al. (2021), Deep RL at the Edge of the Statistical Precipice, section 4, and rliable 1.2.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
Statistic = Callable[[FloatArray], FloatArray]
"""Maps (..., num_seeds, num_tasks) to (...,): an aggregate over the last two axes."""


def as_scores(scores: ArrayLike, *, is_nan_allowed: bool = False) -> FloatArray:
    """Check a score matrix.

    Args:
        scores: (num_seeds, num_tasks), or (num_seeds,) for one task.
        is_nan_allowed: Let nan pass (infinities never do); the caller must then carry it.

    Returns:
        (num_seeds, num_tasks) float64.

    Raises:
        ValueError: If the array is empty, has another rank, or holds a value that is not finite.
    """
    matrix = np.asarray(scores, dtype=np.float64)
    if matrix.ndim == 1:
        matrix = matrix[:, np.newaxis]
    if matrix.ndim != 2 or matrix.size == 0:
        raise ValueError(f"scores must be a non-empty (num_seeds, num_tasks) array: found shape {matrix.shape}.")
    is_bad = np.isinf(matrix) if is_nan_allowed else ~np.isfinite(matrix)
    if is_bad.any():
        raise ValueError(
            f"scores must be finite: {int(is_bad.sum())} of {matrix.size} are not. "
            f"Score a failed run as a failure, or leave out its task, and say so."
        )
    return matrix


def mean_over_batch(scores: FloatArray) -> FloatArray:
    """Mean over seeds and tasks: (..., num_seeds, num_tasks) to (...,)."""
    return np.asarray(scores.mean(axis=(-2, -1)))


def iqm_over_batch(scores: FloatArray) -> FloatArray:
    """Interquartile mean over seeds and tasks together: (..., num_seeds, num_tasks) to (...,)."""
    flat = scores.reshape(*scores.shape[:-2], -1)
    num_scores = flat.shape[-1]
    num_cut = num_scores // 4
    return np.asarray(np.sort(flat, axis=-1)[..., num_cut : num_scores - num_cut].mean(axis=-1))


def mean(scores: ArrayLike) -> float:
    """Mean over seeds and tasks.

    Args:
        scores: (num_seeds, num_tasks), or (num_seeds,) for one task.

    Returns:
        Mean, in the unit of the scores.

    Raises:
        ValueError: If the scores are empty, of another rank, or not finite.
    """
    return float(mean_over_batch(as_scores(scores)))


def iqm(scores: ArrayLike) -> float:
    """Interquartile mean: mean of the middle half of all scores, seeds and tasks together.

    Robust to outlying runs, and less noisy than the median. The number cut at each end is rounded down, so
    with up to 3 scores nothing is cut and it is the plain mean.

    Args:
        scores: (num_seeds, num_tasks), or (num_seeds,) for one task.

    Returns:
        Interquartile mean, in the unit of the scores.

    Raises:
        ValueError: If the scores are empty, of another rank, or not finite.

    Source:
        Agarwal et al. (2021), section 4.3; equals ``scipy.stats.trim_mean(scores, 0.25, axis=None)``.
    """
    return float(iqm_over_batch(as_scores(scores)))


def optimality_gap(scores: ArrayLike, *, target: float = 1.0) -> float:
    """Mean amount by which runs fall short of a target score; running past the target earns nothing.

    Args:
        scores: (num_seeds, num_tasks) normalised scores, or (num_seeds,) for one task.
        target: Score that counts as enough. Higher values keep rewarding strong runs.

    Returns:
        At least 0, in the unit of the scores; less is better.

    Raises:
        ValueError: If the scores are empty, of another rank, or not finite.

    Source:
        Agarwal et al. (2021), section 4.3, with gamma = target.
    """
    return float(target - np.minimum(as_scores(scores), target).mean())


def performance_profile(scores: ArrayLike, thresholds: ArrayLike) -> FloatArray:
    """Fraction of runs, over all seeds and tasks, that score strictly above each threshold.

    Args:
        scores: (num_seeds, num_tasks), or (num_seeds,) for one task.
        thresholds: (num_thresholds,) scores, in any order.

    Returns:
        (num_thresholds,) fractions in [0, 1].

    Raises:
        ValueError: If the scores are empty, of another rank, or not finite, or the thresholds are not flat.

    Source:
        Agarwal et al. (2021), section 4.2 (run-score distribution).
    """
    taus = np.asarray(thresholds, dtype=np.float64)
    if taus.ndim != 1 or np.isnan(taus).any():
        raise ValueError(f"thresholds must be a flat array without nan: found shape {taus.shape}.")
    is_above = as_scores(scores)[..., np.newaxis] > taus
    return np.asarray(is_above.mean(axis=(0, 1)), dtype=np.float64)


def probability_of_improvement(method: ArrayLike, control: ArrayLike) -> float:
    """Probability that a random run of the method scores above a random run of the control, mean over tasks.

    It says how often, not by how much. Ties count one half. Seeds are compared all against all, not in pairs.

    Args:
        method: (num_method_seeds, num_tasks), or (num_method_seeds,) for one task.
        control: (num_control_seeds, num_tasks), the same tasks in the same order.

    Returns:
        In [0, 1]; 0.5 where the two cannot be told apart.

    Raises:
        ValueError: If the scores are empty, of another rank or not finite, or the numbers of tasks differ.

    Source:
        Agarwal et al. (2021), section 4.3 (Mann-Whitney U statistic over the number of pairs).
    """
    ours, theirs = as_scores(method), as_scores(control)
    if ours.shape[1] != theirs.shape[1]:
        raise ValueError(
            f"Both arms must be scored on the same tasks: found {ours.shape[1]} and {theirs.shape[1]} tasks."
        )
    difference = ours[:, np.newaxis, :] - theirs[np.newaxis, :, :]
    return float(((difference > 0) + 0.5 * (difference == 0)).mean())
