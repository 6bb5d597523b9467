"""Where an episode begins: walls, goal, hazards, block and robot, apart from each other and in reach."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from rltransfer_envs.drawing.jit import compiled
from rltransfer_envs.drawing.streams import DYNAMICS, uniform
from rltransfer_envs.rover.world import (
    FOUR_ROOMS,
    GOAL_RADIUS,
    HAZARD_RADIUS,
    MAX_DELAY,
    MAX_HAZARDS,
    PUSH,
    ROBOT_RADIUS,
    SWAP,
    TWO_ROOMS,
    Copy,
    Floats,
    Ints,
    Settings,
)

WALL = 0.07
"""Thickness of inner walls, metres."""
DOOR = 0.5
"""Width of doors, metres; a robot is 0.28 wide."""
PIECE = 0.4
"""Length of free-standing wall pieces, metres."""
CELLS = 24
"""The map of free floor has 24 by 24 cells, 9 cm or less each."""
START_DISTANCE = 0.6
"""Metres between the robot's start and what it must reach, at least, while there is room for that."""


@compiled
def _add_wall(copy: Copy, x_low: float, y_low: float, x_high: float, y_high: float) -> None:
    k = copy.num_walls
    copy.walls[k, 0], copy.walls[k, 1] = x_low, y_low
    copy.walls[k, 2], copy.walls[k, 3] = x_high, y_high
    copy.num_walls = k + 1


@compiled
def _add_divider(copy: Copy, axis: int, start: float, end: float) -> None:
    """A wall on the middle line, along ``axis`` from start to end, with a door somewhere in it."""
    door = start + (end - start - DOOR) * uniform(copy.streams, DYNAMICS)
    for part in range(2):
        low, high = (start, door) if part == 0 else (door + DOOR, end)
        if axis == 0:
            _add_wall(copy, low, -WALL / 2, high, WALL / 2)
        else:
            _add_wall(copy, -WALL / 2, low, WALL / 2, high)


@compiled
def _build(copy: Copy, settings: Settings, pieces: int) -> None:
    """Dividing walls of the rooms, and ``pieces`` free-standing ones."""
    half = settings.half
    copy.num_walls = 0
    if settings.rooms == TWO_ROOMS:
        _add_divider(copy, 1, -half, half)
    elif settings.rooms == FOUR_ROOMS:
        for axis in range(2):
            _add_divider(copy, axis, -half, 0.0)
            _add_divider(copy, axis, 0.0, half)
    for _ in range(pieces):
        is_upright = uniform(copy.streams, DYNAMICS) < 0.5
        half_x, half_y = (WALL / 2, PIECE / 2) if is_upright else (PIECE / 2, WALL / 2)
        x = (2 * uniform(copy.streams, DYNAMICS) - 1) * (half - half_x)
        y = (2 * uniform(copy.streams, DYNAMICS) - 1) * (half - half_y)
        _add_wall(copy, x - half_x, y - half_y, x + half_x, y + half_y)


@compiled
def wall_distance(x: float, y: float, walls: Floats, num_walls: int) -> float:
    """Metres from a point to the nearest inner wall; 0 inside one; very far where there is none."""
    nearest = 1e9
    for k in range(num_walls):
        dx = x - min(max(x, walls[k, 0]), walls[k, 2])
        dy = y - min(max(y, walls[k, 1]), walls[k, 3])
        nearest = min(nearest, math.sqrt(dx * dx + dy * dy))
    return nearest


@compiled
def _spot(copy: Copy, settings: Settings, taken: Floats, num_taken: int, from_wall: float) -> bool:
    """Write a free spot into ``taken[num_taken]`` (x, y); column 2 says how far it keeps away."""
    room = settings.half - from_wall
    for _ in range(12):
        x = (2 * uniform(copy.streams, DYNAMICS) - 1) * room
        y = (2 * uniform(copy.streams, DYNAMICS) - 1) * room
        is_free = wall_distance(x, y, copy.walls, copy.num_walls) > from_wall
        for k in range(num_taken):
            dx, dy = x - taken[k, 0], y - taken[k, 1]
            apart = max(taken[k, 2], taken[num_taken, 2])
            is_free = is_free and dx * dx + dy * dy > apart * apart
        if is_free:
            taken[num_taken, 0], taken[num_taken, 1] = x, y
            return True
    return False


@compiled
def is_target(settings: Settings, k: int) -> bool:
    """Whether spot ``k`` is one to touch; 0 is the goal, the others are hazards."""
    return (k > 0) == (settings.task == SWAP)


@compiled
def free_floor(copy: Copy, settings: Settings, margin: float) -> npt.NDArray[np.bool_]:
    """Where the centre of robot or block may be, without touching a wall or what is to be avoided.

    Args:
        copy: with its walls, goal and hazards in place.
        settings: of all copies.
        margin: metres to keep beyond touching.

    Returns:
        (24, 24) by row (y) and column (x).
    """
    free = np.zeros((CELLS, CELLS), np.bool_)
    cell = 2 * settings.half / CELLS
    for row in range(CELLS):
        y = (row + 0.5) * cell - settings.half
        for column in range(CELLS):
            x = (column + 0.5) * cell - settings.half
            if max(abs(x), abs(y)) > settings.half - ROBOT_RADIUS:
                continue
            if wall_distance(x, y, copy.walls, copy.num_walls) <= ROBOT_RADIUS + margin:
                continue
            is_safe = True
            for k in range(settings.hazards + 1):
                if is_target(settings, k) or (k == 0 and settings.task == PUSH):
                    continue
                dx = x - (copy.goal[0] if k == 0 else copy.hazards[k - 1, 0])
                dy = y - (copy.goal[1] if k == 0 else copy.hazards[k - 1, 1])
                reach = ROBOT_RADIUS + HAZARD_RADIUS + margin
                is_safe = is_safe and dx * dx + dy * dy > reach * reach
            free[row, column] = is_safe
    return free


