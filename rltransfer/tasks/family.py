"""Families and tasks: what can be transferred between."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from rltransfer.errors import UnknownNameError
from rltransfer.registry import nearest
from rltransfer.tasks.factor import Factor
from rltransfer.tasks.variation import Variation

if TYPE_CHECKING:
    from gymnasium import Space
    from gymnasium.vector import VectorEnv


ActionKind = Literal["discrete", "continuous"]


@dataclass(frozen=True, kw_only=True)
class ReferenceScore:
    """Mean undiscounted returns that give a task's returns a scale.

    Args:
        random: of the uniformly random policy, which becomes 0.
        expert: of the family's scripted expert, which becomes 1.
        episodes: how many episodes each was measured on.
    """

    random: float
    expert: float
    episodes: int


class Family(abc.ABC):
    """Tasks that share a world, described along three axes: robot, task and environment.

    A family is declared without importing its simulator: names and factors are plain data, and only ``make_vec``
    imports what it needs. So a configuration that names a factor is checked in milliseconds.
    """

    name: str
    """The name under which the family is registered."""
    summary: str
    """One line for lists."""
    robots: Mapping[str, str]
    """Robot name to one line about it; the first is the default."""
    tasks: Mapping[str, str]
    """Task name to one line about it; the first is the default."""
    factors: Mapping[str, Factor]
    """What can change in the environment, by name."""
    simulator_modules: tuple[str, ...] = ()
    """Modules that ``make_vec`` imports: loaded once before the trials of a run are forked, to spare each the wait."""

    @abc.abstractmethod
    def make_vec(self, task: Task, *, num_envs: int, render_mode: str | None = None) -> VectorEnv[Any, Any, Any]:
        """``num_envs`` copies of ``task``, stepped together.

        The vector environment resets a copy in the step in which its episode ends
        (``AutoresetMode.SAME_STEP``), with the true last observation under ``infos["final_obs"]``. Copy ``k`` reset
        with seed ``s`` behaves like a single environment reset with seed ``s``. Episodes report ``is_success`` in
        ``infos["final_info"]`` where the task defines success.
        """

    def spaces(self, task: Task) -> tuple[Space[Any], Space[Any]]:
        """Observation and action space of one copy of ``task``."""
        env = self.make_vec(task, num_envs=1)
        try:
            return env.single_observation_space, env.single_action_space
        finally:
            env.close()

    def action_meanings(self, robot: str) -> tuple[str, ...] | None:
        """What each discrete action of ``robot`` does, or None where actions are continuous or unnamed."""
        return None

    def action_kind(self, robot: str) -> ActionKind | None:
        """Whether ``robot`` acts by discrete choices or by continuous numbers; None where only its space can tell.

        Known without a simulator, it lets a configuration be refused whose algorithm cannot act.
        """
        return "discrete" if self.action_meanings(robot) is not None else None

    def reference_score(self, task: Task) -> ReferenceScore | None:
        """Random and expert returns of ``task`` in the default environment, or None where none were measured."""
        return None

    def task(
        self,
        *,
        robot: str | None = None,
        task: str | None = None,
        environment: Mapping[str, object] | None = None,
    ) -> Task:
        """One point of the family; what is left out takes the default.

        Raises:
            UnknownNameError: a robot, task or factor that the family does not have.
            ConfigError: a factor value that does not hold.
        """
        for kind, name, known in (("robot", robot, self.robots), ("task", task, self.tasks)):
            if name is not None and name not in known:
                raise UnknownNameError(f"{kind} of family {self.name!r}", name, tuple(known), nearest(name, known))
        return Task(
            family=self,
            robot=robot or next(iter(self.robots)),
            task=task or next(iter(self.tasks)),
            environment=Variation(self.factors, environment),
        )


@dataclass(frozen=True, kw_only=True)
class Task:
    """One point of a family: a robot, a task and an environment. Made by ``Family.task``."""

    family: Family
    robot: str
    task: str
    environment: Variation

    def changed(
        self,
        *,
        robot: str | None = None,
        task: str | None = None,
        environment: Mapping[str, object] | None = None,
    ) -> Task:
        """This task with what is named changed and the rest kept; factors are merged one by one."""
        return self.family.task(
            robot=robot or self.robot,
            task=task or self.task,
            environment=self.environment.merged(environment or {}),
        )

    def make_vec(self, *, num_envs: int, render_mode: str | None = None) -> VectorEnv[Any, Any, Any]:
        """``num_envs`` copies of this task; see ``Family.make_vec``."""
        return self.family.make_vec(self, num_envs=num_envs, render_mode=render_mode)

    def __str__(self) -> str:
        factors = ", ".join(f"{name}={value}" for name, value in self.environment.items())
        return f"{self.family.name}: {self.robot}, {self.task}" + (f" ({factors})" if factors else "")
