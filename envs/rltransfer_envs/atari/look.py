"""What lies between the game's screen and the agent's eye: colours, grey levels, blur, noise and flicker."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rltransfer_envs.drawing import lens
from rltransfer_envs.drawing.jit import compiled
from rltransfer_envs.drawing.streams import PIXELS, Streams, uniform

LUMA = (0.2989, 0.5870, 0.1140)
"""Weights of red, green and blue by which ALE makes grey levels."""
UNCHANGED = np.arange(256, dtype=np.uint8)
"""Every grey level as it is."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """The appearance and sensor factors; see ``factors.FACTORS``."""

    hue: float = 0.0
    contrast: float = 1.0
    brightness: float = 1.0
    invert: bool = False
    noise: float = 0.0
    blur: int = 0
    flicker: float = 0.0

    def grey_levels(self) -> npt.NDArray[np.uint8]:
        """(256,) what each grey level becomes: contrast about the middle, gain, then inversion."""
        levels = ((np.arange(256) - 127.5) * self.contrast + 127.5) * self.brightness
        shown = np.clip(np.rint(levels), 0, 255).astype(np.uint8)
        inverted: npt.NDArray[np.uint8] = 255 - shown
        return inverted if self.invert else shown

    def turned_colours(self) -> npt.NDArray[np.float64]:
        """(3, 3) rotation of (red, green, blue) by ``hue`` about the grey axis (1, 1, 1)."""
        angle = math.radians(self.hue)
        axis = np.full(3, 1 / math.sqrt(3))
        along, across = np.outer(axis, axis), np.cross(np.eye(3), axis)
        turn: npt.NDArray[np.float64] = along + math.cos(angle) * (np.eye(3) - along) + math.sin(angle) * across
        return turn

    @property
    def needs_lens(self) -> bool:
        """Whether frames are changed after they were scaled, beyond their grey levels."""
        return self.noise > 0 or self.blur > 0 or self.flicker > 0


@compiled
def grey_of(colours: npt.NDArray[np.uint8], turn: npt.NDArray[np.float64], screen: npt.NDArray[np.uint8]) -> None:
    """(height, width, 3) colours, turned and made grey, into (height, width); each channel saturates."""
    for row in range(colours.shape[0]):
        for column in range(colours.shape[1]):
            grey = 0.0
            for k in range(3):
                level = 0.0
                for channel in range(3):
                    level += turn[k, channel] * colours[row, column, channel]
                grey += LUMA[k] * min(max(level, 0.0), 255.0)
            screen[row, column] = np.uint8(np.rint(min(grey, 255.0)))


def through_lens(frame: npt.NDArray[np.uint8], look: Look, grain: lens.Grain, streams: Streams) -> None:
    """Blur, noise and flicker, in place.

    Args:
        frame: (84, 84) uint8.
        look: how much of each.
        grain: what noise is cut from.
        streams: of the copy; the one for pixels moves on.
    """
    if look.blur > 0:
        in_colour = np.repeat(frame[..., None], 3, axis=2)  # the lens takes three channels
        lens.blur(in_colour, look.blur)
        frame[:] = in_colour[..., 0]
    if look.noise > 0:
        lens.add_noise(frame.reshape(frame.shape[0], -1, 3), grain, streams, look.noise)
    if look.flicker > 0 and uniform(streams, PIXELS) < look.flicker:
        frame[:] = 0
