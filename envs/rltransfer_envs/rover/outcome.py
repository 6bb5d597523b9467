"""What an episode is about: the potential that shapes the reward, and how it ends."""

from __future__ import annotations

import math

from rltransfer_envs.drawing.jit import compiled
from rltransfer_envs.rover.layout import is_target
from rltransfer_envs.rover.world import (
    BLOCK_RADIUS,
    DIFFERENTIAL,
    GOAL_RADIUS,
    HAZARD_RADIUS,
    PUSH,
    ROBOT_RADIUS,
    Copy,
    Settings,
)

NOTHING, SUCCESS, FAILURE = range(3)
PROGRESS = 1.0
"""Reward per metre that robot and target, or in ``push`` block and goal, come nearer to each other."""
APPROACH = 0.5
"""In ``push``, reward per metre that the robot comes nearer to the far side of the block."""
FACING = 0.4
"""For the differential robot, outside ``push``, times the cosine of the angle between its nose and the
target.

Own choice: turning is never rewarded at once without it. PPO from pixels succeeded in 0.08 of the episodes after
120,000 steps without this and without the cone in ``parts``, and in 0.69 after 100,000 with both.
"""


@compiled
def potential(copy: Copy, settings: Settings) -> float:
    """Of the shaping reward, which is its growth over a step.

    ``reach`` and ``swap``: minus the metres from the robot to the nearest target; for the differential
    robot plus 0.4 times the cosine of the angle between its heading and the way there.

    ``push``: minus the metres from block to goal, minus 0.5 times the metres from the robot to
    where it would touch the block on the side away from the goal.

    Source: Ng, Harada & Russell 1999, "Policy invariance under reward transformations", with discount 1,
    because returns are reported undiscounted.
    """
    x, y = copy.robot[0], copy.robot[1]
    if settings.task == PUSH:
        to_goal_x = copy.goal[0] - copy.block[0]
        to_goal_y = copy.goal[1] - copy.block[1]
        distance = max(math.sqrt(to_goal_x**2 + to_goal_y**2), 1e-9)
        touching = (ROBOT_RADIUS + BLOCK_RADIUS) / distance
        behind_x = copy.block[0] - touching * to_goal_x
        behind_y = copy.block[1] - touching * to_goal_y
        return -PROGRESS * distance - APPROACH * math.sqrt((behind_x - x) ** 2 + (behind_y - y) ** 2)
    nearest, ahead = 1e9, 0.0
    for k in range(settings.hazards + 1):
        if is_target(settings, k):
            dx = (copy.goal[0] if k == 0 else copy.hazards[k - 1, 0]) - x
            dy = (copy.goal[1] if k == 0 else copy.hazards[k - 1, 1]) - y
            distance = math.sqrt(dx * dx + dy * dy)
            if distance < nearest:
                nearest = distance
                ahead = (dx * math.cos(copy.robot[2]) + dy * math.sin(copy.robot[2])) / max(distance, 1e-9)
    facing = FACING * ahead if settings.robot == DIFFERENTIAL else 0.0
    return facing - PROGRESS * nearest


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
