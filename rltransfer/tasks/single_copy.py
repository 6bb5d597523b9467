"""One copy of a batched environment, as an ordinary Gymnasium environment."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import VectorEnv


class SingleCopy(gymnasium.Env[Any, Any]):
    """The only copy of a vector environment.

    The vector environment begins the next episode in the step in which one ends; that observation is kept until
    ``reset`` without a seed asks for it, so that one stream of random numbers serves both.

    Args:
        env: of one copy, with ``AutoresetMode.SAME_STEP``.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any]) -> None:
        self.vector_env = env
        self.observation_space = env.single_observation_space
        self.action_space = env.single_action_space
        self.render_mode = env.render_mode
        self._begun: tuple[Any, dict[str, Any]] | None = None
        self.metadata = {k: v for k, v in env.metadata.items() if k != "autoreset_mode"}

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode."""
        super().reset(seed=seed)
        begun, self._begun = self._begun, None
        if begun is not None and seed is None and not options:
            return begun
        observations, infos = self.vector_env.reset(seed=seed, options=options)
        return _first(observations), _first_of_infos(infos)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """One step; at the end of an episode its own last observation, not the next one's first."""
        actions = np.asarray(action)[None]
        observations, rewards, terminated, truncated, infos = self.vector_env.step(actions)
        self._begun = None
        if terminated[0] or truncated[0]:
            self._begun = _first(observations), _first_of_infos(infos)
            last = infos["final_obs"][0]
            return (
                last,
                float(rewards[0]),
                bool(terminated[0]),
                bool(truncated[0]),
                _first_of_infos(infos["final_info"]),
            )
        return _first(observations), float(rewards[0]), False, False, _first_of_infos(infos)

    def render(self) -> Any:
        """The frame of the copy, where it was made with a render mode."""
        frames = self.vector_env.render()
        return None if frames is None else frames[0]

    def close(self) -> None:
        """Free what the environment holds."""
        self.vector_env.close()


def _first(batch: Any) -> Any:
    return {key: _first(value) for key, value in batch.items()} if isinstance(batch, dict) else batch[0]


def _first_of_infos(infos: dict[str, Any]) -> dict[str, Any]:
    """The first copy's entries of a vector environment's infos; masks are left out."""
    single: dict[str, Any] = {}
    for key, value in infos.items():
        if key.startswith("_") or key in ("final_obs", "final_info"):
            continue
        if isinstance(value, dict):
            single[key] = _first_of_infos(value)
        else:
            entry = value[0]
            single[key] = entry.item() if isinstance(entry, np.generic) else entry
    return single
