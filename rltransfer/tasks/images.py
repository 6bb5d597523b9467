"""Wrappers for image observations that Gymnasium does not have without OpenCV."""

from __future__ import annotations

from collections import deque
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from rltransfer.errors import SpaceMismatchError


def _area_weights(size_in: int, size_out: int) -> NDArray[np.float32]:
    """(size_out, size_in): how much of each input pixel falls into each output pixel; rows sum to 1."""
    edges = np.arange(size_out + 1) * size_in / size_out
    pixels = np.arange(size_in)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    weights = np.clip(overlap, 0, None)
    shares: NDArray[np.float32] = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


class ResizeImage(gymnasium.ObservationWrapper[Any, Any, Any]):
    """Images scaled to ``height`` x ``width`` by averaging over areas, which keeps thin things visible.

    Args:
        env: an environment with (height, width) or (height, width, channels) uint8 observations.
        height: pixels.
        width: pixels.

    Raises:
        SpaceMismatchError: the observations are not images.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], *, height: int, width: int) -> None:
        super().__init__(env)
        space = env.observation_space
        if not isinstance(space, spaces.Box) or space.dtype != np.uint8 or len(space.shape) not in (2, 3):
            raise SpaceMismatchError(f"wrapper 'resize' takes uint8 images, not {space}. Put 'pixels' before it.")
        channels = space.shape[2:] or (1,)
        self._rows = _area_weights(space.shape[0], height)
        self._columns = _area_weights(space.shape[1], width)
        self.observation_space = spaces.Box(0, 255, (height, width, *channels), np.uint8)

    def observation(self, observation: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """(height_in, width_in[, channels]) uint8 -> (height, width, channels) uint8."""
        image = observation if observation.ndim == 3 else observation[..., None]
        scaled = np.einsum("ih,hwc,jw->ijc", self._rows, image.astype(np.float32), self._columns, optimize=True)
        pixels: NDArray[np.uint8] = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
        return pixels


class StackFrames(gymnasium.Wrapper[Any, Any, Any, Any]):
    """The last ``frames`` observations together: along the channels for images, along the first axis for vectors.

    After a reset the first observation fills the whole stack.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], *, frames: int) -> None:
        super().__init__(env)
        space = env.observation_space
        if not isinstance(space, spaces.Box) or len(space.shape) not in (1, 3):
            raise SpaceMismatchError(f"wrapper 'frame_stack' takes images or vectors, not {space}")
        self._axis = -1 if len(space.shape) == 3 else 0
        self._frames: deque[NDArray[Any]] = deque(maxlen=frames)
        low, high = (np.concatenate([bound] * frames, axis=self._axis) for bound in (space.low, space.high))
        self.observation_space = spaces.Box(low, high, dtype=space.dtype)

    def reset(self, **options: Any) -> tuple[NDArray[Any], dict[str, Any]]:
        """Start an episode; the stack is full of its first observation."""
        observation, info = self.env.reset(**options)
        self._frames.extend([observation] * (self._frames.maxlen or 1))
        return np.concatenate(self._frames, axis=self._axis), info

    def step(self, action: Any) -> tuple[NDArray[Any], Any, bool, bool, dict[str, Any]]:
        """One step; the oldest observation leaves the stack."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        self._frames.append(observation)
        stacked = np.concatenate(self._frames, axis=self._axis)
        return stacked, reward, terminated, truncated, info
