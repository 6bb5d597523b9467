"""Factors: that each acts, and as its kind says."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from rltransfer.errors import RLTransferError
from rltransfer.tasks.conformance.checking import Effort, Violation, every_task, keeps_spaces, require, traced
from rltransfer.tasks.factor import Factor, FactorValue
from rltransfer.tasks.family import Family, Task
from rltransfer.tasks.rollout import Trace
from rltransfer.tasks.variation_sets import SPLITS

Plain = dict[tuple[object, ...], Trace]
"""Rollouts without the factor in question, by robot, task and environment."""


def factors_act(family: Family, effort: Effort) -> str:
    """Each factor at each of its bounds changes paths (dynamics, layout), or what is seen and only that.

    A path is what rewards, ends and states tell of it, ``seen_state`` left out of these. Where a family has no states,
    what is seen has to stand for the path of a factor of dynamics or layout, and rewards and ends alone for the others.
    """
    plain: Plain = {}
    idle = []
    for factor in family.factors.values():
        for value in factor.extremes():
            if not any(_acts(family, task, factor, value, plain, effort) for task in every_task(family)):
                idle.append(f"{factor.name}={value}")
    found = f"without effect in {effort.steps} random steps, of which more may show one"
    require(not idle, f"{found}: {', '.join(idle)}")
    return f"{len(family.factors)} factors"


def _acts(  # noqa: PLR0917 -- what is played, and what was played already
    family: Family, task: Task, factor: Factor, value: FactorValue, plain: Plain, effort: Effort
) -> bool:
    """Whether a factor value has an effect in a task; raises where it has one that its kind forbids."""
    if not factor.acts_in(task.task):
        return False
    try:
        base = task.changed(environment=factor.shown_where)
        varied = base.changed(environment={factor.name: value})
    except RLTransferError:
        return False
    seeds = [21, 22, 23, 24]
    key = (task.robot, task.task, tuple(base.environment.items()))
    if key not in plain:
        plain[key] = traced(family, base, seeds, effort.steps)
    before, after = plain[key], traced(family, varied, seeds, effort.steps)
    elsewhere = after.differing_states(before, seen=family.seen_state)
    if factor.kind in ("appearance", "sensor"):
        said = f"{factor.name}={value} ({factor.kind}) changes"
        require(after.same_path(before), f"{said} rewards or ends in {task}")
        require(not elsewhere, f"{said} the path in {task}: {', '.join(elsewhere)} of the state")
        return not after.same_sight(before)
    tells_by_sight = not before.states and (not after.same_sight(before))
    return bool(elsewhere) or not after.same_path(before) or tells_by_sight


def idle_where_declared(family: Family, effort: Effort) -> str:
    """A factor changes nothing in tasks and on robots that it says it does not act in, nor without what it requires."""
    robot, steps, count = next(iter(family.robots)), effort.steps, 0
    for factor in family.factors.values():
        value = factor.extremes()[-1]
        for name in family.tasks:
            try:
                task = family.task(robot=robot, task=name)
            except RLTransferError:
                continue
            lacking = [{}, factor.shown_where]
            if factor.acts_in(name):
                lacking = [_lacking(family, factor, other) for other in factor.requires]
            pairs = list(_pairs(task, lacking, {factor.name: value}))
            for base, varied in pairs:
                one, other = (traced(family, point, [21, 22], steps) for point in (base, varied))
                same = one.same_path(other) and one.same_sight(other)
                require(same, f"{factor.name}={value} has an effect in {base}, and says that it has none")
            count += len(pairs)
            if pairs and factor.acts_in(name):
                break  # one task stands for all
        for idle, name in itertools.product(factor.idle_for, family.tasks):
            if name in factor.idle_for[idle]:
                continue
            one, other = (
                traced(family, family.task(robot=idle, task=name, environment=environment), [21, 22], steps)
                for environment in ({}, {factor.name: value})
            )
            same = one.same_path(other) and one.same_sight(other)
            require(same, f"{factor.name}={value} has an effect on {idle} in {name}, and says that it has none")
            count += 1
    return f"{count} rollouts"


def _pairs(
    task: Task, environments: list[dict[str, FactorValue]], change: dict[str, FactorValue]
) -> Iterator[tuple[Task, Task]]:
    """``task`` in each environment, without and with the change; what is refused cannot mislead and is left out."""
    for environment in environments:
        try:
            base = task.changed(environment=environment)
            yield base, base.changed(environment=change)
        except RLTransferError:
            continue


def _lacking(family: Family, factor: Factor, name: str) -> dict[str, FactorValue]:
    """What ``factor`` requires but for the factor called ``name``, which has a value that it cannot act with."""
    needed, other = factor.requires[name], family.factors[name]
    values = (other.default, *other.extremes()) if needed else (other.default,)
    return {**factor.shown_where, name: next(value for value in values if value not in needed)}


def sets_fit_their_task(family: Family, effort: Effort) -> str:
    """Every variation of every split is one that its task has, in spaces that change where a factor says so."""
    for name, split in itertools.product(family.tasks, SPLITS):
        for variation in family.sample(20, seed=1, split=split, task=name):
            try:
                family.task(task=name, environment=variation)
            except RLTransferError as error:
                raise Violation(f"task {name!r}, split {split!r}: {dict(variation)} is refused: {error}") from error
    task = next(every_task(family))
    for factor in family.factors_of(task.task).values():
        if factor.acts_in(task.task):
            changes = not keeps_spaces(family, task, factor)
            require(changes == factor.changes_space, f"factor {factor.name!r} changes the space: {changes}")
    return f"{len(family.tasks)} tasks, {len(SPLITS)} splits"
