"""Families, tasks, factors and variations: what a transfer goes from and to."""

from rltransfer.tasks.factor import Factor, FactorKind, FactorValue
from rltransfer.tasks.family import Family, ReferenceScore, Task
from rltransfer.tasks.space_diff import SpaceDiff
from rltransfer.tasks.variation import Variation

__all__ = [
    "Factor",
    "FactorKind",
    "FactorValue",
    "Family",
    "ReferenceScore",
    "SpaceDiff",
    "Task",
    "Variation",
]
