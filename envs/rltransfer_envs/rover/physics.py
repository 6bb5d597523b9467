"""Motion and contact of two discs, robot and block, among axis-aligned walls.

A control step is cut into ``SUBSTEPS``; in the longest a disc moves 4 cm, far less than its radius of 14
cm, so nothing tunnels. After each, overlaps are resolved by moving the discs apart, and a substep that
cannot be resolved (a block wedged in a corner) is taken back: no substep ends in an overlap deeper than
``TOLERANCE``.
"""

# ruff: noqa: PLR0917 -- compiled functions are called by position
from __future__ import annotations

import math

from rltransfer_envs.drawing.jit import compiled
from rltransfer_envs.rover.world import (
    BLOCK_RADIUS,
    CONTROL_STEP,
    DIFFERENTIAL,
    HOVERCRAFT,
    PUSH,
    ROBOT_MASS,
    ROBOT_RADIUS,
    Copy,
    Floats,
    Settings,
)

SUBSTEPS = 5
TOLERANCE = 1e-6
"""Metres of overlap that count as none."""
GRAVITY = 9.81
RESTITUTION = 0.1
RESPONSE = (0.05, 0.05, 0.25)
"""Seconds in which omni, differential and hovercraft close 63% of the gap to the commanded velocity."""
TURN_RATE = math.radians(45) / CONTROL_STEP
"""Radians per second of the differential robot, which turns on the spot."""


@compiled
def out_of_walls(body: Floats, radius: float, walls: Floats, num_walls: int, half: float, vx: int) -> float:
    """Move a disc out of the arena's border and the inner walls, and stop its motion into them.

    Args:
        body: (k,) with x, y at 0, 1 and their velocities at ``vx``, ``vx + 1``; changed in place.
        radius: of the disc, metres.
        walls: (12, 4) boxes of this copy.
        num_walls: how many are in use.
        half: half the arena's side, metres.
        vx: where the velocity starts.

    Returns:
        The deepest overlap found, metres.
    """
    deepest = 0.0
    for axis in range(2):
        excess = abs(body[axis]) - (half - radius)
        if excess > 0.0:
            deepest = max(deepest, excess)
            side = 1.0 if body[axis] > 0.0 else -1.0
            body[axis] = side * (half - radius)
            if body[vx + axis] * side > 0.0:
                body[vx + axis] = 0.0
    for k in range(num_walls):
        nearest_x = min(max(body[0], walls[k, 0]), walls[k, 2])
        nearest_y = min(max(body[1], walls[k, 1]), walls[k, 3])
        dx, dy = body[0] - nearest_x, body[1] - nearest_y
        distance = math.sqrt(dx * dx + dy * dy)
        if distance >= radius:
            continue
        if distance > 0.0:
            normal_x, normal_y, overlap = dx / distance, dy / distance, radius - distance
        else:  # the centre is inside: leave by the nearest face
            left, right = body[0] - walls[k, 0], walls[k, 2] - body[0]
            low, high = body[1] - walls[k, 1], walls[k, 3] - body[1]
            depth = min(left, right, low, high)
            normal_x = -1.0 if depth == left else (1.0 if depth == right else 0.0)
            normal_y = 0.0 if normal_x != 0.0 else (-1.0 if depth == low else 1.0)
            overlap = radius + depth
        deepest = max(deepest, overlap)
        body[0] += normal_x * overlap
        body[1] += normal_y * overlap
        inward = body[vx] * normal_x + body[vx + 1] * normal_y
        if inward < 0.0:
            body[vx] -= inward * normal_x
            body[vx + 1] -= inward * normal_y
    return deepest


@compiled
def collide(robot: Floats, block: Floats, block_mass: float, robot_share: float) -> float:
    """Contact of robot and block: an impulse along the normal, and the overlap shared out.

    The impulse on one is minus that on the other, so momentum is kept; nothing acts along the tangent.

    Args:
        robot: (6,) x, y, heading, vx, vy, turn rate; changed in place.
        block: (4,) x, y, vx, vy; changed in place.
        block_mass: kilograms.
        robot_share: part of the overlap by which the robot gives way, 0 to 1; the block gives way by the
            rest.

    Returns:
        The overlap found, metres; 0 where they do not touch, and then nothing changed.
    """
    dx, dy = block[0] - robot[0], block[1] - robot[1]
    distance = math.sqrt(dx * dx + dy * dy)
    overlap = ROBOT_RADIUS + BLOCK_RADIUS - distance
    if overlap <= 0.0:
        return 0.0
    normal_x, normal_y = (dx / distance, dy / distance) if distance > 0.0 else (1.0, 0.0)
    closing = (robot[3] - block[2]) * normal_x + (robot[4] - block[3]) * normal_y
    if closing > 0.0:
        impulse = (1.0 + RESTITUTION) * closing / (1.0 / ROBOT_MASS + 1.0 / block_mass)
        robot[3] -= impulse / ROBOT_MASS * normal_x
        robot[4] -= impulse / ROBOT_MASS * normal_y
        block[2] += impulse / block_mass * normal_x
        block[3] += impulse / block_mass * normal_y
    robot[0] -= robot_share * overlap * normal_x
    robot[1] -= robot_share * overlap * normal_y
    block[0] += (1.0 - robot_share) * overlap * normal_x
    block[1] += (1.0 - robot_share) * overlap * normal_y
    return overlap


