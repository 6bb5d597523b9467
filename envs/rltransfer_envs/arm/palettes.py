"""Colours. Goal and hazard differ in shape, and in every palette also in hue and in luminance."""

from __future__ import annotations

import colorsys

import numpy as np
import numpy.typing as npt

TABLE, TABLE_PATTERN, GROUND, TABLE_EDGE, GOAL, GOAL_INNER, HAZARD, HAZARD_INNER = range(8)
PUCK, PUCK_INNER, POST, POST_INNER = range(8, 12)
LINKS, FOREARMS, DARK, LIGHT, TIP, DISTRACTORS = 12, 15, 18, 19, 20, 21
"""LINKS and FOREARMS are the first of three, one for each robot; DISTRACTORS the first of six."""

Colours = npt.NDArray[np.float64]
"""(27, 3) in 0 to 255"""

_DAY = (
    "e8e2d2 cfc6b0 5d6875 454e5a",  # table, its pattern, the ground around it, its edge
    "3cc060 e2fadb c02026 4f0c12",  # goal, its middle, hazard, its middle
    "9a6a3c d9b07a 6a4a8c a98cc8",  # puck, its middle, post, its middle
    "2f6fde e8871e 17a2b8",  # upper arms: two-link, three-link, gripper
    "5b93f0 f2a94f 4cc3d4",  # the links after them
    "20242c fafafa d81b8c",  # dark and light parts, tip
    "e15fb0 8a5fd6 f2c230 5fc9e0 a8744f 9aa84f",  # distractors
)


def _parse(rows: tuple[str, ...]) -> Colours:
    return np.array([list(bytes.fromhex(c)) for row in rows for c in row.split()], dtype=np.float64)


def _tinted(colours: Colours, red: float, green: float, blue: float) -> Colours:
    tinted: Colours = np.minimum(colours * np.array([red, green, blue]), 255.0)
    return tinted


def _hue_shifted(colours: Colours, turn: float) -> Colours:
    shifted = []
    for red, green, blue in colours / 255:
        hue, saturation, value = colorsys.rgb_to_hsv(red, green, blue)
        shifted.append(colorsys.hsv_to_rgb((hue + turn) % 1, saturation, value))
    return np.array(shifted) * 255


def _night(colours: Colours) -> Colours:
    night = colours.copy()
    night[[TABLE, TABLE_PATTERN, GROUND, TABLE_EDGE]] = _parse(("1d2433 2a3347 5b6b8c 7d8fb3",))
    night[DARK] = 5, 6, 9
    return night


def palette(name: str, *, is_grayscale: bool = False) -> Colours:
    """The colours of a palette, or their luminance in all three channels.

    Blending is linear, so a scene drawn from luminances equals the luminance of the scene.
    """
    colours = _parse(_DAY)
    if name == "dusk":
        colours = _tinted(colours, 1.0, 0.72, 0.62)
    elif name == "night":
        colours = _night(colours)
    elif name == "shifted":
        colours = _hue_shifted(colours, 1 / 3)
    elif name == "swapped":
        colours[[GOAL, GOAL_INNER, HAZARD, HAZARD_INNER]] = colours[[HAZARD, HAZARD_INNER, GOAL, GOAL_INNER]]
    if is_grayscale:
        return np.repeat(colours @ np.array([[0.299], [0.587], [0.114]]), 3, axis=1)
    return colours
