"""The wrappers an ad-hoc family may name, as settings that build Gymnasium's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from rltransfer.settings import Options

if TYPE_CHECKING:
    from gymnasium import Env


class WrapperSpec(Options):
    """A named wrapper with its options."""

    def wrap(self, env: Env[Any, Any]) -> Env[Any, Any]:
        """``env`` wrapped."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it wraps")


class Grayscale(WrapperSpec):
    """Colour images to one channel, kept as (height, width, 1)."""

    def wrap(self, env: Env[Any, Any]) -> Env[Any, Any]:
        """See ``WrapperSpec.wrap``."""
        from gymnasium.wrappers import GrayscaleObservation

        return GrayscaleObservation(env, keep_dim=True)


class Resize(WrapperSpec):
    """Images to another size.

    Args:
        height: pixels.
        width: pixels.
    """

    height: int = Field(default=64, ge=8, le=1024)
    width: int = Field(default=64, ge=8, le=1024)

    def wrap(self, env: Env[Any, Any]) -> Env[Any, Any]:
        """See ``WrapperSpec.wrap``."""
        from rltransfer.tasks.images import ResizeImage

        return ResizeImage(env, height=self.height, width=self.width)


class FrameStack(WrapperSpec):
    """The last frames together, along the channel axis for images and along the first for vectors.

    Args:
        frames: how many.
    """

    frames: int = Field(default=4, ge=1, le=64)

    def wrap(self, env: Env[Any, Any]) -> Env[Any, Any]:
        """See ``WrapperSpec.wrap``."""
        from rltransfer.tasks.images import StackFrames

        return StackFrames(env, frames=self.frames)


class TimeLimit(WrapperSpec):
    """Truncate episodes.

    Args:
        steps: the longest episode.
    """

    steps: int = Field(ge=1)

    def wrap(self, env: Env[Any, Any]) -> Env[Any, Any]:
        """See ``WrapperSpec.wrap``."""
        from gymnasium.wrappers import TimeLimit as GymnasiumTimeLimit

        return GymnasiumTimeLimit(env, max_episode_steps=self.steps)


class ClipReward(WrapperSpec):
    """Rewards held within bounds, in evaluation as in training.

    Args:
        low: least reward.
        high: greatest reward.
    """

    low: float = -1.0
    high: float = 1.0

    def wrap(self, env: Env[Any, Any]) -> Env[Any, Any]:
        """See ``WrapperSpec.wrap``."""
        from gymnasium.wrappers import ClipReward as GymnasiumClipReward

        return GymnasiumClipReward(env, min_reward=self.low, max_reward=self.high)


class Pixels(WrapperSpec):
    """The rendered frame as the observation, in place of the environment's own; scaled to ``height`` x ``width``.

    Args:
        height: pixels.
        width: pixels.
    """

    height: int = Field(default=64, ge=8, le=1024)
    width: int = Field(default=64, ge=8, le=1024)

    def wrap(self, env: Env[Any, Any]) -> Env[Any, Any]:
        """See ``WrapperSpec.wrap``. The environment must have been made with ``render_mode="rgb_array"``."""
        from gymnasium.wrappers import AddRenderObservation

        from rltransfer.tasks.images import ResizeImage

        return ResizeImage(AddRenderObservation(env, render_only=True), height=self.height, width=self.width)


class RescaleAction(WrapperSpec):
    """Continuous actions from [low, high] to the environment's own bounds.

    Args:
        low: least action the agent gives.
        high: greatest action the agent gives.
    """

    low: float = -1.0
    high: float = 1.0

    def wrap(self, env: Env[Any, Any]) -> Env[Any, Any]:
        """See ``WrapperSpec.wrap``."""
        import numpy as np
        from gymnasium.wrappers import RescaleAction as GymnasiumRescaleAction

        number: Any = (env.action_space.dtype or np.dtype(np.float32)).type
        return GymnasiumRescaleAction(env, number(self.low), number(self.high))
