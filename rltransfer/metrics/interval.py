"""A point estimate with its confidence interval."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """A point estimate with the ends of its confidence interval.

    Two special forms: ends at minus and plus infinity, where one seed says nothing about the spread; and all
    three nan, where the quantity is undefined for at least one seed.

    Args:
        point: Estimate. A percentile interval of a trimmed mean may, rarely, not contain it.
        low: Lower end, at most ``high``.
        high: Upper end.
        confidence: Nominal coverage, in (0, 1).

    Raises:
        ValueError: If ``low`` is above ``high`` or ``confidence`` is outside (0, 1).
    """

    point: float
    low: float
    high: float
    confidence: float

    def __post_init__(self) -> None:
        """Check the order of the ends and the confidence."""
        if not 0.0 < self.confidence < 1.0:
            raise ValueError(f"confidence must lie in (0, 1): found {self.confidence}.")
        if self.low > self.high or math.isnan(self.low) != math.isnan(self.high):
            raise ValueError(f"An interval needs low <= high: found [{self.low}, {self.high}].")

    @property
    def is_defined(self) -> bool:
        """False where the quantity is undefined (nan) for at least one seed."""
        return not math.isnan(self.point)


def undefined(confidence: float) -> Interval:
    """The interval of a quantity that is undefined: three nan."""
    return Interval(point=math.nan, low=math.nan, high=math.nan, confidence=confidence)