@compiled
def _accelerate(robot: Floats, settings: Settings, command_x: float, command_y: float, dt: float) -> None:
    """Bring the robot's velocity towards the command, as far as its drive and the ground's grip allow."""
    response = RESPONSE[settings.robot] * settings.inertia
    gain = 1.0 - math.exp(-dt / response)
    if settings.robot == DIFFERENTIAL:
        robot[5] += (command_y * TURN_RATE - robot[5]) * gain
        target_x = command_x * settings.speed * math.cos(robot[2])
        target_y = command_x * settings.speed * math.sin(robot[2])
    else:
        target_x, target_y = command_x * settings.speed, command_y * settings.speed
    change_x = (target_x + settings.drift_x - robot[3]) * gain
    change_y = (target_y + settings.drift_y - robot[4]) * gain
    if settings.robot != HOVERCRAFT:
        change = math.sqrt(change_x * change_x + change_y * change_y)
        most = settings.friction * GRAVITY * dt
        if change > most:
            change_x *= most / change
            change_y *= most / change
    robot[3] += change_x
    robot[4] += change_y


@compiled
def _slow(block: Floats, friction: float, dt: float) -> None:
    """Coulomb friction of the ground on the block."""
    speed = math.sqrt(block[2] * block[2] + block[3] * block[3])
    if speed > 0.0:
        kept = max(0.0, 1.0 - friction * GRAVITY * dt / speed)
        block[2] *= kept
        block[3] *= kept


@compiled
def _separate(copy: Copy, settings: Settings) -> float:
    """Resolve all overlaps of one copy; returns the deepest that is left, metres."""
    robot, walls, count = copy.robot, copy.walls, copy.num_walls
    if settings.task != PUSH:
        left = 0.0
        for _ in range(4):
            left = out_of_walls(robot, ROBOT_RADIUS, walls, count, settings.half, 3)
            if left <= TOLERANCE:
                break
        return left
    block = copy.block
    share = settings.block_mass / (ROBOT_MASS + settings.block_mass)
    left = 0.0
    for attempt in range(8):
        left = collide(robot, block, settings.block_mass, share if attempt == 0 else 1.0)
        left = max(left, out_of_walls(block, BLOCK_RADIUS, walls, count, settings.half, 2))
        left = max(left, out_of_walls(robot, ROBOT_RADIUS, walls, count, settings.half, 3))
        if left <= TOLERANCE:
            break
    return left


@compiled
def move(copy: Copy, settings: Settings, command_x: float, command_y: float) -> None:
    """Advance one copy by a control step under one command.

    Args:
        copy: changed in place.
        settings: of all copies.
        command_x: -1 to 1; drive along x, or forward for the differential robot.
        command_y: -1 to 1; drive along y, or turn (left is positive) for the differential robot.
    """
    robot, block = copy.robot, copy.block
    dt = CONTROL_STEP / SUBSTEPS
    for _ in range(SUBSTEPS):
        _accelerate(robot, settings, command_x, command_y, dt)
        robot_x, robot_y, block_x, block_y = robot[0], robot[1], block[0], block[1]
        robot[0] += robot[3] * dt
        robot[1] += robot[4] * dt
        robot[2] += robot[5] * dt
        if settings.task == PUSH:
            _slow(block, settings.friction, dt)
            block[0] += block[2] * dt
            block[1] += block[3] * dt
        if _separate(copy, settings) > TOLERANCE:
            robot[0], robot[1], block[0], block[1] = robot_x, robot_y, block_x, block_y
            robot[3] = robot[4] = block[2] = block[3] = 0.0
    robot[2] = (robot[2] + math.pi) % (2 * math.pi) - math.pi
