"""Colours. Goal and hazard differ in shape, and in every palette also in hue and in luminance."""

from __future__ import annotations

from rltransfer_envs.drawing.colours import Colours, grey, parsed, varied

FLOOR, FLOOR_PATTERN, WALL, WALL_EDGE, GOAL, GOAL_INNER, HAZARD, HAZARD_INNER, BLOCK, BLOCK_INNER = range(10)
ROBOTS, DARK, LIGHT, DISTRACTORS = 10, 13, 14, 15
"""ROBOTS is the first of three, one for each robot; DISTRACTORS the first of six."""

_DAY = parsed(
    "e8e2d2 cfc6b0 5d6875 454e5a",  # floor, its pattern, wall, its edge
    "3cc060 e2fadb c02026 4f0c12",  # goal, its middle, hazard, its middle
    "9a6a3c d9b07a",  # block, its middle
    "2f6fde e8871e 17a2b8",  # omni, differential, hovercraft
    "20242c fafafa",  # dark and light parts of robots
    "e15fb0 8a5fd6 f2c230 5fc9e0 a8744f 9aa84f",  # distractors
)


def palette(name: str, *, is_grayscale: bool = False) -> Colours:
    """The colours of a palette, (num_colours, 3) in 0 to 255, or their luminance in all three channels."""
    ground = (FLOOR, FLOOR_PATTERN, WALL, WALL_EDGE)
    colours = varied(_DAY, name, ground=ground, dark=DARK, first=(GOAL, GOAL_INNER), second=(HAZARD, HAZARD_INNER))
    return grey(colours) if is_grayscale else colours
