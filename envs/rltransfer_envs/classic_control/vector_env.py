"""Any of the five systems as a Gymnasium vector environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.error import ResetNeeded
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from rltransfer.errors import ConfigError
from rltransfer_envs.classic_control.eye import Eye
from rltransfer_envs.classic_control.system import System

Array = npt.NDArray[Any]


class ControlVectorEnv(VectorEnv[Array, Array, Array]):
    """All copies of a system, as vectors or as pixels; its family describes it.

    A copy is reset in the step in which its episode ends (``AutoresetMode.SAME_STEP``), and infos are those of
    Gymnasium's ``SyncVectorEnv``: ``final_obs`` and ``final_info["is_success"]`` with their masks.

    Args:
        system: the equations of all copies.
        time_limit: steps after which an episode is truncated.
        render_mode: ``"rgb_array"`` or None.
    """

    def __init__(self, system: System, *, time_limit: int, render_mode: str | None = None) -> None:
        if render_mode not in (None, "rgb_array"):
            raise ConfigError(f"render_mode is {render_mode!r}; classic control renders 'rgb_array' only")
        self.metadata = {"render_modes": ["rgb_array"], "render_fps": 30, "autoreset_mode": AutoresetMode.SAME_STEP}
        self.render_mode = render_mode
        self.num_envs = system.num_envs
        self.system = system
        self.eye = Eye(system)
        self.time_limit = time_limit
        self.single_observation_space = (
            Box(0, 255, self.eye.shape, np.uint8) if self.eye.shows_pixels else system.observation_space
        )
        self.single_action_space = system.action_space
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._action_shape = (self.num_envs, *(self.single_action_space.shape or ()))
        self._everything = np.ones(self.num_envs, np.bool_)
        self._has_begun = np.zeros(self.num_envs, np.bool_)
        self._env_steps = np.zeros(self.num_envs, np.int64)
        self._observations = self._empty()

    def _empty(self) -> Array:
        return np.empty((self.num_envs, *self.eye.shape), self.single_observation_space.dtype)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        """Begin new episodes.

        Args:
            seed: copy k gets ``seed + k``; or one seed, or None, for each; None goes on with a copy's own random
                numbers, which start from entropy where no seed was ever given.
            options: ``{"reset_mask": (num_envs,) bool}`` resets the copies chosen and leaves the others.

        Returns:
            Observations (num_envs, ...), and an empty dictionary.
        """
        if seed is None or isinstance(seed, int | np.integer):
            super().reset(seed=None if seed is None else int(seed))
            seeds = [None if seed is None else int(seed) + k for k in range(self.num_envs)]
        else:
            seeds = [None if s is None else int(s) for s in seed]
        if len(seeds) != self.num_envs:
            raise ConfigError(f"{len(seeds)} seeds were given for {self.num_envs} copies. Give one for each.")
        is_chosen = self._reset_mask(options)
        for k in np.flatnonzero(is_chosen & ~self._has_begun):
            if seeds[k] is None:
                seeds[k] = int(self.np_random.integers(2**31))
        self._observations = self._observations.copy()
        self._begin(is_chosen, seeds)
        self._has_begun |= is_chosen
        return self._observations, {}

    def _reset_mask(self, options: dict[str, Any] | None) -> npt.NDArray[np.bool_]:
        mask = np.asarray((options or {}).get("reset_mask", self._everything))
        if mask.shape != (self.num_envs,) or mask.dtype != np.bool_ or not mask.any():
            raise ConfigError(
                f"options['reset_mask'] is {mask.dtype} of shape {mask.shape}; it must be bool of shape "
                f"({self.num_envs},) with at least one True"
            )
        return mask

    def _begin(self, is_chosen: npt.NDArray[np.bool_], seeds: Sequence[int | None]) -> None:
        for k in map(int, np.flatnonzero(is_chosen)):
            self.system.begin(k, seeds[k])
            self.eye.begin(k, seeds[k])
        self._env_steps[is_chosen] = 0
        self.eye.observe(is_chosen, self._observations)

    def step(self, actions: Array) -> tuple[Array, Array, Array, Array, dict[str, Any]]:
        """One step of every copy.

        Args:
            actions: (num_envs,) whole numbers, or (num_envs, numbers) floats.

        Returns:
            Observations (num_envs, ...), rewards (num_envs,) float64, terminations and truncations (num_envs,) bool,
            and infos.
        """
        chosen = np.asarray(actions)
        self._check(chosen)
        self.system.step(chosen)
        self._env_steps += 1
        self.eye.drift()
        self._observations = self._empty()
        self.eye.observe(self._everything, self._observations)
        rewards, terminated = self.system.rewards.copy(), self.system.terminated.copy()
        truncated = self._env_steps >= self.time_limit
        infos = self._begin_again(terminated, truncated) if (terminated | truncated).any() else {}
        return self._observations, rewards, terminated, truncated, infos

    def _check(self, actions: Array) -> None:
        if actions.shape != self._action_shape:
            raise ConfigError(f"actions have shape {actions.shape}; these copies take {self._action_shape}")
        if not self._has_begun.all():
            raise ResetNeeded("Call reset before the first step.")
        space = self.single_action_space
        if isinstance(space, Discrete):
            if actions.min() < 0 or actions.max() >= space.n:
                raise ConfigError(f"actions are 0 to {space.n - 1}, not {actions.tolist()!s:.80}")
        elif not np.isfinite(actions).all():
            raise ConfigError(f"actions are finite numbers, not {actions.tolist()!s:.80}")

    def _begin_again(self, terminated: Array, truncated: Array) -> dict[str, Any]:
        """Keep what the ended episodes showed last, and begin new ones in their copies."""
        has_ended = terminated | truncated
        final = np.full(self.num_envs, None, dtype=object)
        for k in np.flatnonzero(has_ended):
            final[k] = self._observations[k].copy()
        success = self.system.succeeded(truncated) & has_ended
        self._begin(has_ended, [None] * self.num_envs)
        return {
            "final_obs": final,
            "_final_obs": has_ended,
            "final_info": {"is_success": success, "_is_success": has_ended.copy()},
            "_final_info": has_ended.copy(),
        }

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
        found = {name: np.shape(array) for name, array in state.items()}
        if found != expected:
            differing = sorted(k for k in {*expected, *found} if expected.get(k) != found.get(k))
            raise ConfigError(f"this state is not of {self.num_envs} such copies: {', '.join(differing)} differ")
        self.system.set_state(state)
        self.eye.set_state(state)
        self._env_steps[:] = state["env_steps"]
        self._has_begun[:] = True

    def close(self, **kwargs: Any) -> None:
        """Free what the copies hold."""
        self.system.close()
