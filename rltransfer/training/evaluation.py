"""Measuring an agent on fixed episodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from rltransfer.agents.resting import at_rest
from rltransfer.errors import ConfigError
from rltransfer.tasks.making import vec_env
from rltransfer.training.acting import Acting

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

    from rltransfer.tasks import Task
    from rltransfer.tasks.vec_env import TaskVecEnv


LONGEST_EPISODE = 200_000
"""Steps after which an episode is taken never to end."""


@dataclass(frozen=True, kw_only=True)
class Episodes:
    """What an agent achieved on a number of episodes.

    Args:
        returns: (num_episodes,) undiscounted returns.
        lengths: (num_episodes,) steps.
        successes: (num_episodes,) bool, or None where the task does not define success.
    """

    returns: NDArray[np.float64]
    lengths: NDArray[np.int64]
    successes: NDArray[np.bool_] | None

    @property
    def success_rate(self) -> float | None:
        """Fraction of episodes that succeeded, or None where the task does not define success."""
        return None if self.successes is None else float(self.successes.mean())


class Evaluator:
    """The same episodes of one task, for any number of agents.

    Each episode has a copy of the environment and a seed of its own, so all are played together, and every agent
    meets the same starting states and the same noise.

    Args:
        task: what to play.
        episodes: how many; also the size of the batch.
        seed: of the first episode; the others follow.
    """

    def __init__(self, task: Task, *, episodes: int, seed: int) -> None:
        self.task = task
        self.episodes = episodes
        self.seed = seed
        self._env: TaskVecEnv | None = None

    def measure(self, agent: BaseAlgorithm, *, deterministic: bool = True) -> Episodes:
        """Play every episode to its end with ``agent``, at rest where it is so at other weights; it does not learn.

        Neither the agent's exploration nor the process's random numbers are moved by it, so measuring more often
        does not change what is learned.
        """
        mode = agent.policy.training
        with torch.random.fork_rng(devices=[]):
            numpy_state = np.random.get_state()  # noqa: NPY002  Stable-Baselines3 draws from the global generator
            exploration = agent.action_space.np_random.bit_generator
            exploration_state = exploration.state
            try:
                with at_rest(agent):
                    return self.play(Acting(agent, deterministic=deterministic))
            finally:
                np.random.set_state(numpy_state)  # noqa: NPY002
                exploration.state = exploration_state
                agent.policy.set_training_mode(mode)

    def play(self, act: Callable[[Any, NDArray[np.bool_]], Any]) -> Episodes:
        """Play every episode to its end.

        Args:
            act: takes observations (num_episodes, *observation) and which of them begin an episode, and gives one
                action each.
        """
        if self._env is None:
            self._env = vec_env(self.task, num_envs=self.episodes)
        env = self._env
        env.seed(self.seed)
        observations: Any = env.reset()
        returns = np.zeros(self.episodes)
        lengths = np.zeros(self.episodes, dtype=np.int64)
        successes = np.zeros(self.episodes, dtype=np.bool_)
        running, starts = np.ones((2, self.episodes), dtype=np.bool_)
        defines_success = False
        lengths_so_far = 0
        while running.any():
            if lengths_so_far >= LONGEST_EPISODE:
                raise ConfigError(
                    f"{self.task}: an episode did not end within {LONGEST_EPISODE:,} steps. "
                    "Put time_limit among the environment's wrappers."
                )
            lengths_so_far += 1
            observations, _, ended, infos = env.step(act(observations, starts))
            starts = ended
            for copy in np.flatnonzero(ended & running):
                running[copy] = False
                returns[copy] = infos[copy]["episode"]["r"]
                lengths[copy] = infos[copy]["episode"]["l"]
                if "is_success" in infos[copy]:
                    defines_success = True
                    successes[copy] = infos[copy]["is_success"]
        return Episodes(returns=returns, lengths=lengths, successes=successes if defines_success else None)

    def close(self) -> None:
        """Free the environment."""
        if self._env is not None:
            self._env.close()
            self._env = None
