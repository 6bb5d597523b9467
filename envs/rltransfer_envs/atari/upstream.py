"""ale-py's own preprocessing of a game, as an ordinary Gymnasium environment."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
from ale_py.vector_env import AtariVectorEnv
from gymnasium.spaces import Box
from gymnasium.vector import AutoresetMode

Pixels = npt.NDArray[np.uint8]


class Upstream(gymnasium.Env[Pixels, int]):
    """One copy of ``ale_py.vector_env.AtariVectorEnv`` by the protocol of Machado et al. 2018, channels last.

    It is what ``gymnasium.make_vec("ALE/...-v5")`` gives a user, with ale-py's deviations from that protocol switched
    off: random no-ops at the start, a press of the fire button and clipped rewards.

    Args:
        rom: the game's name in ale-py.
        full_action_space: all 18 actions.
        repeat_action_probability: chance of the action before, each screen.
        frameskip: screens an action lasts.
    """

    def __init__(self, rom: str, *, full_action_space: bool, repeat_action_probability: float, frameskip: int) -> None:
        self._games = AtariVectorEnv(
            rom,
            1,
            num_threads=1,
            repeat_action_probability=repeat_action_probability,
            full_action_space=full_action_space,
            frameskip=frameskip,
            autoreset_mode=AutoresetMode.SAME_STEP,
            noop_max=0,
            use_fire_reset=False,
            reward_clipping=False,
        )
        self.observation_space = Box(0, 255, (84, 84, 4), np.uint8)
        self.action_space = self._games.single_action_space
        self._next: Pixels | None = None

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Pixels, dict[str, Any]]:
        """Begin an episode; ale-py has begun it already where one has just ended."""
        super().reset(seed=seed)
        if seed is None and self._next is not None:
            return self._next, {}
        observations, _ = self._games.reset(seed=None if seed is None else np.array([seed]))
        return observations[0].transpose(1, 2, 0), {}

    def step(self, action: int) -> tuple[Pixels, float, bool, bool, dict[str, Any]]:
        """One action; see ``AtariVectorEnv``."""
        observations, rewards, terminated, truncated, infos = self._games.step(np.array([action]))
        seen = observations[0].transpose(1, 2, 0)
        has_ended = bool(terminated[0] or truncated[0])
        self._next = seen if has_ended else None
        last = infos["final_obs"][0].transpose(1, 2, 0) if has_ended else seen
        return last, float(rewards[0]), bool(terminated[0]), bool(truncated[0]), {}

    def close(self) -> None:
        """Free the emulator."""
        self._games.close()
