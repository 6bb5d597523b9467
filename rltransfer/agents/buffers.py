"""A rollout buffer that keeps images in the memory layout in which convolutions read them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.preprocessing import is_image_space
from stable_baselines3.common.type_aliases import RolloutBufferSamples
from stable_baselines3.common.vec_env import VecNormalize


class ChannelsLastRolloutBuffer(RolloutBuffer):
    """Stable-Baselines3's rollout buffer with images laid out channels-last under a channels-first shape.

    A batch then goes to a channels-last convolution with one pass over its bytes; from the plain buffer it would
    first be transposed, four epochs over. Samples have the same values in the same order as in the plain buffer.
    """

    def reset(self) -> None:
        """Empty the buffer."""
        super().reset()
        if is_image_space(self.observation_space) and len(self.obs_shape) == 3:
            channels, height, width = self.obs_shape
            stored = (self.buffer_size, self.n_envs, height, width, channels)
            self.observations = np.zeros(stored, self.observation_space.dtype).transpose(0, 1, 4, 2, 3)

    @staticmethod
    def swap_and_flatten(arr: np.ndarray) -> np.ndarray:
        """(num_steps, num_envs, ...) -> (num_envs * num_steps, ...), images in their own layout."""
        if arr.ndim != 5:
            return RolloutBuffer.swap_and_flatten(arr)
        steps, envs, channels, height, width = arr.shape
        stored = arr.transpose(1, 0, 3, 4, 2).reshape(steps * envs, height, width, channels)
        return stored.transpose(0, 3, 1, 2)

    def _get_samples(self, batch_inds: np.ndarray, env: VecNormalize | None = None) -> RolloutBufferSamples:
        if self.observations.ndim == 4:
            observations = self.observations.transpose(0, 2, 3, 1)[batch_inds].transpose(0, 3, 1, 2)
        else:
            observations = self.observations[batch_inds]
        flat = (self.values, self.log_probs, self.advantages, self.returns)
        return RolloutBufferSamples(
            self._to_device(observations),
            self._to_device(self.actions[batch_inds].astype(np.float32, copy=False)),
            *(self._to_device(array[batch_inds].flatten()) for array in flat),
        )

    def _to_device(self, array: np.ndarray) -> Any:
        """The indexed array is a fresh copy already, so it needs no second one."""
        return torch.from_numpy(array).to(self.device)
