"""Scripted experts: they read the state, not the pixels, and plan on the map of free floor.

The expert finds a way to where it wants to be, looks for the farthest point of it in straight view, and
each robot turns "go there" into an action of its own. It knows nothing of slip, drift and delay.
"""

# ruff: noqa: PLR0917 -- compiled functions are called by position
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from rltransfer_envs.drawing.jit import compiled
from rltransfer_envs.rover.layout import CELLS, cell_of, free_floor, is_target, steps_from
from rltransfer_envs.rover.simulation import Simulation
from rltransfer_envs.rover.world import (
    BLOCK_RADIUS,
    CONTROL_STEP,
    DIFFERENTIAL,
    HOVERCRAFT,
    PUSH,
    ROBOT_RADIUS,
    Copy,
    Floats,
    Settings,
)

TOUCHING = ROBOT_RADIUS + BLOCK_RADIUS


@compiled
def _mark_block(free: npt.NDArray[np.bool_], copy: Copy, settings: Settings, distance: float) -> None:
    """Take the floor around the block out of the map."""
    cell = 2 * settings.half / CELLS
    for row in range(CELLS):
        for column in range(CELLS):
            dx = (column + 0.5) * cell - settings.half - copy.block[0]
            dy = (row + 0.5) * cell - settings.half - copy.block[1]
            if dx * dx + dy * dy < distance * distance:
                free[row, column] = False


@compiled
def _sees(free: npt.NDArray[np.bool_], half: float, x: float, y: float, to_x: float, to_y: float) -> bool:
    """Whether the straight way is over free floor; the first 10 cm, where the robot stands, count as free."""
    length = math.sqrt((to_x - x) ** 2 + (to_y - y) ** 2)
    pieces = int(length / 0.02) + 1
    for k in range(1, pieces + 1):
        part = k / pieces
        if part * length > 0.1:
            row, column = cell_of(y + part * (to_y - y), half), cell_of(x + part * (to_x - x), half)
            if not free[row, column]:
                return False
    return True


@compiled
def _waypoint(
    free: npt.NDArray[np.bool_], half: float, x: float, y: float, to_x: float, to_y: float
) -> tuple[float, float]:
    """The farthest point that (x, y) sees on a shortest way to (to_x, to_y), or that point."""
    cell = 2 * half / CELLS
    steps = steps_from(free, cell_of(to_y, half), cell_of(to_x, half))
    row, column = cell_of(y, half), cell_of(x, half)
    if steps[row, column] < 0:  # the robot stands where it would not plan to: begin at the nearest cell on a way
        nearest = 1e9
        for k in range(CELLS * CELLS):
            r, c = k // CELLS, k % CELLS
            apart = ((c + 0.5) * cell - half - x) ** 2 + ((r + 0.5) * cell - half - y) ** 2
            if steps[r, c] >= 0 and apart < nearest:
                nearest, row, column = apart, r, c
        if nearest == 1e9:
            return to_x, to_y
    point_x, point_y = (column + 0.5) * cell - half, (row + 0.5) * cell - half
    while steps[row, column] > 0:
        for side in range(4):
            r, c = row + (side == 1) - (side == 3), column + (side == 0) - (side == 2)
            if 0 <= r < CELLS and 0 <= c < CELLS and steps[r, c] == steps[row, column] - 1:
                row, column = r, c
                break
        there_x, there_y = (column + 0.5) * cell - half, (row + 0.5) * cell - half
        if _sees(free, half, x, y, there_x, there_y):
            point_x, point_y = there_x, there_y
    if _sees(free, half, x, y, to_x, to_y):
        return to_x, to_y
    return point_x, point_y


