"""Colours. Goal and hazard differ in shape, and in every palette also in hue and in luminance."""

from __future__ import annotations

from rltransfer_envs.drawing.colours import Colours, grey, parsed, varied

TABLE, TABLE_PATTERN, GROUND, TABLE_EDGE, GOAL, GOAL_INNER, HAZARD, HAZARD_INNER = range(8)
PUCK, PUCK_INNER, POST, POST_INNER = range(8, 12)
LINKS, FOREARMS, DARK, LIGHT, TIP, DISTRACTORS = 12, 15, 18, 19, 20, 21
"""LINKS and FOREARMS are the first of three, one for each robot; DISTRACTORS the first of six."""

_DAY = parsed(
    "e8e2d2 cfc6b0 5d6875 454e5a",  # table, its pattern, the ground around it, its edge
    "3cc060 e2fadb c02026 4f0c12",  # goal, its middle, hazard, its middle
    "9a6a3c d9b07a 6a4a8c a98cc8",  # puck, its middle, post, its middle
    "2f6fde e8871e 17a2b8",  # upper arms: two-link, three-link, gripper
    "5b93f0 f2a94f 4cc3d4",  # the links after them
    "20242c fafafa d81b8c",  # dark and light parts, tip
    "e15fb0 8a5fd6 f2c230 5fc9e0 a8744f 9aa84f",  # distractors
)


def palette(name: str, *, is_grayscale: bool = False) -> Colours:
    """The colours of a palette, (num_colours, 3) in 0 to 255, or their luminance in all three channels."""
    ground = (TABLE, TABLE_PATTERN, GROUND, TABLE_EDGE)
    colours = varied(_DAY, name, ground=ground, dark=DARK, first=(GOAL, GOAL_INNER), second=(HAZARD, HAZARD_INNER))
    return grey(colours) if is_grayscale else colours
