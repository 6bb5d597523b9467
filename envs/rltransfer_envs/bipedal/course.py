"""The ground that is walked on, drawn from random numbers exactly as Gymnasium draws it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from rltransfer.tasks.factor import FactorValue

SCALE = 30.0
STEP = 14 / SCALE
"""Metres between two points of the ground."""
LENGTH = 200
"""Points of the ground."""
GRASS = 10
"""Points at the far end that need not be walked; stretches without an obstacle are half of it to all of it long."""
START = 20
"""Points at the near end that are level."""
HEIGHT = 400 / SCALE / 4
"""Metres, of the ground at the start."""
WALK, STUMP, STAIRS, PIT = range(4)

Point = tuple[float, float]


@dataclass
class Course:
    """Points of the ground, and obstacles.

    Args:
        heights: metres, at each of ``LENGTH`` points ``STEP`` apart.
        boxes: four corners each, of what stands on the ground or beside a pit.
    """

    heights: list[float] = field(default_factory=list)
    boxes: list[list[Point]] = field(default_factory=list)


def draw_course(rng: np.random.Generator, environment: Mapping[str, FactorValue]) -> Course:
    """A course for one episode.

    Source: ``BipedalWalker._generate_terrain`` of Gymnasium, whose order of draws and of sums is kept, so that a
    course without obstacles is that of ``BipedalWalker-v3`` and one with all three that of its hardcore version.

    Args:
        rng: moved on.
        environment: every factor of the family.
    """
    switches = {STUMP: "stumps", STAIRS: "stairs", PIT: "pits"}
    kinds = [kind for kind, name in switches.items() if environment[name]]
    roughness = float(environment["roughness"])
    course = Course()
    stretch, begins, counter = WALK, False, START
    velocity, y = 0.0, HEIGHT
    level, steps, width, direction = 0.0, 0, 0, 0
    for i in range(LENGTH):
        x = i * STEP
        if stretch == WALK and not begins:
            velocity = 0.8 * velocity + 0.01 * np.sign(HEIGHT - y)
            if i > START:
                velocity += roughness * rng.uniform(-1, 1) / SCALE
            y += velocity
        elif stretch == PIT and begins:
            counter = int(rng.integers(3, 5)) + int(environment["pit_width"])
            course.boxes += _walls(x, y, counter)
            counter += 2
            level = y
        elif stretch == PIT:
            y = level - 4 * STEP if counter > 1 else level
        elif stretch == STUMP and begins:
            counter = int(rng.integers(1, 3))
            course.boxes.append(_stump(x, y, counter, float(environment["stump_height"])))
        elif stretch == STAIRS and begins:
            direction = 1 if rng.random() > 0.5 else -1
            width, steps = int(rng.integers(4, 5)), int(rng.integers(3, 5))
            rise = direction * float(environment["stair_height"])
            course.boxes += [_stair(x, y, s, width, rise) for s in range(steps)]
            level, counter = y, steps * width
        elif stretch == STAIRS:
            done = (steps * width - counter - direction) / width
            y = level + (done * direction * float(environment["stair_height"])) * STEP
        begins = False
        course.heights.append(y)
        counter -= 1
        if counter == 0:
            counter = int(rng.integers(GRASS // 2, GRASS))
            begins = True
            stretch = kinds[rng.integers(0, len(kinds))] if stretch == WALK and kinds else WALK
    return course


def _walls(x: float, y: float, width: int) -> list[list[Point]]:
    """The two sides of a pit that is ``width`` points wide."""
    near = [(x, y), (x + STEP, y), (x + STEP, y - 4 * STEP), (x, y - 4 * STEP)]
    return [near, [(corner_x + STEP * width, corner_y) for corner_x, corner_y in near]]


def _stump(x: float, y: float, size: int, height: float) -> list[Point]:
    top = y + height * (size * STEP)
    return [(x, y), (x + size * STEP, y), (x + size * STEP, top), (x, top)]


def _stair(x: float, y: float, s: int, width: int, rise: float) -> list[Point]:
    """Stair ``s`` of a flight from (x, y), whose top is ``s * rise`` points high."""
    left, right = x + (s * width) * STEP, x + ((1 + s) * width) * STEP
    top, bottom = y + (s * rise) * STEP, y + (-1 + s * rise) * STEP
    return [(left, top), (right, top), (right, bottom), (left, bottom)]
