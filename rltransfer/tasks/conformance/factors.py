"""Factors: that each acts, and as its kind says."""

from __future__ import annotations

from rltransfer.errors import RLTransferError
from rltransfer.tasks.conformance.checking import Effort, every_task, require, traced
from rltransfer.tasks.factor import Factor, FactorValue
from rltransfer.tasks.family import Family
from rltransfer.tasks.rollout import Trace


def factors_act(family: Family, effort: Effort) -> str:
    """Each factor at each of its bounds changes paths (dynamics, layout), or what is seen and only that."""
    plain: dict[tuple[object, ...], Trace] = {}
    idle = []
    for factor in family.factors.values():
        for value in factor.extremes():
            if not _acts(family, factor, value, plain, effort):
                idle.append(f"{factor.name}={value}")
    require(not idle, f"without effect: {', '.join(idle)}")
    return f"{len(family.factors)} factors"


def _acts(
    family: Family, factor: Factor, value: FactorValue, plain: dict[tuple[object, ...], Trace], effort: Effort
) -> bool:
    """Whether a factor value has an effect in some task; raises where it has one that its kind forbids."""
    seeds = [21, 22, 23, 24]
    for task in every_task(family):
        try:
            base = task.changed(environment=factor.acts_with)
            varied = base.changed(environment={factor.name: value})
        except RLTransferError:
            continue
        key = (task.robot, task.task, tuple(base.environment.items()))
        if key not in plain:
            plain[key] = traced(family, base, seeds, effort.steps)
        before, after = plain[key], traced(family, varied, seeds, effort.steps)
        if factor.kind in ("appearance", "sensor"):
            require(after.same_path(before), f"{factor.name}={value} ({factor.kind}) changes rewards or ends in {task}")
            if not after.same_sight(before):
                return True
        elif not (after.same_path(before) and after.same_sight(before)):
            return True
    return False
