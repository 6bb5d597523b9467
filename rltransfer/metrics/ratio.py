"""The transfer ratio over several seeds."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rltransfer.metrics.aggregate import iqm_over_batch
from rltransfer.metrics.interval import Interval, undefined
from rltransfer.metrics.transfer import Normalizer

Areas = NDArray[np.float64]
"""(num_seeds,)"""


def normalized(areas: Areas, normalizer: Normalizer | None) -> Areas:
    """Areas with the random policy at 0 and the reference at 1; unchanged without a normalizer."""
    if normalizer is None:
        return areas
    random, reference = normalizer
    if not (math.isfinite(random) and math.isfinite(reference) and reference > random):
        raise ValueError(f"normalizer must be (random, reference), finite, reference above random: found {normalizer}.")
    return (areas - random) / (reference - random)


def ratio_of_areas(
    transfer: Areas, control: Areas, *, confidence: float = 0.95, num_resamples: int = 10_000, seed: int = 0
) -> Interval:
    """(A_T - A_0) / A_0 of the seeds' IQM areas, with the percentile interval over resampled pairs.

    The areas are aggregated first and divided then: one seed whose control is near nothing would otherwise decide the
    mean of the ratios.

    Args:
        transfer: Area of each seed with transfer, normalised.
        control: Area of each seed from scratch, same order.
        confidence: Nominal coverage, in (0, 1).
        num_resamples: Of whole pairs.
        seed: Of the resampling.

    Returns:
        Three nan where the control's IQM area is not above 0, or not in a share of resamples that the interval would
        leave out at one end. Infinite ends for one pair.

    Source:
        Taylor & Stone (2009) for the ratio; the order of aggregation is our own choice.
    """
    base = float(iqm_over_batch(control[:, None]))
    if base <= 0:
        return undefined(confidence)
    point = (float(iqm_over_batch(transfer[:, None])) - base) / base
    if len(control) < 2:
        return Interval(point=point, low=-math.inf, high=math.inf, confidence=confidence)
    drawn = np.random.default_rng(seed).integers(len(control), size=(num_resamples, len(control)))
    bases = iqm_over_batch(control[drawn][:, :, None])
    tops = iqm_over_batch(transfer[drawn][:, :, None])
    tail = (1 - confidence) / 2
    if (bases <= 0).mean() > tail:
        return undefined(confidence)
    kept = bases > 0
    low, high = np.quantile((tops[kept] - bases[kept]) / bases[kept], [tail, 1 - tail])
    return Interval(point=point, low=float(low), high=float(high), confidence=confidence)
