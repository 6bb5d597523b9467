"""Time to threshold, with the seeds that never reach it counted and never dropped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rltransfer.metrics.curve import Curve


def time_to_threshold(curve: Curve, threshold: float) -> int | None:
    """First evaluation step at which the return is at least the threshold.

    Not interpolated: between two evaluations nothing was measured, so the answer is as coarse as the
    evaluation interval. A curve that falls below the threshold later still counts from its first crossing.

    Args:
        curve: Curve of one seed.
        threshold: Return to reach, in the unit of the returns. Choose it before seeing the curves.

    Returns:
        Environment steps on the target, or None where the seed never reaches the threshold (censored).

    Raises:
        ValueError: If ``threshold`` is not finite.

    Source:
        Taylor & Stone (2009) (time to threshold).
    """
    if not math.isfinite(threshold):
        raise ValueError(f"threshold must be finite: found {threshold}.")
    reached = np.flatnonzero(curve.returns >= threshold)
    return int(curve.env_steps[reached[0]]) if reached.size else None


@dataclass(frozen=True)
class TimesToThreshold:
    """Times to threshold of all seeds of one arm.

    Args:
        times: One per seed, environment steps; None where the seed is censored.
        budget: Environment steps at which unfinished seeds were stopped. A censored time is larger than this.

    Raises:
        ValueError: If there are no seeds or a time lies outside [0, budget].
    """

    times: tuple[int | None, ...]
    budget: int

    def __post_init__(self) -> None:
        """Check the times against the budget."""
        if not self.times:
            raise ValueError("Times to threshold need at least one seed: found none.")
        for time in self.times:
            if time is not None and not 0 <= time <= self.budget:
                raise ValueError(f"A time to threshold must lie in [0, {self.budget}]: found {time}.")

    @property
    def num_censored(self) -> int:
        """Number of seeds that never reached the threshold."""
        return sum(time is None for time in self.times)

    @property
    def median(self) -> float | None:
        """Median over all seeds, a censored one larger than the budget; None where the median is censored.

        With an even number of seeds it is the mean of the middle two, and None as soon as one of them is
        censored.
        """
        median = float(np.median([math.inf if time is None else float(time) for time in self.times]))
        return median if math.isfinite(median) else None

    def plus_source(self, source_steps: int, *, beside: float = 0.0) -> TimesToThreshold:
        """The same times in the second accounting, which charges the source training to the learner.

        Args:
            source_steps: Environment steps spent on the source beforehand, at least 0; added to every time and
                the budget.
            beside: Further source steps for each target step, at least 0, as a learner takes that goes on playing
                the source; charged up to the time itself.

        Returns:
            Times in source + target steps; censored seeds stay censored.

        Raises:
            ValueError: If ``source_steps`` or ``beside`` is negative.
        """
        if source_steps < 0 or beside < 0:
            raise ValueError(f"source_steps and beside must be at least 0: found {source_steps} and {beside}.")
        charged = [None if time is None else round(time * (1 + beside)) + source_steps for time in self.times]
        return TimesToThreshold(times=tuple(charged), budget=round(self.budget * (1 + beside)) + source_steps)


def times_to_threshold(curves: Sequence[Curve], threshold: float) -> TimesToThreshold:
    """Time to threshold of every seed of one arm, in target steps.

    Args:
        curves: One per seed, all of the same budget.
        threshold: Return to reach, in the unit of the returns.

    Returns:
        Times in the order of the curves.

    Raises:
        ValueError: If there are no curves, their budgets differ (censoring would then mean different things),
            or ``threshold`` is not finite.
    """
    budgets = sorted({curve.budget for curve in curves})
    if len(budgets) != 1:
        raise ValueError(f"Curves of one arm must share one budget: found {budgets or 'no curves'}.")
    return TimesToThreshold(times=tuple(time_to_threshold(curve, threshold) for curve in curves), budget=budgets[0])
