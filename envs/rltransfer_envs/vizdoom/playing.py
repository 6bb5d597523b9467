"""A robot's actions and a task's success, around ViZDoom's frame."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from rltransfer_envs.vizdoom.engine import Screen
from rltransfer_envs.vizdoom.scenarios import DELTA_SCALES, SCENARIOS

Step = tuple[NDArray[np.uint8], float, bool, bool, dict[str, Any]]


class Playing(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Takes the robot's actions, makes them stick, and tells success at the end of an episode.

    Args:
        env: the frame of a scenario.
        robot: whose actions are taken.
        task: the scenario.
        sticky: chance that the former action is repeated. Source: Machado et al. 2018, section 3.3.
        speed: of walking, for the continuous robot; buttons have the engine's own setting.
    """

    def __init__(self, env: Screen, *, robot: str, task: str, sticky: float = 0.0, speed: float = 1.0) -> None:
        super().__init__(env)
        self._game = env.game
        self._scenario = SCENARIOS[task]
        self._sticky = sticky
        self._random = np.random.default_rng()
        self._former: Any = None
        self._scales = None
        if robot == "continuous":
            self.action_space = spaces.Box(-1.0, 1.0, (4,), np.float32)
            self._scales = np.array(DELTA_SCALES, np.float32) * np.array([1.0, speed, speed], np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.uint8], dict[str, Any]]:
        """Start an episode, with no former action."""
        if seed is not None:
            self._random = np.random.default_rng([*b"sticky", seed])
        self._former = None
        frame, info = self.env.reset(seed=seed, options=options)
        return frame, info

    def step(self, action: Any) -> Step:
        """One action, or the former one."""
        if self._sticky and self._random.random() < self._sticky and self._former is not None:
            action = self._former
        self._former = action
        frame, reward, terminated, truncated, info = self.env.step(self._pressed(action))
        if terminated or truncated:
            info = {**info, "is_success": self._is_success(float(reward), truncated)}
        return frame, float(reward), terminated, truncated, info

    def _pressed(self, action: Any) -> Any:
        """What ViZDoom's environment takes: a combination of buttons, and amounts where it has any."""
        if self._scales is None:
            return np.int64(action)
        amounts = np.clip(np.asarray(action, np.float32), -1, 1)
        return {"binary": np.int64(amounts[3] > 0), "continuous": amounts[:3] * self._scales}

    def _is_success(self, last_reward: float, truncated: bool) -> bool:
        dead = bool(self._game.is_player_dead())
        if self._scenario.success == "hit":
            return last_reward > 0.5
        if self._scenario.success == "alive":
            return truncated and not dead
        if self._scenario.success == "kills":
            return self._game.get_total_reward() + dead >= self._scenario.kills
        return not dead and not truncated
