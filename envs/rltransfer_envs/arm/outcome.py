"""What an episode is about: the potential that shapes the reward, what is added to it, and how it ends."""

from __future__ import annotations

import math

from rltransfer_envs.arm.bodies import PUCK_RADIUS, TIP_RADIUS
from rltransfer_envs.arm.kinematics import tip_of
from rltransfer_envs.arm.world import (
    AVOID,
    FOLLOW,
    GOAL_RADIUS,
    GRIPPER,
    HAZARD_RADIUS,
    PUSH,
    Copy,
    Floats,
    Settings,
)
from rltransfer_envs.drawing.jit import compiled

NOTHING, SUCCESS, FAILURE = range(3)
PUCK_ON_GOAL = 0.07
"""Metres between the middles of puck and goal that count as arrived."""
APPROACH = 0.5
"""In ``push``, potential per metre between the tip and where it should be at the puck."""
WARY = 0.3
"""In ``avoid``, metres from the hazard's middle within which the potential falls off, by as much a metre."""
FOLLOWED = 0.1
"""In ``follow``, metres of mean distance that count as success."""
GRACE = 20
"""In ``follow``, control steps in which to get there, which do not count."""
TRACKING = 2.0
"""In ``follow``, reward of an episode that stays on the goal all the time, and 0 from ``TRACKED`` metres away."""
TRACKED = 0.3


@compiled
def _apart(x: float, y: float, to_x: float, to_y: float) -> float:
    return math.sqrt((x - to_x) ** 2 + (y - to_y) ** 2)


@compiled
def potential(copy: Copy, settings: Settings, qpos: Floats) -> float:
    """Of the shaping reward, which is its growth over a step; metres.

    ``reach``, ``follow``: minus the distance from tip to goal. ``avoid``: also minus how far the tip is inside a
    30 cm disc around the hazard. ``push``: minus the distance from puck to goal, minus 0.5 times that from the tip
    to where it would touch the puck on the side away from the goal (gripper: to the puck).

    Source: Ng, Harada & Russell 1999, "Policy invariance under reward transformations", with discount 1,
    because returns are reported undiscounted.
    """
    x, y, _ = tip_of(qpos, settings.lengths)
    if settings.task == PUSH:
        puck_x, puck_y = qpos[settings.puck], qpos[settings.puck + 1]
        distance = max(_apart(puck_x, puck_y, copy.goal[0], copy.goal[1]), 1e-9)
        behind = 0.0 if settings.robot == GRIPPER else (PUCK_RADIUS + TIP_RADIUS) / distance
        behind_x = puck_x + behind * (puck_x - copy.goal[0])
        behind_y = puck_y + behind * (puck_y - copy.goal[1])
        return -distance - APPROACH * _apart(x, y, behind_x, behind_y)
    result = -_apart(x, y, copy.goal[0], copy.goal[1])
    if settings.task == AVOID:
        result -= max(0.0, WARY - _apart(x, y, copy.hazard[0], copy.hazard[1]))
    return result


@compiled
def outcome(copy: Copy, settings: Settings, qpos: Floats) -> int:
    """SUCCESS, FAILURE or NOTHING after this step; ``follow`` only ends with its time."""
    x, y, _ = tip_of(qpos, settings.lengths)
    if settings.task == FOLLOW:
        return NOTHING
    if settings.task == PUSH:
        x, y = qpos[settings.puck], qpos[settings.puck + 1]
        return SUCCESS if _apart(x, y, copy.goal[0], copy.goal[1]) < PUCK_ON_GOAL else NOTHING
    if _apart(x, y, copy.goal[0], copy.goal[1]) < GOAL_RADIUS:
        return SUCCESS
    if settings.task == AVOID and _apart(x, y, copy.hazard[0], copy.hazard[1]) < HAZARD_RADIUS + TIP_RADIUS:
        return FAILURE
    return NOTHING


@compiled
def tracked(copy: Copy, settings: Settings, qpos: Floats) -> float:
    """In ``follow``: count this step's distance, and give its reward beside the potential's growth."""
    x, y, _ = tip_of(qpos, settings.lengths)
    error = _apart(x, y, copy.goal[0], copy.goal[1])
    if copy.env_steps > GRACE:
        copy.error_sum += error
    return TRACKING / settings.time_limit * max(0.0, 1.0 - error / TRACKED)


@compiled
def has_followed(copy: Copy, settings: Settings) -> bool:
    """Whether the mean distance over the steps that count is small."""
    return copy.error_sum / (settings.time_limit - GRACE) < FOLLOWED
