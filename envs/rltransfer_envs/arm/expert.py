"""Scripted experts: they read the state, not the pixels, and steer the tip by velocities of its own space.

The tip is sent along the circle around the shoulder and along the radius at once, so that it never has to pass the
shoulder; damped least squares turn its velocity into the joints', and each motor gets the torque that holds such a
velocity against damping. The expert knows the robot as built, and nothing of delay, gravity or payload.
"""

# ruff: noqa: PLR0917 -- compiled functions are called by position
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from rltransfer_envs.arm.bodies import BODIES, PUCK_RADIUS, TIP_RADIUS
from rltransfer_envs.arm.factors import ROBOTS
from rltransfer_envs.arm.kinematics import tip_of
from rltransfer_envs.arm.simulation import Simulation
from rltransfer_envs.arm.world import (
    AVOID,
    FOLLOW,
    GRIPPER,
    HAZARD_RADIUS,
    PUSH,
    Copy,
    Floats,
    Settings,
)
from rltransfer_envs.drawing.jit import compiled

PACE = 1.2
"""Metres a second, at most."""
TOUCHING = PUCK_RADIUS + TIP_RADIUS


@compiled
def _polar(x: float, y: float, to_x: float, to_y: float, gain: float) -> tuple[float, float]:
    """The velocity that leads from (x, y) to (to_x, to_y) around the shoulder, at most ``PACE``."""
    radius, to_radius = math.sqrt(x * x + y * y), math.sqrt(to_x**2 + to_y**2)
    turn = (math.atan2(to_y, to_x) - math.atan2(y, x) + math.pi) % (2 * math.pi) - math.pi
    along, across = gain * (to_radius - radius), gain * turn * radius
    much = max(1.0, math.sqrt(along**2 + across**2) / PACE)
    cos, sin = x / max(radius, 1e-6), y / max(radius, 1e-6)
    return (along * cos - across * sin) / much, (along * sin + across * cos) / much


@compiled
def _around(
    x: float, y: float, want_x: float, want_y: float, at_x: float, at_y: float, radius: float, reach: float
) -> tuple[float, float]:
    """A wanted velocity bent around a disc, on the side that the arm can reach and that costs less."""
    away_x, away_y = x - at_x, y - at_y
    apart = max(math.sqrt(away_x**2 + away_y**2), 1e-6)
    away_x, away_y = away_x / apart, away_y / apart
    inward = -(want_x * away_x + want_y * away_y)
    if apart > radius + 0.1 or inward <= 0.0:
        return want_x, want_y
    pace = math.sqrt(want_x**2 + want_y**2)
    side = 1.0 if want_x * -away_y + want_y * away_x > 0 else -1.0
    # where it would pass the disc must be in reach
    middle = math.sqrt(at_x**2 + at_y**2)
    outer = 1.0 if -away_y * at_x + away_x * at_y > 0 else -1.0
    if middle + radius > 0.97 * reach:
        side = -outer
    elif middle - radius < 0.25:
        side = outer
    push = 4.0 * max(0.0, radius + 0.03 - apart)
    return pace * side * -away_y + push * away_x, pace * side * away_x + push * away_y


@compiled
def _pushing(copy: Copy, settings: Settings, x: float, y: float, qpos: Floats, reach: float) -> tuple[float, float]:
    """The velocity of a finger that gets behind the puck and pushes it to the goal."""
    puck_x, puck_y = qpos[settings.puck], qpos[settings.puck + 1]
    dx, dy = copy.goal[0] - puck_x, copy.goal[1] - puck_y
    distance = max(math.sqrt(dx * dx + dy * dy), 1e-9)
    dx, dy = dx / distance, dy / distance
    along = (x - puck_x) * dx + (y - puck_y) * dy
    aside = (y - puck_y) * dx - (x - puck_x) * dy
    if along < -0.06 and abs(aside) < 0.045:
        # steer across the line further than the finger is off it, which turns the puck's way back
        return 0.35 * dx + 4.0 * aside * dy, 0.35 * dy - 4.0 * aside * dx
    behind_x, behind_y = puck_x - (TOUCHING + 0.03) * dx, puck_y - (TOUCHING + 0.03) * dy
    want_x, want_y = _polar(x, y, behind_x, behind_y, 6.0)
    if along < -0.06 and abs(aside) < TOUCHING:
        return want_x, want_y
    return _around(x, y, want_x, want_y, puck_x, puck_y, TOUCHING + 0.015, reach)


