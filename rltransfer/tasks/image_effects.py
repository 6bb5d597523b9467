"""What the image factors do to pixels, as a Gymnasium wrapper."""

from __future__ import annotations

import math
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from rltransfer.errors import SpaceMismatchError
from rltransfer.tasks.stepped_in_turn import state_method

PATCH = 12
"""Grey level of the patch on the lens."""
LUMINANCE = (0.299, 0.587, 0.114)
"""Weights of red, green and blue. Source: ITU-R BT.601."""
_YIQ = np.array([LUMINANCE, (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112)])


class ImageEffects(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Colour images through another light, lens and sensor; rewards and ends are left alone.

    Noise and the patch's place come from a random stream of the wrapper's own, seeded by ``reset(seed=)``: they
    never move what happens in the environment.

    Args:
        env: observes (height, width, 3) uint8.
        brightness: factor on every colour.
        hue: degrees by which colours turn around the grey axis.
        invert: 255 minus every value.
        occlusion: side of the patch, relative to the shorter side of the picture.
        grayscale: three equal channels of luminance.
        noise: standard deviation, grey levels.

    Raises:
        SpaceMismatchError: the observations are not colour images.
    """

    def __init__(
        self,
        env: gymnasium.Env[Any, Any],
        *,
        brightness: float = 1.0,
        hue: float = 0.0,
        invert: bool = False,
        occlusion: float = 0.0,
        grayscale: bool = False,
        noise: float = 0.0,
    ) -> None:
        super().__init__(env)
        space = env.observation_space
        if not isinstance(space, spaces.Box) or space.dtype != np.uint8 or space.shape[2:] != (3,):
            raise SpaceMismatchError(f"image factors take (height, width, 3) uint8 images, not {space}")
        levels = np.minimum(np.rint(np.arange(256) * brightness), 255)
        self._levels = (255 - levels if invert else levels).astype(np.uint8)
        self._turned = _hue_rotation(hue) if hue else None
        self._patch = round(occlusion * min(space.shape[:2]))
        self._grayscale, self._noise = grayscale, noise
        self._corner = (0, 0)
        self._random = _stream(None)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.uint8], dict[str, Any]]:
        """Start an episode, with the patch at another place."""
        if seed is not None:
            self._random = _stream(seed)
        image, info = self.env.reset(seed=seed, options=options)
        places = self._random.random(2)
        rows, columns = (
            int(place * (size - self._patch + 1)) for place, size in zip(places, image.shape, strict=False)
        )
        self._corner = (rows, columns)
        return self.seen(image), info

    def step(self, action: Any) -> tuple[NDArray[np.uint8], Any, bool, bool, dict[str, Any]]:
        """One step, seen through the effects."""
        image, reward, terminated, truncated, info = self.env.step(action)
        return self.seen(image), reward, terminated, truncated, info

    def seen(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """(height, width, 3) uint8 -> the same shape, a new array."""
        if self._turned is not None:
            image = _rounded(image.astype(np.float32) @ self._turned)
        pixels: NDArray[np.uint8] = self._levels[image]
        if self._patch:
            top, left = self._corner
            pixels[top : top + self._patch, left : left + self._patch] = PATCH
        if self._grayscale:
            gray = pixels.astype(np.float32) @ np.array(LUMINANCE, np.float32)
            pixels[:] = _rounded(gray)[..., None]
        if self._noise:
            drawn = self._random.standard_normal(pixels.shape, np.float32)
            pixels = _rounded(pixels + np.float32(self._noise) * drawn)
        return pixels

    def get_state(self) -> dict[str, Any]:
        """What the effects and the environment need to go on bit for bit."""
        random: Any = self._random.bit_generator.state
        return {
            "env": state_method(self.env, "get_state")(),
            "corner": np.array(self._corner),
            "random": random["state"]["state"].copy(),
            "half": np.array([random["has_uint32"], random["uinteger"]], np.uint64),
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from what ``get_state`` returned."""
        state_method(self.env, "set_state")(state["env"])
        row, column = state["corner"]
        self._corner = (int(row), int(column))
        waiting, half = state["half"]
        self._random.bit_generator.state = {
            "bit_generator": "SFC64",
            "state": {"state": state["random"].copy()},
            "has_uint32": int(waiting),
            "uinteger": int(half),
        }


def _stream(seed: int | None) -> np.random.Generator:
    """A stream apart from the environment's, which Gymnasium seeds with ``seed`` itself."""
    return np.random.Generator(np.random.SFC64(None if seed is None else [*b"image", seed]))


def _hue_rotation(degrees: float) -> NDArray[np.float32]:
    """(3, 3) from colours to colours turned in the chroma plane of YIQ; for row vectors."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turn = np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])
    matrix: NDArray[np.float32] = (np.linalg.inv(_YIQ) @ turn @ _YIQ).T.astype(np.float32)
    return matrix


def _rounded(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    return pixels
