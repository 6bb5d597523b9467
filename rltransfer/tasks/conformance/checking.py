"""What the checks of the suite share: how much they play, and what they say."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gymnasium.vector import VectorEnv

from rltransfer.errors import RLTransferError
from rltransfer.tasks.factor import Factor
from rltransfer.tasks.family import Family, Task
from rltransfer.tasks.rollout import Trace, rollout

NOT_OFFERED = "not offered: "
"""How the detail of a check begins that a family leaves out."""
STATES = 3
"""Kept on the way of a rollout, where the family has states to give."""


class Violation(Exception):  # noqa: N818 -- it is what a check finds, not an error of the program
    """A promise that a family does not keep, in words."""


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How much a suite plays.

    Args:
        copies: in a batch, where one copy of many is compared with a single one.
        steps: of a rollout.
        upstream_steps: compared with the simulator's own environment.
        ending_copies: played until the first episode ends.
        most_tasks: of the pairs of a robot and a task, about so many, spread over all; every one where None.
    """

    copies: int = 64
    steps: int = 60
    upstream_steps: int = 200
    ending_copies: int = 4
    most_tasks: int | None = None


def every_task(family: Family, effort: Effort | None = None) -> Iterator[Task]:
    """Each robot in each task, in the default environment; combinations that the family refuses are left out."""
    pairs = list(itertools.product(family.robots, family.tasks))
    most = len(pairs) if effort is None or effort.most_tasks is None else effort.most_tasks
    for robot, task in pairs[:: -(-len(pairs) // most)]:
        try:
            yield family.task(robot=robot, task=task)
        except RLTransferError:
            continue


class made:  # noqa: N801 -- used as a statement: with made(...)
    """A vector environment for the length of a block."""

    def __init__(self, family: Family, task: Task, num_envs: int, render_mode: str | None = None) -> None:
        self._env = family.make_vec(task, num_envs=num_envs, render_mode=render_mode)

    def __enter__(self) -> VectorEnv[Any, Any, Any]:
        return self._env

    def __exit__(self, *_: object) -> None:
        self._env.close()


def traced(family: Family, task: Task, seeds: list[int], steps: int) -> Trace:
    """A random rollout of ``task``, with the simulator's states on its way where the family has them."""
    with made(family, task, len(seeds)) as env:
        return rollout(env, seeds=seeds, steps=steps, states=STATES if family.restores_state else 0)


def drawable(family: Family, task: Task) -> tuple[str, ...]:
    """A few factors that act in ``task`` and can be drawn anew for every episode."""
    return tuple(
        name
        for name, factor in family.factors_of(task.task).items()
        if factor.acts_in(task.task) and family.why_not_drawn(name, split="full", task=task.task) is None
    )[:6]


def keeps_spaces(family: Family, task: Task, factor: Factor) -> bool:
    """Whether ``task`` has the same observations at every bound of a factor."""
    points = [task.changed(environment={factor.name: value}) for value in factor.extremes()]
    return all(family.spaces(point)[0] == family.spaces(task)[0] for point in points)


def require(holds: bool, otherwise: str) -> None:
    """Raise ``Violation`` with ``otherwise`` where it does not hold."""
    if not holds:
        raise Violation(otherwise)
