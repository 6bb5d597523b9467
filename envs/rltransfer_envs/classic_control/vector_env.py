"""Any of the five systems as a Gymnasium vector environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box, Discrete

from rltransfer.errors import ConfigError
from rltransfer_envs.batched_env import Array, BatchedEnv, Flags, Outcome, check_state
from rltransfer_envs.classic_control.eye import Eye
from rltransfer_envs.classic_control.system import System


class ControlVectorEnv(BatchedEnv):
    """All copies of a system, as vectors or as pixels; its family describes it.

    Args:
        system: the equations of all copies.
        time_limit: steps after which an episode is truncated.
        render_mode: ``"rgb_array"`` or None.
    """

    def __init__(self, system: System, *, time_limit: int, render_mode: str | None = None) -> None:
        self.eye = Eye(system)
        super().__init__(
            system.num_envs,
            Box(0, 255, self.eye.shape, np.uint8) if self.eye.shows_pixels else system.observation_space,
            system.action_space,
            render_modes=("rgb_array",),
            render_fps=30,
            render_mode=render_mode,
        )
        self.system = system
        self.time_limit = time_limit
        self._everything = np.ones(self.num_envs, np.bool_)
        self._env_steps = np.zeros(self.num_envs, np.int64)

    def _begin(self, is_chosen: Flags, seeds: Sequence[int | None]) -> None:
        for k in map(int, np.flatnonzero(is_chosen)):
            self.system.begin(k, seeds[k])
            self.eye.begin(k, seeds[k])
        self._env_steps[is_chosen] = 0
        self.eye.observe(is_chosen, self._observations)

    def _advance(self, actions: Array) -> Outcome:
        self._check(actions)
        self.system.step(actions)
        self._env_steps += 1
        self.eye.drift()
        self.eye.observe(self._everything, self._observations)
        truncated = self._env_steps >= self.time_limit
        return self.system.rewards, self.system.terminated, truncated, self.system.succeeded(truncated)

    def _check(self, actions: Array) -> None:
        space = self.single_action_space
        if isinstance(space, Discrete):
            if actions.min() < 0 or actions.max() >= space.n:
                raise ConfigError(f"actions are 0 to {space.n - 1}, not {actions.tolist()!s:.80}")
        elif not np.isfinite(actions).all():
            raise ConfigError(f"actions are finite numbers, not {actions.tolist()!s:.80}")

    def render(self) -> tuple[npt.NDArray[np.uint8], ...] | None:
        """A (384, 384, 3) frame of each copy; None without ``render_mode="rgb_array"``."""
        return self.eye.render() if self.render_mode == "rgb_array" else None

    def get_state(self) -> dict[str, Array]:
        """All that changes in time, as copies of plain arrays by name."""
        return {**self.system.get_state(), **self.eye.get_state(), "env_steps": self._env_steps.copy()}

    def set_state(self, state: Mapping[str, Array]) -> None:
        """Go on, bit for bit, from what ``get_state`` of as many copies returned.

        Raises:
            ConfigError: names or shapes are not those of these copies.
        """
        expected = {name: array.shape for name, array in self.get_state().items()}
        check_state(state, expected, f"{self.num_envs} such copies")
        self.system.set_state(state)
        self.eye.set_state(state)
        self._env_steps[:] = state["env_steps"]
        self._has_begun[:] = True
