"""An agent at play, with whatever memory it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from rltransfer.agents.normalizing import statistics_of

if TYPE_CHECKING:
    import numpy as np
    from stable_baselines3.common.base_class import BaseAlgorithm


class Acting:
    """Gives an agent's actions in copies of an environment, and carries its memory from step to step.

    Raw observations are scaled by the statistics that the agent has when this is made.

    Args:
        agent: a Stable-Baselines3 model.
        deterministic: the likeliest action, or one that is drawn.
    """

    def __init__(self, agent: BaseAlgorithm, *, deterministic: bool = True) -> None:
        self._agent, self._deterministic = agent, deterministic
        self._memory: Any = None
        self._statistics = statistics_of(agent)

    def __call__(self, observations: Any, starts: NDArray[np.bool_]) -> NDArray[Any]:
        """Actions (num_envs, ...) for observations, of which those with ``starts`` begin an episode."""
        if self._statistics is not None:
            observations = self._statistics.applied(observations)
        actions, self._memory = self._agent.predict(
            observations, self._memory, episode_start=starts, deterministic=self._deterministic
        )
        return actions
