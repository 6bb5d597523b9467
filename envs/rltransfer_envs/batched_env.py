"""Episodes of all copies of a native simulator: how they begin, end and begin again in the same step."""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import Space
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from rltransfer.errors import ConfigError

Array = npt.NDArray[Any]
Flags = npt.NDArray[np.bool_]
"""(num_envs,)"""
Outcome = tuple[Array, Flags, Flags, Flags]
"""Rewards (num_envs,) float64, terminated, truncated, succeeded."""


class BatchedEnv(VectorEnv[Array, Array, Array]):
    """Copies that step together, of which each is reset in the step in which its episode ends.

    The last observation of an ended episode is in ``infos["final_obs"]``, an object array with None where no episode
    ended, and its ``is_success`` in ``infos["final_info"]``, with the masks ``_final_obs`` and ``_final_info``: what
    ``SyncVectorEnv`` gives. A step in which nothing ended has an empty ``infos``.

    Args:
        num_envs: copies.
        observation_space: of one copy.
        action_space: of one copy.
        render_modes: that there are.
        render_fps: frames a second in which a film looks natural.
        render_mode: one of them, or None.
        copy: return new arrays from every call. False returns the same arrays again and again, overwritten in place,
            and saves an allocation.

    Raises:
        ConfigError: another render mode.
    """

    def __init__(
        self,
        num_envs: int,
        observation_space: Space[Any],
        action_space: Space[Any],
        *,
        render_modes: tuple[str, ...],
        render_fps: int,
        render_mode: str | None,
        copy: bool = True,
    ) -> None:
        check_render_mode(render_mode, render_modes)
        self.metadata = {
            "render_modes": list(render_modes),
            "render_fps": render_fps,
            "autoreset_mode": AutoresetMode.SAME_STEP,
        }
        self.render_mode = render_mode
        self.num_envs = num_envs
        self.copy = copy
        self.single_observation_space, self.single_action_space = observation_space, action_space
        self.observation_space = batch_space(observation_space, num_envs)
        self.action_space = batch_space(action_space, num_envs)
        self._action_shape = (num_envs, *(action_space.shape or ()))
        self._observations = np.zeros((num_envs, *(observation_space.shape or ())), observation_space.dtype)
        self._no_seeds: list[int | None] = [None] * num_envs
        self._has_begun = np.zeros(num_envs, np.bool_)

    @abc.abstractmethod
    def _begin(self, is_chosen: Flags, seeds: Sequence[int | None]) -> None:
        """Begin episodes in the chosen copies, and write their first observations into ``_observations``."""

    @abc.abstractmethod
    def _advance(self, actions: Array) -> Outcome:
        """Step every copy, and write what is then observed into ``_observations``."""

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Array, dict[str, Any]]:
        """Begin new episodes.

        Args:
            seed: copy k gets ``seed + k``; or one seed, or None, for each; None goes on with the copies' own
                streams, which start from entropy where no seed was ever given.
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
        if self.copy:
            self._observations = self._observations.copy()
        self._begin(is_chosen, seeds)
        self._has_begun |= is_chosen
        return self._observations, {}

    def _reset_mask(self, options: dict[str, Any] | None) -> Flags:
        mask = np.asarray((options or {}).get("reset_mask", np.ones(self.num_envs, np.bool_)))
        if mask.shape != (self.num_envs,) or mask.dtype != np.bool_ or not mask.any():
            raise ConfigError(
                f"options['reset_mask'] is {mask.dtype} of shape {mask.shape}; it must be bool of shape "
                f"({self.num_envs},) with at least one True"
            )
        return mask

    def step(self, actions: Array) -> tuple[Array, Array, Array, Array, dict[str, Any]]:
        """One control step of every copy.

        Args:
            actions: (num_envs,) whole numbers, or (num_envs, numbers) floats.

        Returns:
            Observations (num_envs, ...), rewards (num_envs,) float64, terminations and truncations (num_envs,) bool,
            and infos.
        """
        chosen = np.asarray(actions)
        if chosen.shape != self._action_shape:
            raise ConfigError(f"actions have shape {chosen.shape}; these copies take {self._action_shape}")
        if not self._has_begun.all():
            raise ResetNeeded("Call reset before the first step.")
        if self.copy:
            self._observations = np.empty_like(self._observations)
        rewards, terminated, truncated, succeeded = self._advance(chosen)
        has_ended = terminated | truncated
        if self.copy:
            rewards, terminated, truncated = rewards.copy(), terminated.copy(), truncated.copy()
        infos = self._begin_again(has_ended, succeeded) if has_ended.any() else {}
        return self._observations, rewards, terminated, truncated, infos

    def _begin_again(self, has_ended: Flags, succeeded: Flags) -> dict[str, Any]:
        """Keep what the ended episodes showed last, and begin new ones in their copies."""
        final = np.full(self.num_envs, None, dtype=object)
        for k in np.flatnonzero(has_ended):
            final[k] = self._observations[k].copy()
        info = {"is_success": succeeded & has_ended, "_is_success": has_ended.copy()}
        self._begin(has_ended, self._no_seeds)
        return {
            "final_obs": final,
            "_final_obs": has_ended,
            "final_info": info,
            "_final_info": has_ended.copy(),
        }


def check_render_mode(render_mode: str | None, render_modes: tuple[str, ...]) -> None:
    """Raise ConfigError where ``render_mode`` is neither None nor one of ``render_modes``."""
    if render_mode is not None and render_mode not in render_modes:
        raise ConfigError(f"render_mode is {render_mode!r}; there is {' and '.join(map(repr, render_modes))}, or None")


def check_state(state: Mapping[str, Any], expected: Mapping[str, tuple[int, ...]], what: str) -> None:
    """Raise ConfigError, naming what differs, where ``state`` has not the arrays of ``expected``, by name and shape."""
    found = {name: np.shape(array) for name, array in state.items()}
    if found != expected:
        differing = sorted(k for k in {*expected, *found} if expected.get(k) != found.get(k))
        raise ConfigError(f"this state is not of {what}: {', '.join(differing)} differ")
