"""Synthetic work that costs an agent what real work costs, and an environment nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv

FRAME = (84, 84, 4)
NUM_ENVS, NUM_STEPS, BATCH, EPOCHS = 8, 128, 256, 4
"""The PPO settings of Stable-Baselines3's Atari examples."""


class SyntheticImages(VecEnv):
    """Random frames, rewards of 0, no episode ends: stepping it is free, so a benchmark measures the agent alone."""

    def __init__(self, num_envs: int = NUM_ENVS, actions: spaces.Space[Any] | None = None) -> None:
        super().__init__(num_envs, spaces.Box(0, 255, FRAME, np.uint8), actions or spaces.Discrete(6))
        self._frames = np.random.default_rng(0).integers(0, 256, (64, num_envs, *FRAME), dtype=np.uint8)
        self._step = 0

    def reset(self) -> np.ndarray:
        """The first frames."""
        return self._frames[0]

    def step_async(self, actions: np.ndarray) -> None:
        """Actions have no effect."""
        self._step += 1

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """The next frames."""
        frames = self._frames[self._step % len(self._frames)]
        ended = np.zeros(self.num_envs, dtype=bool)
        return frames, np.zeros(self.num_envs, np.float32), ended, [{} for _ in range(self.num_envs)]

    def close(self) -> None:
        """Nothing to free."""

    def get_attr(self, attr_name: str, indices: None | int | Iterable[int] = None) -> list[Any]:
        """None for everything."""
        return [None for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: None | int | Iterable[int] = None) -> None:
        """No attributes."""

    def env_method(
        self, method_name: str, *args: Any, indices: None | int | Iterable[int] = None, **kw: Any
    ) -> list[Any]:
        """No methods."""
        return [None for _ in self._get_indices(indices)]

    def env_is_wrapped(self, wrapper_class: type, indices: None | int | Iterable[int] = None) -> list[bool]:
        """Never."""
        return [False for _ in self._get_indices(indices)]
