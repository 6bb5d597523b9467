"""Families, tasks, factors and variations: what a transfer goes from and to."""

from rltransfer.tasks.factor import Factor, FactorKind, FactorValue
from rltransfer.tasks.family import ActionKind, Context, Family, Picture, Randomization, ReferenceScore, Task
from rltransfer.tasks.single_env_family import SingleEnvFamily
from rltransfer.tasks.space_diff import SpaceDiff
from rltransfer.tasks.variation import Variation

__all__ = [
    "ActionKind",
    "Context",
    "Factor",
    "FactorKind",
    "FactorValue",
    "Family",
    "Picture",
    "Randomization",
    "ReferenceScore",
    "SingleEnvFamily",
    "SpaceDiff",
    "Task",
    "Variation",
]
