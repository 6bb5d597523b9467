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
PUSHING = 0.45
"""Metres a second at which the puck is pushed."""
DRAG = 2.0
"""Newtons for a metre a second, to overcome the puck's dry friction with."""
HASTE = (1.0, 0.8, 0.0)
"""By joint, how much of a lack of speed is added to what damping takes. What is little damped would start to swing."""
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
    x: float, y: float, to_x: float, to_y: float, at_x: float, at_y: float, radius: float, reach: float, gain: float
) -> tuple[float, float]:
    """The velocity that leads from (x, y) to (to_x, to_y) around a disc, the shorter way that the arm can reach."""
    want_x, want_y = _polar(x, y, to_x, to_y, gain)
    away_x, away_y = x - at_x, y - at_y
    apart = max(math.sqrt(away_x**2 + away_y**2), 1e-6)
    away_x, away_y = away_x / apart, away_y / apart
    if apart > radius + 0.08 or want_x * away_x + want_y * away_y >= 0.0:
        return want_x, want_y
    bearing = math.atan2(away_y, away_x)
    sweep = _turn(bearing, math.atan2(to_y - at_y, to_x - at_x))
    middle, outward = math.sqrt(at_x**2 + at_y**2), math.atan2(at_y, at_x)
    side = 1.0 if sweep > 0 else -1.0
    is_too_far = middle + radius > 0.97 * reach and _is_between(bearing, sweep, outward)
    if is_too_far or (middle - radius < 0.25 and _is_between(bearing, sweep, outward + math.pi)):
        side = -side
    pace = min(max(math.sqrt(want_x**2 + want_y**2), 0.4), 0.8)
    push = 6.0 * (radius + 0.02 - apart)
    return push * away_x - pace * side * away_y, push * away_y + pace * side * away_x


@compiled
def _turn(start: float, end: float) -> float:
    """The angle from one direction to another, -pi to pi."""
    return (end - start + math.pi) % (2 * math.pi) - math.pi


@compiled
def _is_between(start: float, sweep: float, direction: float) -> bool:
    """Whether turning by ``sweep`` from ``start`` passes a direction."""
    turn = _turn(start, direction)
    return turn * sweep > 0 and abs(turn) < abs(sweep)


@compiled
def _along(
    x: float,
    y: float,
    at_x: float,
    at_y: float,
    dx: float,
    dy: float,
    back: float,
    room: float,
    wide: float,
    reach: float,
) -> tuple[float, float]:
    """The velocity that comes upon (at_x, at_y) along a direction: around it, to behind it, then straight on.

    Args:
        x: of the tip.
        y: of the tip.
        at_x: of the puck.
        at_y: of the puck.
        dx: of the direction, a unit vector.
        dy: of the direction.
        back: how far behind the puck the straight way begins.
        room: from the puck's middle, kept clear on the way to there.
        wide: how far off the straight way the tip may be.
        reach: of the arm.
    """
    along = (x - at_x) * dx + (y - at_y) * dy
    aside = (y - at_y) * dx - (x - at_x) * dy
    if -back - 0.06 < along < 0.02 and abs(aside) < wide:
        # steer across the line further than the tip is off it: a puck in front is turned back
        return PUSHING * dx + 5.0 * aside * dy, PUSHING * dy - 5.0 * aside * dx
    behind_x, behind_y = at_x - back * dx, at_y - back * dy
    return _around(x, y, behind_x, behind_y, at_x, at_y, room, reach, 8.0)


@compiled
def _pushing(copy: Copy, settings: Settings, x: float, y: float, qpos: Floats, reach: float) -> tuple[float, float]:
    """The velocity of a finger that gets behind the puck and pushes it to the goal."""
    puck_x, puck_y = qpos[settings.puck], qpos[settings.puck + 1]
    dx, dy = copy.goal[0] - puck_x, copy.goal[1] - puck_y
    distance = max(math.sqrt(dx * dx + dy * dy), 1e-9)
    return _along(x, y, puck_x, puck_y, dx / distance, dy / distance, TOUCHING + 0.02, TOUCHING + 0.01, 0.05, reach)


@compiled
def _carrying(
    copy: Copy, settings: Settings, x: float, y: float, heading: float, qpos: Floats
) -> tuple[float, float, float]:
    """The velocity of the gripper and its jaws' action: over the puck with open jaws, close them, and to the goal."""
    puck_x, puck_y = qpos[settings.puck], qpos[settings.puck + 1]
    cos, sin = math.cos(heading), math.sin(heading)
    ahead = (puck_x - x) * cos + (puck_y - y) * sin
    aside = (puck_y - y) * cos - (puck_x - x) * sin
    if abs(aside) < 0.055 and abs(ahead) < 0.045:
        want_x, want_y = _polar(x, y, copy.goal[0], copy.goal[1], 6.0)
        closed = min(qpos[2], qpos[3])
        slow = 0.7 if closed > 0.02 else 0.0
        return slow * want_x, slow * want_y, 1.0
    # the hand's direction once the puck is between the jaws follows from the elbow's side
    first, second = settings.lengths[0], settings.lengths[1]
    radius = math.sqrt(puck_x**2 + puck_y**2)
    bend = (radius**2 - first**2 - second**2) / (2 * first * second)
    elbow = math.acos(min(max(bend, -1.0), 1.0)) * (1.0 if qpos[1] > 0 else -1.0)
    shoulder = math.atan2(puck_y, puck_x) - math.atan2(second * math.sin(elbow), first + second * math.cos(elbow))
    dx, dy = math.cos(shoulder + elbow), math.sin(shoulder + elbow)
    want_x, want_y = _along(x, y, puck_x, puck_y, dx, dy, 0.2, 0.19, 0.04, first + second)
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
    if settings.task == AVOID:
        radius = HAZARD_RADIUS + TIP_RADIUS + 0.03
        want_x, want_y = _around(x, y, copy.goal[0], copy.goal[1], copy.hazard[0], copy.hazard[1], radius, reach, 8.0)
    else:
        want_x, want_y = _polar(x, y, copy.goal[0], copy.goal[1], 8.0)
    return want_x, want_y, 0.0


@compiled
def _act(
    copies: Sequence[Copy],
    settings: Settings,
    qpos: Floats,
    qvel: Floats,
    torques: Floats,
    damping: Floats,
    friction: Floats,
    actions: Floats,
) -> None:
    """Write each copy's action, (num_envs, num_actions)."""
    num_links = settings.lengths.shape[0]
    jacobian = np.zeros((2, num_links))
    force = DRAG if settings.task == PUSH else 0.0
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
            rate = jacobian[0, joint] * push_x + jacobian[1, joint] * push_y
            short = rate - qvel[k, joint]
            torque = damping[joint] * (rate + HASTE[joint] * short) + friction[joint] * rate / (abs(rate) + 0.1)
            torque += force * (jacobian[0, joint] * want_x + jacobian[1, joint] * want_y)
            actions[k, joint] = torque / torques[joint]


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
        simulation.qpos.copy(),
        simulation.qvel.copy(),
        np.array(body.torques),
        np.array(body.damping),
        np.array(body.friction),
        actions,
    )
    return np.clip(actions, -1, 1).astype(np.float32)
