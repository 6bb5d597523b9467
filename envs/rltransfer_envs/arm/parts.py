"""What things look like: tables of shapes, drawn in order, relative to a thing's middle and heading.

Columns: shape, x, y (metres), heading (radians), half length, half width (metres), colour, opacity. A link's half
length is stretched to its own.
"""

from __future__ import annotations

import math

import numpy as np

from rltransfer_envs.arm.bodies import (
    JAW_LENGTH,
    JAW_OPEN,
    JAW_RADIUS,
    LINK_RADIUS,
    POST_RADIUS,
    PUCK_RADIUS,
    TIP_RADIUS,
)
from rltransfer_envs.arm.palettes import (
    DARK,
    DISTRACTORS,
    FOREARMS,
    GOAL,
    GOAL_INNER,
    HAZARD,
    HAZARD_INNER,
    LIGHT,
    LINKS,
    POST,
    POST_INNER,
    PUCK,
    PUCK_INNER,
    TIP,
)
from rltransfer_envs.arm.world import GOAL_RADIUS, HAZARD_RADIUS
from rltransfer_envs.drawing.shapes import BOX, CAPSULE, DIAMOND, DISC

_HAZARD = HAZARD_RADIUS * math.sqrt(math.pi / 2)
"""A diamond of this half width has the area of the disc that counts as touching it."""

LINK_PARTS = np.array(
    [[(CAPSULE, 0, 0, 0, 1, LINK_RADIUS, first + k, 1)] for first in (LINKS, FOREARMS) for k in range(3)]
)
"""(6, 1, 8): the upper arm of each robot, then the links after it."""
SHADOW_PARTS = np.array([(CAPSULE, 0, 0, 0, 1, LINK_RADIUS, DARK, 0.22)])
SHADOW_X, SHADOW_Y = 0.03, -0.04
"""Where a shadow lies, whatever the heading of what throws it."""
BASE_PARTS = np.array([(DISC, 0, 0, 0, 0.09, 0.09, DARK, 1)])
JOINT_PARTS = np.array([(DISC, 0, 0, 0, 0.024, 0.024, DARK, 1)])
FINGER_PARTS = np.array(
    [
        (DISC, 0, 0, 0, TIP_RADIUS + 0.022, TIP_RADIUS + 0.022, DARK, 1),
        (DISC, 0, 0, 0, TIP_RADIUS + 0.01, TIP_RADIUS + 0.01, TIP, 1),
    ]
)
PALM_PARTS = np.array([(CAPSULE, 0, 0, math.pi / 2, JAW_OPEN, 1.4 * JAW_RADIUS, DARK, 1)])
JAW_PARTS = np.array([(CAPSULE, JAW_LENGTH / 2, 0, 0, JAW_LENGTH / 2, 1.3 * JAW_RADIUS, TIP, 1)])
PUCK_PARTS = np.array(
    [
        (DISC, SHADOW_X / 2, SHADOW_Y / 2, 0, PUCK_RADIUS, PUCK_RADIUS, DARK, 0.3),
        (DISC, 0, 0, 0, PUCK_RADIUS, PUCK_RADIUS, PUCK, 1),
        (DISC, 0, 0, 0, 0.042, 0.042, PUCK_INNER, 1),
    ]
)
POST_PARTS = np.array(
    [
        (DISC, SHADOW_X, SHADOW_Y, 0, POST_RADIUS, POST_RADIUS, DARK, 0.3),
        (DISC, 0, 0, 0, POST_RADIUS, POST_RADIUS, POST, 1),
        (DISC, 0, 0, 0, 0.028, 0.028, POST_INNER, 1),
    ]
)
GOAL_PARTS = np.array(
    [
        (DISC, 0, 0, 0, GOAL_RADIUS, GOAL_RADIUS, GOAL, 1),
        (DISC, 0, 0, 0, 0.08, 0.08, GOAL_INNER, 1),
        (DISC, 0, 0, 0, 0.045, 0.045, GOAL, 1),
    ]
)
HAZARD_PARTS = np.array(
    [
        (DIAMOND, 0, 0, 0, _HAZARD, _HAZARD, HAZARD, 1),
        (DIAMOND, 0, 0, 0, 0.05, 0.05, HAZARD_INNER, 1),
    ]
)
AXLE_PARTS = np.array([(DISC, 0, 0, 0, 0.045, 0.045, LIGHT, 0.9), (DISC, 0, 0, 0, 0.024, 0.024, DARK, 1)])
"""The shoulder's axle."""
DISTRACTOR_RADIUS = 0.06
DISTRACTOR_PARTS = np.array(
    [[(DISC if k % 2 else BOX, 0, 0, 0, DISTRACTOR_RADIUS, DISTRACTOR_RADIUS, DISTRACTORS + k, 1)] for k in range(6)]
)
"""(6, 1, 8): a table for each distractor; they are smaller than anything that counts."""