@compiled
def cell_of(x: float, half: float) -> int:
    """Row or column of the cell a coordinate lies in."""
    return min(max(int((x + half) / (2 * half) * CELLS), 0), CELLS - 1)


@compiled
def steps_from(free: npt.NDArray[np.bool_], row: int, column: int) -> Ints:
    """Moves between edge-adjacent free cells from one cell to every other; -1 where there is no way.

    Args:
        free: (24, 24), see ``free_floor``.
        row: of the cell to start in.
        column: of the cell to start in; it counts as free.

    Returns:
        (24, 24).
    """
    steps = np.empty((CELLS, CELLS), np.int64)
    for k in range(CELLS * CELLS):
        steps[k // CELLS, k % CELLS] = -1
    queue = np.empty(CELLS * CELLS, np.int64)
    steps[row, column] = 0
    queue[0] = row * CELLS + column
    head, tail = 0, 1
    while head < tail:
        row, column = queue[head] // CELLS, queue[head] % CELLS
        head += 1
        for side in range(4):
            r = row + (side == 1) - (side == 3)
            c = column + (side == 0) - (side == 2)
            if 0 <= r < CELLS and 0 <= c < CELLS and free[r, c] and steps[r, c] < 0:
                steps[r, c] = steps[row, column] + 1
                queue[tail] = r * CELLS + c
                tail += 1
    return steps


@compiled
def _is_in_reach(copy: Copy, settings: Settings) -> bool:
    """Whether the robot can drive to a target, and in ``push`` also to the block."""
    free = free_floor(copy, settings, 0.02)
    half = settings.half
    steps = steps_from(free, cell_of(copy.robot[1], half), cell_of(copy.robot[0], half))
    if settings.task == PUSH and steps[cell_of(copy.block[1], half), cell_of(copy.block[0], half)] < 0:
        return False
    for k in range(settings.hazards + 1):
        if is_target(settings, k):
            x = copy.goal[0] if k == 0 else copy.hazards[k - 1, 0]
            y = copy.goal[1] if k == 0 else copy.hazards[k - 1, 1]
            if steps[cell_of(y, half), cell_of(x, half)] >= 0:
                return True
    return False


@compiled
def _put(copy: Copy, settings: Settings, taken: Floats, robot: int) -> None:
    """Write the spots into the state: goal, hazards, the block where there is one, and the robot.

    Element by element: numba takes half a second to compile each assignment of a slice.
    """
    for axis in range(2):
        copy.goal[axis] = taken[0, axis]
        for k in range(MAX_HAZARDS):
            copy.hazards[k, axis] = taken[k + 1, axis] if k < settings.hazards else 0.0
        copy.block[axis] = taken[robot - 1, axis] if settings.task == PUSH else 0.0
        copy.block[2 + axis] = 0.0
    for k in range(6):
        copy.robot[k] = taken[robot, k] if k < 2 else 0.0


@compiled
def _try_to_place(copy: Copy, settings: Settings, pieces: int, room: float) -> bool:
    """One attempt; ``room`` scales how far things keep from each other, down to 0 for just not touching."""
    _build(copy, settings, pieces)
    touching = ROBOT_RADIUS + GOAL_RADIUS + 0.03
    taken = np.zeros((6, 3))
    count = settings.hazards + 1
    for k in range(count):
        taken[k, 2] = touching + 0.12 * room
        if not _spot(copy, settings, taken, k, GOAL_RADIUS + 0.06):
            return False
    if settings.task == PUSH:
        taken[count, 2] = touching + 0.17 * room
        if not _spot(copy, settings, taken, count, 0.16 + 0.24 * room):
            return False
        count += 1
    for k in range(count):
        if is_target(settings, k) and k <= settings.hazards:
            taken[k, 2] = max(taken[k, 2], touching + (START_DISTANCE - touching) * room)
    taken[count, 2] = touching + 0.12 * room
    if not _spot(copy, settings, taken, count, ROBOT_RADIUS + 0.02):
        return False
    _put(copy, settings, taken, count)
    return _is_in_reach(copy, settings)


@compiled
def place(copy: Copy, settings: Settings) -> None:
    """Lay out one copy for a new episode.

    Things are put at random and the attempt repeated until none overlaps and the robot can drive to its
    target. After 40 attempts they may stand closer; after every 100 more there is one wall piece less.
    """
    attempt = 0
    while True:
        room = 1.0 if attempt < 40 else max(0.0, 1.0 - (attempt - 40) / 80)
        pieces = max(0, settings.walls - max(0, attempt - 40) // 100)
        if _try_to_place(copy, settings, pieces, room):
            break
        attempt += 1
    copy.robot[2] = (2 * uniform(copy.streams, DYNAMICS) - 1) * math.pi
    for k in range(MAX_DELAY + 1):
        copy.pending[k, 0] = copy.pending[k, 1] = 0.0
    copy.env_steps = 0
