"""Palettes made from one list of colours: parsed, tinted, turned in hue, and grey."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Colours = npt.NDArray[np.float64]
"""(num_colours, 3) in 0 to 255"""


def parsed(*rows: str) -> Colours:
    """Colours written in hexadecimal, several a row."""
    return np.array([list(bytes.fromhex(c)) for row in rows for c in row.split()], dtype=np.float64)


def tinted(colours: Colours, red: float, green: float, blue: float) -> Colours:
    """Colours under a coloured light."""
    lit: Colours = np.minimum(colours * np.array([red, green, blue]), 255.0)
    return lit


def hue_shifted(colours: Colours, turn: float) -> Colours:
    """Colours turned on the wheel by ``turn``, 0 to 1."""
    shifted = []
    for red, green, blue in colours / 255:
        hue, saturation, value = colorsys.rgb_to_hsv(red, green, blue)
        shifted.append(colorsys.hsv_to_rgb((hue + turn) % 1, saturation, value))
    return np.array(shifted) * 255


def grey(colours: Colours) -> Colours:
    """The luminance in all three channels.

    Blending is linear, so a scene drawn from luminances equals the luminance of the scene.
    """
    return np.repeat(colours @ np.array([[0.299], [0.587], [0.114]]), 3, axis=1)


def varied(
    day: Colours, name: str, *, ground: Sequence[int], dark: int, first: Sequence[int], second: Sequence[int]
) -> Colours:
    """The palette called ``name`` of a scene seen from above.

    Args:
        day: its colours in the palette ``day``.
        name: ``day``, ``dusk`` (a warm light), ``night`` (a dark ground), ``shifted`` (other hues) or ``swapped``.
        ground: the four colours of the ground and what bounds it.
        dark: of the dark parts of robots.
        first: what is sought; ``swapped`` gives it the colours of ``second``.
        second: what is to be avoided.
    """
    if name == "dusk":
        return tinted(day, 1.0, 0.72, 0.62)
    if name == "shifted":
        return hue_shifted(day, 1 / 3)
    colours = day.copy()
    if name == "night":
        colours[list(ground)] = parsed("1d2433 2a3347 5b6b8c 7d8fb3")
        colours[dark] = 5, 6, 9
    elif name == "swapped":
        colours[[*first, *second]] = colours[[*second, *first]]
    return colours
