"""What is counted and what is measured, in words."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rltransfer.metrics import Interval


@dataclass(frozen=True, kw_only=True)
class Words:
    """Names of figures.

    Args:
        score: what a learner achieves.
        scores: several of them.
        reach: what one says of a learner before its score.
        measured_on: what it is measured on.
        steps: what its budget counts.
        counted: the same in a word.
        source: what gives knowledge.
        tells_success: whether a success rate says more than the score.
    """

    score: str
    scores: str
    reach: str
    measured_on: str
    steps: str
    counted: str
    source: str
    tells_success: bool


WORDS = {
    "agents": Words(
        score="return",
        scores="returns",
        reach="reach a return of",
        measured_on="fixed episodes",
        steps="environment steps",
        counted="steps",
        source="source agents",
        tells_success=True,
    ),
    "images": Words(
        score="accuracy",
        scores="accuracies",
        reach="reach an accuracy of",
        measured_on="all test examples",
        steps="examples",
        counted="examples",
        source="source classifiers",
        tells_success=False,
    ),
}
"""By ``kind``."""


def interval_in_words(interval: Interval, *, signed: bool = False) -> str:
    """``1.23 [1.20, 1.30]``; without ends where one seed says nothing of the spread."""
    if not interval.is_defined:
        return "undefined"
    sign = "+" if signed else ""
    ends = (interval.point, interval.low, interval.high)
    digits = 2 if max(abs(end) for end in ends if math.isfinite(end)) < 100 else 0
    point = f"{interval.point:{sign}.{digits}f}"
    if math.isinf(interval.low):
        return point
    return f"{point} [{interval.low:.{digits}f}, {interval.high:.{digits}f}]"
