"""Colours by role, so that every system is drawn from the same few."""

from __future__ import annotations

import colorsys

import numpy as np
import numpy.typing as npt

SKY, SKY_PATTERN, GROUND, GROUND_EDGE, BODY, BODY_DARK, ROD, JOINT, MARK, POST, GHOST, LIT, DISTRACTORS = range(13)
"""DISTRACTORS is the first of six."""

Colours = npt.NDArray[np.float64]
"""(18, 3) in 0 to 255"""

_DAY = (
    "e9eef2 c6d0da 8f9f74 4f5c3e",  # sky, its pattern, ground, its edge
    "2f6fde 1c2c54 c8501e 20242c",  # body, its dark parts, rods, joints
    "2fa84f 454e5a 9a63cf f2b01e",  # goal marks, their posts, afterimages, what is lit
    "e15fb0 8a5fd6 f2c230 5fc9e0 a8744f 9aa84f",  # distractors
)


def _parse(rows: tuple[str, ...]) -> Colours:
    return np.array([list(bytes.fromhex(c)) for row in rows for c in row.split()], dtype=np.float64)


def _hue_shifted(colours: Colours, turn: float) -> Colours:
    shifted = []
    for red, green, blue in colours / 255:
        hue, saturation, value = colorsys.rgb_to_hsv(red, green, blue)
        shifted.append(colorsys.hsv_to_rgb((hue + turn) % 1, saturation, value))
    return np.array(shifted) * 255


def palette(name: str, *, is_grayscale: bool = False) -> Colours:
    """The colours of a palette, or their luminance in all three channels.

    Blending is linear, so a scene drawn from luminances equals the luminance of the scene.
    """
    colours = _parse(_DAY)
    if name == "dusk":
        colours = np.minimum(colours * np.array([1.0, 0.72, 0.62]), 255.0)
    elif name == "night":
        colours[[SKY, SKY_PATTERN, GROUND, GROUND_EDGE]] = _parse(("1d2433 2c3750 4a5568 7d8fb3",))
        colours[[BODY_DARK, JOINT, POST]] = _parse(("9fb4e8 cdd5e6 aab4c8",))
    elif name == "shifted":
        colours = _hue_shifted(colours, 1 / 3)
    if is_grayscale:
        return np.repeat(colours @ np.array([[0.299], [0.587], [0.114]]), 3, axis=1)
    return colours
