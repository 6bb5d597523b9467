"""What things look like: tables of shapes, drawn in order, relative to a thing's middle and heading.

Columns: shape, x, y (metres), heading (radians), half length, half width (metres), colour, opacity. The
shadow does not turn with the thing: it lies to the lower right, whatever the heading.
"""

from __future__ import annotations

import math

import numpy as np

from rltransfer_envs.drawing.shapes import BOX, DIAMOND, DISC, TRIANGLE
from rltransfer_envs.rover.palettes import (
    BLOCK,
    BLOCK_INNER,
    DARK,
    DISTRACTORS,
    GOAL,
    GOAL_INNER,
    HAZARD,
    HAZARD_INNER,
    LIGHT,
    ROBOTS,
    WALL_EDGE,
)
from rltransfer_envs.rover.world import BLOCK_RADIUS, GOAL_RADIUS, HAZARD_RADIUS, ROBOT_RADIUS

_HAZARD = HAZARD_RADIUS * math.sqrt(math.pi / 2)
"""A diamond of this half width has the area of the disc that counts as touching it."""

OMNI_PARTS = np.array(
    [
        *[(BOX, x, y, 0, 0.05, 0.035, DARK, 1) for x in (-0.1, 0.1) for y in (-0.1, 0.1)],
        (BOX, 0, 0, 0, 0.1, 0.1, ROBOTS, 1),
        (DISC, 0, 0, 0, 0.05, 0.05, LIGHT, 1),
    ]
)
DIFFERENTIAL_PARTS = np.array(
    [
        (TRIANGLE, 0.24, 0, math.pi, 0.16, 0.13, ROBOTS + 1, 0.7),
        (BOX, 0, -0.115, 0, 0.075, 0.035, DARK, 1),
        (BOX, 0, 0.115, 0, 0.075, 0.035, DARK, 1),
        (DISC, 0, 0, 0, 0.115, 0.115, ROBOTS + 1, 1),
        (BOX, -0.08, 0, 0, 0.04, 0.08, DARK, 1),
        (TRIANGLE, 0.06, 0, 0, 0.09, 0.1, LIGHT, 1),
    ]
)
"""The cone is what its own sensor sees: it shows the heading from afar, as the body of 8 pixels hardly
can."""
HOVERCRAFT_PARTS = np.array(
    [
        (DISC, 0, 0, 0, ROBOT_RADIUS, ROBOT_RADIUS, DARK, 1),
        (DISC, 0, 0, 0, 0.11, 0.11, ROBOTS + 2, 1),
        (BOX, 0, 0, math.pi / 4, 0.1, 0.018, LIGHT, 1),
        (BOX, 0, 0, -math.pi / 4, 0.1, 0.018, LIGHT, 1),
        (DISC, 0, 0, 0, 0.035, 0.035, DARK, 1),
    ]
)
BLOCK_PARTS = np.array(
    [
        (DISC, 0, 0, 0, BLOCK_RADIUS, BLOCK_RADIUS, BLOCK, 1),
        (DISC, 0, 0, 0, 0.1, 0.1, BLOCK_INNER, 1),
        (BOX, 0, 0, 0, 0.1, 0.02, BLOCK, 1),
        (BOX, 0, 0, 0, 0.02, 0.1, BLOCK, 1),
    ]
)
SHADOW_PARTS = np.array([(DISC, 0.025, -0.035, 0, ROBOT_RADIUS, ROBOT_RADIUS, DARK, 0.3)])
GOAL_PARTS = np.array(
    [
        (DISC, 0, 0, 0, GOAL_RADIUS, GOAL_RADIUS, GOAL, 1),
        (DISC, 0, 0, 0, 0.09, 0.09, GOAL_INNER, 1),
        (DISC, 0, 0, 0, 0.05, 0.05, GOAL, 1),
    ]
)
HAZARD_PARTS = np.array(
    [
        (DIAMOND, 0, 0, 0, _HAZARD, _HAZARD, HAZARD, 1),
        (DIAMOND, 0, 0, 0, 0.07, 0.07, HAZARD_INNER, 1),
    ]
)
WALL_PARTS = np.array([(BOX, 0, 0, 0, 1, 1, WALL_EDGE, 1)])
"""Scaled by each wall's half length and half width."""
DISTRACTOR_RADIUS = 0.08
DISTRACTOR_PARTS = np.array(
    [[(DISC if k % 2 else BOX, 0, 0, 0, DISTRACTOR_RADIUS, DISTRACTOR_RADIUS, DISTRACTORS + k, 1)] for k in range(6)]
)
"""(6, 1, 8): a table for each distractor; they are smaller than anything that counts."""
