"""What an episode is about: the potential that shapes the reward, and how it ends."""

from __future__ import annotations

import math

from rltransfer_envs.rover.jit import compiled
from rltransfer_envs.rover.layout import is_target
from rltransfer_envs.rover.world import (
    BLOCK_RADIUS,
    GOAL_RADIUS,
    HAZARD_RADIUS,
    PUSH,
    ROBOT_RADIUS,
    Settings,
    Copy,
)

NOTHING, SUCCESS, FAILURE = range(3)
PROGRESS = 1.0
"""Reward per metre that the robot comes nearer to its target."""
BLOCK_PROGRESS = 1.0
"""Reward per metre that the block comes nearer to the goal."""


@compiled
def potential(copy: Copy, settings: Settings) -> float:
    """Of the shaping reward, which is its growth over a step.

    ``reach`` and ``swap``: -0.5 times the metres from the robot to the nearest target.
    ``push``: minus the metres from block to goal, minus 0.5 times the metres from the robot to where it would touch
    the block on the side away from the goal.

    Source: Ng, Harada & Russell 1999, "Policy invariance under reward transformations", with discount 1, because
    returns are reported undiscounted.
    """
    x, y = copy.robot[0], copy.robot[1]
    if settings.task == PUSH:
        to_goal_x = copy.goal[0] - copy.block[0]
        to_goal_y = copy.goal[1] - copy.block[1]
        distance = max(math.sqrt(to_goal_x**2 + to_goal_y**2), 1e-9)
        touching = (ROBOT_RADIUS + BLOCK_RADIUS) / distance
        behind_x = copy.block[0] - touching * to_goal_x
        behind_y = copy.block[1] - touching * to_goal_y
        return -BLOCK_PROGRESS * distance - PROGRESS * math.sqrt((behind_x - x) ** 2 + (behind_y - y) ** 2)
    nearest = 1e9
    for k in range(settings.hazards + 1):
        if is_target(settings, k):
            dx = x - (copy.goal[0] if k == 0 else copy.hazards[k - 1, 0])
            dy = y - (copy.goal[1] if k == 0 else copy.hazards[k - 1, 1])
            nearest = min(nearest, math.sqrt(dx * dx + dy * dy))
    return -PROGRESS * nearest


@compiled
def outcome(copy: Copy, settings: Settings) -> int:
    """SUCCESS, FAILURE or NOTHING. What must be reached comes first where both are touched in one step."""
    if settings.task == PUSH:
        dx = copy.goal[0] - copy.block[0]
        dy = copy.goal[1] - copy.block[1]
        if dx * dx + dy * dy < GOAL_RADIUS**2:
            return SUCCESS
    result = NOTHING
    for k in range(settings.hazards + 1):
        if k == 0 and settings.task == PUSH:
            continue
        radius = GOAL_RADIUS if k == 0 else HAZARD_RADIUS
        dx = copy.robot[0] - (copy.goal[0] if k == 0 else copy.hazards[k - 1, 0])
        dy = copy.robot[1] - (copy.goal[1] if k == 0 else copy.hazards[k - 1, 1])
        if dx * dx + dy * dy < (ROBOT_RADIUS + radius) ** 2:
            if is_target(settings, k):
                return SUCCESS
            result = FAILURE
    return result