@compiled
def _carrying(
    copy: Copy, settings: Settings, x: float, y: float, heading: float, qpos: Floats
) -> tuple[float, float, float]:
    """The velocity of the gripper and its jaws' action: over the puck with open jaws, close them, and to the goal."""
    puck_x, puck_y = qpos[settings.puck], qpos[settings.puck + 1]
    cos, sin = math.cos(heading), math.sin(heading)
    ahead = (puck_x - x) * cos + (puck_y - y) * sin
    aside = (puck_y - y) * cos - (puck_x - x) * sin
    if abs(aside) < 0.05 and abs(ahead) < 0.035:
        num_links = settings.lengths.shape[0]
        closed = min(qpos[num_links], qpos[num_links + 1])
        want_x, want_y = _polar(x, y, copy.goal[0], copy.goal[1], 3.0)
        slow = 0.6 if closed > 0.025 else 0.0
        return slow * want_x, slow * want_y, 1.0
    if abs(aside) < 0.045 and -0.035 < ahead < 0.3:
        want_x, want_y = _polar(x, y, puck_x, puck_y, 4.0)
        return 0.7 * want_x, 0.7 * want_y, -1.0
    # draw the arm in to before the puck, and turn towards it there
    middle = math.sqrt(puck_x**2 + puck_y**2)
    before = max(middle - 0.19, 0.2)
    radius = math.sqrt(x * x + y * y)
    turn = (math.atan2(puck_y, puck_x) - math.atan2(y, x) + math.pi) % (2 * math.pi) - math.pi
    if radius > before + 0.04 and abs(turn) * radius > 0.05:
        want_x, want_y = _polar(x, y, x / radius * before, y / radius * before, 6.0)
    else:
        # aim with the hand: where the forearm does not point along the radius, its jaws reach the puck askew
        want_x, want_y = _polar(x, y, puck_x - 0.16 * cos, puck_y - 0.16 * sin, 4.0)
    return want_x, want_y, -1.0


@compiled
def _wanted(
    copy: Copy, settings: Settings, x: float, y: float, heading: float, qpos: Floats
) -> tuple[float, float, float]:
    """The tip's velocity, metres a second, and the jaws' action."""
    reach = settings.lengths.sum()
    if settings.task == PUSH:
        if settings.robot == GRIPPER:
            return _carrying(copy, settings, x, y, heading, qpos)
        want_x, want_y = _pushing(copy, settings, x, y, qpos, reach)
        return want_x, want_y, 0.0
    if settings.task == FOLLOW:
        want_x, want_y = _polar(x, y, copy.goal[0], copy.goal[1], 5.0)
        pace = 20.0 * copy.circle[4] * copy.circle[2]
        want_x -= pace * math.sin(copy.circle[3])
        want_y += pace * math.cos(copy.circle[3])
        return want_x, want_y, 0.0
    want_x, want_y = _polar(x, y, copy.goal[0], copy.goal[1], 8.0)
    if settings.task == AVOID:
        radius = HAZARD_RADIUS + TIP_RADIUS + 0.03
        want_x, want_y = _around(x, y, want_x, want_y, copy.hazard[0], copy.hazard[1], radius, reach)
    return want_x, want_y, 0.0


@compiled
def _act(
    copies: Sequence[Copy],
    settings: Settings,
    qpos: Floats,
    qvel: Floats,
    torques: Floats,
    damping: Floats,
    actions: Floats,
) -> None:
    """Write each copy's action, (num_envs, num_actions)."""
    num_links = settings.lengths.shape[0]
    jacobian, rates = np.zeros((2, num_links)), np.zeros(num_links)
    for k in range(qpos.shape[0]):
        x, y, heading = tip_of(qpos[k], settings.lengths)
        want_x, want_y, jaws = _wanted(copies[k], settings, x, y, heading, qpos[k])
        if settings.robot == GRIPPER:
            actions[k, num_links] = jaws
        joint_x = joint_y = angle = 0.0
        for joint in range(num_links):
            jacobian[0, joint], jacobian[1, joint] = joint_y - y, x - joint_x
            angle += qpos[k, joint]
            joint_x += settings.lengths[joint] * math.cos(angle)
            joint_y += settings.lengths[joint] * math.sin(angle)
        # damped least squares: (J J' + d)^-1 of a 2 by 2 matrix
        a = (jacobian[0] ** 2).sum() + 0.004
        b = (jacobian[0] * jacobian[1]).sum()
        d = (jacobian[1] ** 2).sum() + 0.004
        determinant = a * d - b * b
        push_x, push_y = (d * want_x - b * want_y) / determinant, (a * want_y - b * want_x) / determinant
        for joint in range(num_links):
            rates[joint] = jacobian[0, joint] * push_x + jacobian[1, joint] * push_y
            short = rates[joint] - qvel[k, joint]
            actions[k, joint] = damping[joint] * (rates[joint] + 1.0 * short) / torques[joint]


def expert_actions(simulation: Simulation) -> npt.NDArray[Any]:
    """What the scripted expert does now.

    Args:
        simulation: of any robot, task and environment.

    Returns:
        (num_envs, num_actions) float32 in -1 to 1.
    """
    body = BODIES[list(ROBOTS)[simulation.settings.robot]]
    actions = np.zeros((len(simulation.copies), body.num_actions))
    _act(
        simulation.copies,
        simulation.settings,
        simulation.qpos,
        simulation.qvel,
        np.array(body.torques),
        np.array(body.damping),
        actions,
    )
    return np.clip(actions, -1, 1).astype(np.float32)
