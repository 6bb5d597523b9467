"""A Gymnasium vector environment as a Stable-Baselines3 one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.preprocessing import is_image_space, is_image_space_channels_first
from stable_baselines3.common.vec_env import VecEnv

from rltransfer.errors import ConfigError
from rltransfer.tasks.family import Task
from rltransfer.tasks.perceived import change_perceived, perceived, perceived_key, with_perceived


def channels_first(space: spaces.Space[Any]) -> spaces.Space[Any]:
    """``space`` as agents see it: images (channels, height, width), everything else as it is.

    Raises:
        SpaceMismatchError: no trunk can read it.
    """
    part = perceived(space)
    if len(part.shape) != 3 or not is_image_space(part) or is_image_space_channels_first(part):
        return space
    low, high = part.low.transpose(2, 0, 1), part.high.transpose(2, 0, 1)
    return with_perceived(space, spaces.Box(low, high, dtype=part.dtype))


class TaskVecEnv(VecEnv):
    """Copies of one task, as Stable-Baselines3 wants them.

    Images are given channels-first without moving a byte: the arrays are transposed views, so Stable-Baselines3
    adds no transposing wrapper and convolutions find the channels-last layout they are fastest on. Episode returns
    and lengths are reported as ``Monitor`` does.

    Args:
        env: a vector environment that resets a copy in the step its episode ends (``AutoresetMode.SAME_STEP``).
        task: what the copies are of.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any], task: Task) -> None:
        if env.metadata.get("autoreset_mode") is not AutoresetMode.SAME_STEP:
            raise ConfigError(
                f"{task}: its vector environment must reset in the step an episode ends "
                "(metadata autoreset_mode AutoresetMode.SAME_STEP)"
            )
        self.vector_env = env
        self.task = task
        space = channels_first(env.single_observation_space)
        self._channels_last = space is not env.single_observation_space
        self._key = perceived_key(space)
        super().__init__(env.num_envs, space, env.single_action_space)
        if self.render_mode in (task.family.render_modes or ()):  # frames; Stable-Baselines3 has one name for them
            self.render_mode = "rgb_array"
            self.metadata = {"render_modes": ["human", "rgb_array"]}
        self._actions: NDArray[Any] | None = None
        self._returns = np.zeros(env.num_envs)
        self._lengths = np.zeros(env.num_envs, dtype=np.int64)
        self._started = time.time()

    def reset(self) -> Any:
        """Start an episode in every copy; seeds given by ``seed`` are used once."""
        seeds = [None if s is None else int(s) for s in self._seeds]
        given: Any = seeds if any(s is not None for s in seeds) else None  # a list, though Gymnasium's stub says int
        observations, _ = self.vector_env.reset(seed=given)
        self._reset_seeds()
        self._reset_options()
        self._returns[:] = 0
        self._lengths[:] = 0
        return self._transposed(observations)

    def step_async(self, actions: NDArray[Any]) -> None:
        """Keep ``actions`` for ``step_wait``."""
        self._actions = actions

    def step_wait(self) -> tuple[Any, NDArray[np.float32], NDArray[np.bool_], list[dict[str, Any]]]:
        """Step all copies: observations, rewards (float32), whether the episode ended, and one dict a copy."""
        observations, rewards, terminated, truncated, more = self.vector_env.step(self._actions)
        ended = terminated | truncated
        self._returns += rewards
        self._lengths += 1
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        if ended.any():
            for copy in np.flatnonzero(ended):
                infos[copy] = {
                    "terminal_observation": self._transposed(more["final_obs"][copy]),
                    "TimeLimit.truncated": bool(truncated[copy] and not terminated[copy]),
                    "episode": {
                        "r": float(self._returns[copy]),
                        "l": int(self._lengths[copy]),
                        "t": time.time() - self._started,
                    },
                }
                success = more.get("final_info", {}).get("is_success")
                if success is not None:
                    infos[copy]["is_success"] = bool(success[copy])
            self._returns[ended] = 0
            self._lengths[ended] = 0
        return self._transposed(observations), rewards.astype(np.float32), ended, infos

    def close(self) -> None:
        """Free what the environment holds."""
        self.vector_env.close()

    def get_images(self) -> Sequence[NDArray[np.uint8] | None]:
        """One frame a copy, where the environment was made with a render mode."""
        frames: Any = self.vector_env.render()
        return list(frames) if frames is not None else [None] * self.num_envs

    def get_attr(self, attr_name: str, indices: None | int | Iterable[int] = None) -> list[Any]:
        """``attr_name`` of the vector environment, once for each index."""
        value = getattr(self.vector_env, attr_name)
        return [value for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: None | int | Iterable[int] = None) -> None:
        """Set ``attr_name`` of the vector environment; copies cannot differ."""
        setattr(self.vector_env, attr_name, value)

    def env_method(
        self, method_name: str, *args: Any, indices: None | int | Iterable[int] = None, **kwargs: Any
    ) -> list[Any]:
        """Call a method of the vector environment once, and give its result for each index."""
        method: Callable[..., Any] = getattr(self.vector_env, method_name)
        result = method(*args, **kwargs)
        return [result for _ in self._get_indices(indices)]

    def env_is_wrapped(self, wrapper_class: type, indices: None | int | Iterable[int] = None) -> list[bool]:
        """True for ``Monitor``, whose reports this class makes itself."""
        return [issubclass(wrapper_class, Monitor) for _ in self._get_indices(indices)]

    def _transposed(self, observations: Any) -> Any:
        """Observations, or one of them, with images channels-first."""
        if not self._channels_last:
            return observations
        return change_perceived(observations, self._key, lambda images: np.moveaxis(images, -1, -3))
