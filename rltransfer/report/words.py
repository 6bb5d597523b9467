"""What is counted and what is measured, in words, by the kind of an experiment."""

from __future__ import annotations

from dataclasses import dataclass


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
