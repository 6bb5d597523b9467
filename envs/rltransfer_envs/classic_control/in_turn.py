"""Systems whose copies are Gymnasium's own environments, stepped one after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np

from rltransfer.tasks.factor import FactorValue
from rltransfer_envs.classic_control.generators import from_words, to_words
from rltransfer_envs.classic_control.system import Array, System


class InTurn(System):
    """Copies that are environments with a ``state`` of a few numbers and Gymnasium's random generator.

    Args:
        envs: one a copy, their constants set.
        robot: of the family.
        task: of the family.
        factors: every factor's value.
    """

    state_size: int
    """Numbers in the state of one environment."""

    def __init__(
        self,
        envs: Sequence[gymnasium.Env[Any, Any]],
        *,
        robot: str,
        task: str,
        factors: Mapping[str, FactorValue],
    ) -> None:
        super().__init__(len(envs), robot=robot, task=task, factors=factors)
        self.envs: Sequence[Any] = envs
        self.held = np.zeros(len(envs), np.int64)
        """(num_envs,) steps without a break in which the task's condition has held; see ``judge``."""

    def begin(self, k: int, seed: int | None) -> None:
        """See ``System.begin``."""
        self.observations[k], _ = self.envs[k].reset(seed=seed)
        self.held[k] = 0

    def step(self, actions: Array) -> None:
        """See ``System.step``."""
        for k, env in enumerate(self.envs):
            action = self.command(k, actions[k])
            self.observations[k], reward, terminated, _, _ = env.step(action)
            self.rewards[k], self.terminated[k], holds = self.judge(k, action, float(reward), bool(terminated))
            self.held[k] = self.held[k] + 1 if holds else 0

    def command(self, k: int, action: Any) -> Any:
        """The action that the environment of copy ``k`` takes for the robot's."""
        return action

    def judge(self, k: int, action: Any, reward: float, terminated: bool) -> tuple[float, bool, bool]:
        """Reward and termination of the task, and whether its condition holds, after a step of copy ``k``.

        Args:
            k: the copy.
            action: what its environment took.
            reward: upstream's.
            terminated: upstream's.
        """
        return reward, terminated, False

    @property
    def states(self) -> Array:
        """(num_envs, numbers) float64; zeros before the first reset."""
        states = np.zeros((self.num_envs, self.state_size))
        for k, env in enumerate(self.envs):
            if getattr(env, "state", None) is not None:
                states[k] = env.state
        return states

    def get_state(self) -> dict[str, Array]:
        """See ``System.get_state``."""
        return {
            "states": self.states,
            "generators": np.stack([to_words(env.np_random) for env in self.envs]),
            "held": self.held.copy(),
            "shown": self.observations.copy(),
        }

    def set_state(self, state: Mapping[str, Array]) -> None:
        """See ``System.set_state``."""
        for env, numbers, words in zip(self.envs, state["states"], state["generators"], strict=True):
            env.state = numbers.copy()
            env.np_random = from_words(words)
        self.held[:], self.observations[:] = state["held"], state["shown"]
