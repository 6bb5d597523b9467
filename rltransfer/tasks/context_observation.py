"""Observations that tell the agent which environment it is in."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector import VectorEnv, VectorWrapper
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from rltransfer.errors import SpaceMismatchError
from rltransfer.tasks.context import Visibility, context_vector
from rltransfer.tasks.family import Task
from rltransfer.tasks.stepped_in_turn import state_method


class ContextObservation(VectorWrapper):
    """The factor vector beside, or in, every observation.

    Args:
        env: copies of ``task``.
        task: whose ``context`` says how the agent is told, and of which factors.

    Raises:
        SpaceMismatchError: the context cannot become part of such observations.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any], task: Task) -> None:
        super().__init__(env)
        self._task = task
        self._contexts = self._now()
        self.single_observation_space = told_space(env.single_observation_space, task)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)

    def reset(self, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
        """See ``VectorEnv.reset``."""
        observations, infos = self.env.reset(**kwargs)
        self._contexts = self._now()
        return self._told(observations, self._contexts), infos

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """See ``VectorEnv.step``; the last observation of an episode has the context it was in."""
        observations, rewards, terminated, truncated, infos = self.env.step(actions)
        before, self._contexts = self._contexts, self._now()
        if "final_obs" in infos:
            final = infos["final_obs"].copy()
            for k in np.flatnonzero(terminated | truncated):
                told = self._told(np.asarray(final[k])[None], before[k : k + 1])
                final[k] = {key: part[0] for key, part in told.items()} if isinstance(told, dict) else told[0]
            infos = {**infos, "final_obs": final}
        return self._told(observations, self._contexts), rewards, terminated, truncated, infos

    def get_state(self) -> Any:
        """See the environment's own; the context follows from it."""
        return state_method(self.env, "get_state")()

    def set_state(self, state: Any) -> None:
        """Go on, bit for bit, from what ``get_state`` of as many copies returned."""
        state_method(self.env, "set_state")(state)
        self._contexts = self._now()

    def _now(self) -> NDArray[np.float32]:
        """(num_envs, entries): every copy's factor vector."""
        env: Any = self.env.unwrapped
        is_fixed = self._task.randomization is None
        variations = [self._task.environment] * self.num_envs if is_fixed else env.variations
        family, names = self._task.family, self._task.context.factors
        return np.stack([context_vector(family.factors, v, names) for v in variations])

    def _told(self, observations: NDArray[Any], contexts: NDArray[np.float32]) -> Any:
        if self._task.context.visibility == "side":
            return {"observation": observations, "context": contexts}
        if observations.ndim == 2:
            return np.concatenate([observations, contexts.astype(observations.dtype)], axis=1)
        levels = np.round(contexts * 255).astype(np.uint8)
        height, width = observations.shape[1:3]
        planes = np.broadcast_to(levels[:, None, None, :], (len(levels), height, width, levels.shape[1]))
        return np.concatenate([observations, planes], axis=3)


LEAST_PICTURE = 16
"""Pixels a side of the smallest picture. What is smaller, as a grid of symbols, has no room for planes of levels."""


def is_picture(space: spaces.Box) -> bool:
    """Whether ``space`` holds pictures, to which a plane for each factor can be added."""
    return len(space.shape) == 3 and space.dtype == np.uint8 and min(space.shape[:2]) >= LEAST_PICTURE


def told_space(space: spaces.Space[Any], task: Task) -> spaces.Space[Any]:
    """The observation space of ``task`` with its context; ``space`` is that of its family. Raises as the class does."""
    visibility: Visibility = task.context.visibility
    if visibility == "hidden":
        return space
    size = len(context_vector(task.family.factors, {}, task.context.factors))
    beside = spaces.Box(0.0, 1.0, (size,), np.float32)
    if visibility == "side":
        return spaces.Dict({"observation": space, "context": beside})
    if isinstance(space, spaces.Box) and len(space.shape) == 1:
        low = np.concatenate([space.low, beside.low.astype(space.low.dtype)])
        high = np.concatenate([space.high, beside.high.astype(space.high.dtype)])
        return spaces.Box(low, high, dtype=space.low.dtype.type)
    if isinstance(space, spaces.Box) and is_picture(space):
        return spaces.Box(0, 255, (*space.shape[:2], space.shape[2] + size), np.uint8)
    raise SpaceMismatchError(f"{task}: the context cannot be appended to {space}. Give it as 'side', or hide it.")
