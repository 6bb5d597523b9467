"""Families whose simulator steps one environment at a time."""

from __future__ import annotations

import abc
import functools
from typing import TYPE_CHECKING, Any

from rltransfer.tasks.family import Family, Task

if TYPE_CHECKING:
    from gymnasium import Env, Space
    from gymnasium.vector import VectorEnv


class SingleEnvFamily(Family):
    """A family that makes single Gymnasium environments; copies are stepped one after another.

    An environment that can be put back into a former state has ``get_state()``, a mapping of names to numbers,
    arrays and text, and ``set_state(state)``, on itself or on a wrapper around it.
    """

    @abc.abstractmethod
    def make(self, task: Task, *, render_mode: str | None = None) -> Env[Any, Any]:
        """One environment of ``task``, with its wrappers. It reports ``info["is_success"]`` at an episode's end."""

    def make_vec(self, task: Task, *, num_envs: int, render_mode: str | None = None) -> VectorEnv[Any, Any, Any]:
        """See ``Family.make_vec``."""
        from rltransfer.tasks.stepped_in_turn import SteppedInTurn

        return SteppedInTurn([functools.partial(self.make, task, render_mode=render_mode)] * num_envs)

    def spaces(self, task: Task) -> tuple[Space[Any], Space[Any]]:
        """See ``Family.spaces``."""
        env = self.make(task)
        try:
            return env.observation_space, env.action_space
        finally:
            env.close()
