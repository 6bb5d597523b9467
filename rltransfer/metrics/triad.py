"""The triad: a transfer read between its floor and its reference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from rltransfer.metrics.bootstrap import stratified_bootstrap
from rltransfer.metrics.interval import Interval


@dataclass(frozen=True)
class Triad:
    """Target performance of three learners, each with the interval of its IQM over seeds.

    Args:
        direct: Source policy applied to the target without adaptation.
        transferred: Learner with transfer, after its target budget.
        reference: Learner trained on the target alone with a full budget.
    """

    direct: Interval
    transferred: Interval
    reference: Interval


def measure_triad(
    *,
    direct: ArrayLike,
    transferred: ArrayLike,
    reference: ArrayLike,
    confidence: float = 0.95,
    num_resamples: int = 10_000,
    seed: int = 0,
) -> Triad:
    """Target performance of direct application, transfer and reference, side by side.

    A gain over direct application says that adaptation paid; the distance to the reference says what is left.
    The seeds of the three need not be the same, so read differences from ``unpaired_bootstrap``, not from
    whether these intervals overlap.

    Args:
        direct: (num_seeds,) target scores of the source policy, not adapted.
        transferred: (num_seeds,) target scores with transfer.
        reference: (num_seeds,) target scores after a full budget on the target.
        confidence: Nominal coverage of every interval, in (0, 1).
        num_resamples: Bootstrap resamples per interval.
        seed: Seed of the resampling; each interval starts from it afresh.

    Returns:
        Three intervals, in the unit of the scores.

    Raises:
        ValueError: If scores are empty or not finite, or a setting is out of range.

    Source:
        Own choice, because a transfer score means little without its floor and its ceiling.
    """

    def interval(scores: ArrayLike) -> Interval:
        rng = np.random.default_rng(seed)
        return stratified_bootstrap(scores, confidence=confidence, num_resamples=num_resamples, rng=rng)

    return Triad(direct=interval(direct), transferred=interval(transferred), reference=interval(reference))
