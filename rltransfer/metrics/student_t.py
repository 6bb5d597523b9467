"""Student-t interval of a mean: the small-sample companion of the bootstrap."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from rltransfer.metrics.aggregate import as_scores
from rltransfer.metrics.interval import Interval


def _central_probability(angle: float, degrees: int) -> float:
    """P(|T| < t) for t = sqrt(degrees) * tan(angle), by the finite series for whole degrees of freedom."""
    sine, cosine = math.sin(angle), math.cos(angle)
    is_odd = degrees % 2 == 1
    term = cosine if is_odd else 1.0
    total = 0.0
    for k in range(2 if is_odd else 1, degrees, 2):
        total += term
        term *= cosine * cosine * k / (k + 1)
    return 2.0 / math.pi * (angle + sine * total) if is_odd else sine * total


def t_quantile(confidence: float, degrees: int) -> float:
    """Half-width factor t with P(-t < T < t) = confidence.

    Args:
        confidence: In (0, 1).
        degrees: Degrees of freedom, at least 1. Fewer give a wider interval.

    Returns:
        Quantile, above 0; 4.303 for 0.95 and 2 degrees.

    Raises:
        ValueError: If an argument is out of range.

    Source:
        Abramowitz & Stegun (1964), equations 26.7.3 and 26.7.4, inverted by bisection; own choice, because
        this keeps scipy out of the dependencies.
    """
    if not 0.0 < confidence < 1.0 or degrees < 1:
        raise ValueError(f"Need confidence in (0, 1) and degrees >= 1: found {confidence} and {degrees}.")
    low, high = 0.0, math.pi / 2
    while True:
        middle = 0.5 * (low + high)
        if middle in (low, high):
            return math.sqrt(degrees) * math.tan(middle)
        if _central_probability(middle, degrees) < confidence:
            low = middle
        else:
            high = middle


def t_interval(scores: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Student-t interval for the mean over seeds.

    Exact for normal scores at any number of seeds, where the percentile bootstrap is too narrow with few
    (``rltransfer.metrics.bootstrap`` gives the coverage of both). Give it paired differences to get the
    interval of a paired t-test.

    Args:
        scores: (num_seeds,) scores or paired differences of one task.
        confidence: Nominal coverage, in (0, 1). More is wider.

    Returns:
        Mean with its interval; infinite ends for one seed.

    Raises:
        ValueError: If the scores are not flat, empty or not finite, or ``confidence`` is out of range.

    Source:
        Student (1908), The Probable Error of a Mean.
    """
    if np.ndim(scores) != 1:
        raise ValueError(f"t_interval needs a flat (num_seeds,) array: found {np.ndim(scores)} axes.")
    values = as_scores(scores)[:, 0]
    point = float(values.mean())
    if values.size < 2:
        return Interval(point=point, low=-math.inf, high=math.inf, confidence=confidence)
    standard_error = float(values.std(ddof=1)) / math.sqrt(values.size)
    half = t_quantile(confidence, values.size - 1) * standard_error
    return Interval(point=point, low=point - half, high=point + half, confidence=confidence)
