"""What the five families share: a system, the time limits of its tasks, and how it becomes an environment."""

from __future__ import annotations

import abc
import importlib
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rltransfer.tasks.family import ActionKind, Family, Task

if TYPE_CHECKING:
    from rltransfer_envs.classic_control.system import System
    from rltransfer_envs.classic_control.vector_env import ControlVectorEnv


class ControlFamily(Family):
    """A family of one system of classic control.

    How the system is observed is a factor, ``observation``, rather than a family or a robot of its own: the body is
    the same whoever looks at it, a source names it once and every target keeps it, and transfer from numbers to pixels
    is one more changed factor. It changes the observation space, so it cannot be randomised.
    Factors of appearance and of the camera concern pixels alone.
    """

    seen_state = ("streams", "distractors", "occluders")
    system: str
    """``"module:Class"`` of its equations."""
    meanings: Mapping[str, tuple[str, ...]]
    """What each discrete action does, by robot; the other robots act by numbers."""

    measures: tuple[str, ...] = ()
    """What the numbers of a copy's state are; those that end in ``angle`` are angles, in radians."""

    @abc.abstractmethod
    def time_limit(self, task: Task) -> int:
        """Steps after which an episode of ``task`` is truncated."""

    def make_vec(self, task: Task, *, num_envs: int, render_mode: str | None = None) -> ControlVectorEnv:
        """``num_envs`` copies of ``task``, stepped together and drawn by one compiled call."""
        from rltransfer_envs.classic_control.vector_env import ControlVectorEnv

        module, _, name = self.system.partition(":")
        make: type[System] = getattr(importlib.import_module(module), name)
        system = make(num_envs, robot=task.robot, task=task.task, factors=task.environment.full())
        return ControlVectorEnv(system, time_limit=self.time_limit(task), render_mode=render_mode)

    def facts(self, state: Mapping[str, Any], copy: int) -> Mapping[str, str | float]:
        """The state's numbers by name, in the units of the observation; angles in degrees, from -180 to 180."""
        told = dict(zip(self.measures, state["states"][copy].tolist(), strict=True)) if self.measures else {}
        return {
            name: math.degrees(math.remainder(value, math.tau)) if name.endswith("angle") else value
            for name, value in told.items()
        }

    def action_meanings(self, robot: str) -> tuple[str, ...] | None:
        """What each discrete action of ``robot`` does."""
        return self.meanings.get(robot)

    def action_kind(self, robot: str) -> ActionKind:
        """Discrete for robots whose actions have names."""
        return "discrete" if robot in self.meanings else "continuous"


def upstream_env(gymnasium_id: str, **options: Any) -> Any:
    """Gymnasium's own environment, made as its users make it."""
    import gymnasium

    return gymnasium.make(gymnasium_id, **options)