@compiled
def _aim(copy: Copy, settings: Settings) -> tuple[float, float]:
    """The point that the robot should drive towards now, metres."""
    free = free_floor(copy, settings, 0.05)
    x, y = copy.robot[0], copy.robot[1]
    if settings.task != PUSH:
        nearest, to_x, to_y = 1e9, 0.0, 0.0
        for k in range(settings.hazards + 1):
            if is_target(settings, k):
                there_x = copy.goal[0] if k == 0 else copy.hazards[k - 1, 0]
                there_y = copy.goal[1] if k == 0 else copy.hazards[k - 1, 1]
                apart = (there_x - x) ** 2 + (there_y - y) ** 2
                if apart < nearest:
                    nearest, to_x, to_y = apart, there_x, there_y
        return _waypoint(free, settings.half, x, y, to_x, to_y)
    block_x, block_y = copy.block[0], copy.block[1]
    via_x, via_y = _waypoint(free, settings.half, block_x, block_y, copy.goal[0], copy.goal[1])
    dx, dy = via_x - block_x, via_y - block_y
    distance = max(math.sqrt(dx * dx + dy * dy), 1e-9)
    dx, dy = dx / distance, dy / distance
    along = (x - block_x) * dx + (y - block_y) * dy
    aside = (y - block_y) * dx - (x - block_x) * dy
    if along < -0.17 and abs(aside) < 0.1:
        # push: steer across the line, further than the robot is off it, which turns the block's way back
        return x + 0.3 * dx + 1.5 * aside * dy, y + 0.3 * dy - 1.5 * aside * dx
    behind_x, behind_y = block_x - (TOUCHING + 0.04) * dx, block_y - (TOUCHING + 0.04) * dy
    _mark_block(free, copy, settings, TOUCHING + 0.01)
    return _waypoint(free, settings.half, x, y, behind_x, behind_y)


@compiled
def _axis(copy: Copy, settings: Settings, dx: float, dy: float) -> float:
    """The action of ``omni`` that brings it farthest along (dx, dy) among those that are safe."""
    free = free_floor(copy, settings, 0.01)
    length = 0.9 * settings.speed * CONTROL_STEP
    best, least = 0.0, 1e9
    for choice in range(4):
        step_x = length * ((choice == 0) - (choice == 2))
        step_y = length * ((choice == 1) - (choice == 3))
        row = cell_of(copy.robot[1] + 1.2 * step_y, settings.half)
        column = cell_of(copy.robot[0] + 1.2 * step_x, settings.half)
        cost = -(step_x * dx + step_y * dy) + (0.0 if free[row, column] else 1.0)
        if cost < least:
            best, least = float(choice), cost
    return best


@compiled
def _act(copies: Sequence[Copy], settings: Settings, actions: Floats) -> None:
    """Write each copy's action, in the first column where it is discrete."""
    for k in range(actions.shape[0]):
        copy = copies[k]
        to_x, to_y = _aim(copy, settings)
        dx, dy = to_x - copy.robot[0], to_y - copy.robot[1]
        actions[k, 1] = 0.0
        if settings.robot == DIFFERENTIAL:
            turn = (math.atan2(dy, dx) - copy.robot[2] + math.pi) % (2 * math.pi) - math.pi
            actions[k, 0] = 0.0 if abs(turn) < math.radians(23) else (1.0 if turn > 0 else 2.0)
        elif settings.robot == HOVERCRAFT:
            # want a velocity, and thrust for it: ask for more than the gap, as the robot answers slowly
            length = max(math.sqrt(dx * dx + dy * dy), 1e-9)
            pace = min(settings.speed, 2.5 * length)
            want_x, want_y = pace * dx / length, pace * dy / length
            actions[k, 0] = (want_x + 1.0 * (want_x - copy.robot[3])) / settings.speed
            actions[k, 1] = (want_y + 1.0 * (want_y - copy.robot[4])) / settings.speed
        else:
            actions[k, 0] = _axis(copy, settings, dx, dy)


def expert_actions(simulation: Simulation) -> npt.NDArray[Any]:
    """What the scripted expert does now.

    Args:
        simulation: of any robot, task and environment.

    Returns:
        (num_envs,) int64; (num_envs, 2) float32 in -1 to 1 for the hovercraft.
    """
    actions = np.zeros((len(simulation.copies), 2))
    _act(simulation.copies, simulation.settings, actions)
    if simulation.settings.robot == HOVERCRAFT:
        return np.clip(actions, -1, 1).astype(np.float32)
    return actions[:, 0].astype(np.int64)
