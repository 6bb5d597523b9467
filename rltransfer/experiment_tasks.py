"""From the tasks that an experiment file names to task objects."""

from __future__ import annotations

from rltransfer.config import AdHocFamily, ExperimentConfig
from rltransfer.registry import FAMILIES
from rltransfer.tasks.family import Context, Family, Randomization, Task
from rltransfer.tasks.gymnasium_family import GymnasiumFamily


def task_of_experiment(config: ExperimentConfig, name: str) -> Task:
    """The task called ``name``: a target, or ``"source"``."""
    point = config.task(name)
    if isinstance(point.family, AdHocFamily):
        adhoc = point.family
        family: Family = GymnasiumFamily(
            adhoc.id, kwargs=adhoc.kwargs, attributes=adhoc.attributes, wrappers=adhoc.wrappers
        )
    else:
        family = FAMILIES.get(point.family)
    drawn, told = point.randomize, config.context
    names = told.factors
    if told.visibility != "hidden" and names is None:  # source and targets are told the same: what the source draws
        source = config.source.randomize
        names = family.told_factors(None if source is None else Randomization(factors=source.factors))
    return family.task(
        robot=point.robot,
        task=point.task,
        environment=point.environment,
        randomization=None if drawn is None else Randomization(factors=drawn.factors, split=drawn.split),
        context=Context(visibility=told.visibility, factors=names),
    )
