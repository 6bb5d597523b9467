"""Arm as a Gymnasium vector environment: all copies step together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from rltransfer.errors import ConfigError
from rltransfer_envs.arm.rendering import RENDER_MODES, Drawing
from rltransfer_envs.arm.simulation import Simulation
from rltransfer_envs.arm.spaces import OBSERVATION_SHAPE, action_space, observation_space

Array = npt.NDArray[Any]


class ArmVectorEnv(VectorEnv[Array, Array, Array]):
    """``num_envs`` copies of ``ArmEnv``, which describes them, stepped together.

    A copy is reset in the step in which its episode ends (``AutoresetMode.SAME_STEP``). The last
    observation of that episode is in ``infos["final_obs"]``, an object array with None where no episode
    ended, and its ``is_success`` in ``infos["final_info"]``, with the masks ``_final_obs`` and
    ``_final_info``: what ``SyncVectorEnv`` gives. A step in which nothing ended has an empty ``infos``.

    Args:
        num_envs: copies.
        robot: ``two-link``, ``three-link`` or ``gripper``.
        task: ``reach``, ``push``, ``avoid`` or ``follow``.
        environment: factor name to value.
        render_mode: ``"rgb_array"``, ``"mujoco"`` or None; see ``ArmEnv``.
        copy: return new arrays from every call. False returns the same observation, reward, termination and
            truncation arrays again and again, overwritten in place, and saves an allocation of 12 KB a copy.
    """

    def __init__(
        self,
        num_envs: int = 1,
        *,
        robot: str = "two-link",
        task: str = "reach",
        environment: Mapping[str, object] | None = None,
        render_mode: str | None = None,
        copy: bool = True,
    ) -> None:
        self.metadata = {
            "render_modes": list(RENDER_MODES),
            "render_fps": 20,
            "autoreset_mode": AutoresetMode.SAME_STEP,
        }
        self.num_envs = num_envs
        self.render_mode = render_mode
        self.copy = copy
        self.simulation = Simulation(num_envs, robot, task, environment)
        self._drawing = Drawing(self.simulation, render_mode)
        self.single_observation_space = observation_space()
        self.single_action_space = action_space(robot)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._action_shape = (num_envs, *(self.single_action_space.shape or ()))
        self._observations = np.zeros((num_envs, *OBSERVATION_SHAPE), np.uint8)
        self._no_seeds = [None] * num_envs
        self._has_begun = np.zeros(num_envs, np.bool_)

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
            Observations (num_envs, 64, 64, 3) uint8, and an empty dictionary.
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
                seeds[k] = int(self.np_random.integers(2**63))
        if self.copy:
            self._observations = self._observations.copy()
        self.simulation.reset(seeds, is_chosen, self._observations)
        self._has_begun |= is_chosen
        return self._observations, {}

    def _reset_mask(self, options: dict[str, Any] | None) -> npt.NDArray[np.bool_]:
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
            actions: (num_envs, num_actions) floats, clipped to -1 to 1.

        Returns:
            Observations (num_envs, 64, 64, 3) uint8, rewards (num_envs,) float64, terminations and
            truncations (num_envs,) bool, and infos.
        """
        chosen = np.asarray(actions)
        if chosen.shape != self._action_shape:
            raise ConfigError(f"actions have shape {chosen.shape}; these copies take {self._action_shape}")
        if not self._has_begun.all():
            raise ResetNeeded("Call reset before the first step.")
        if self.copy:
            self._observations = np.empty_like(self._observations)
        sim = self.simulation
        num_ended = sim.step(chosen, self._observations)
        infos = self._begin_again() if num_ended else {}
        if self.copy:
            return self._observations, sim.rewards.copy(), sim.terminated.copy(), sim.truncated.copy(), infos
        return self._observations, sim.rewards, sim.terminated, sim.truncated, infos

    def _begin_again(self) -> dict[str, Any]:
        """Keep what the ended episodes showed last, and begin new ones in their copies."""
        has_ended = self.simulation.terminated | self.simulation.truncated
        final = np.full(self.num_envs, None, dtype=object)
        for k in np.flatnonzero(has_ended):
            final[k] = self._observations[k].copy()
        self.simulation.reset(self._no_seeds, has_ended, self._observations)
        info = {"is_success": self.simulation.is_success.copy(), "_is_success": has_ended.copy()}
        return {
            "final_obs": final,
            "_final_obs": has_ended,
            "final_info": info,
            "_final_info": has_ended.copy(),
        }

    def render(self) -> tuple[npt.NDArray[np.uint8], ...] | None:
        """A (384, 384, 3) frame of each copy; None without a ``render_mode``."""
        return self._drawing.frames()

    def close_extras(self, **kwargs: Any) -> None:
        """Free what MuJoCo's renderer holds."""
        self._drawing.close()

    def get_state(self) -> dict[str, Array]:
        """All that changes in time, as copies of plain arrays by name; see ``Simulation.get_state``."""
        return self.simulation.get_state()

    def set_state(self, state: Mapping[str, Array]) -> None:
        """Go on, bit for bit, from what ``get_state`` of as many copies returned."""
        self.simulation.set_state(state)
        self._has_begun[:] = True
