"""Where the arm's parts are, from its joint angles."""

# ruff: noqa: PLR0917 -- compiled functions are called by position
from __future__ import annotations

import math

from rltransfer_envs.arm.world import Floats
from rltransfer_envs.drawing.jit import compiled


@compiled
def tip_of(joints: Floats, lengths: Floats) -> tuple[float, float, float]:
    """The tip's x and y, metres, and the last link's heading, radians.

    Args:
        joints: (at least num_links,) each link's angle to the one before.
        lengths: (num_links,).
    """
    x = y = heading = 0.0
    for k in range(lengths.shape[0]):
        heading += joints[k]
        x += lengths[k] * math.cos(heading)
        y += lengths[k] * math.sin(heading)
    return x, y, heading


@compiled
def distance_to_segment(x: float, y: float, from_x: float, from_y: float, to_x: float, to_y: float) -> float:
    """Metres from (x, y) to the nearest point of a segment."""
    along_x, along_y = to_x - from_x, to_y - from_y
    part = ((x - from_x) * along_x + (y - from_y) * along_y) / max(along_x * along_x + along_y * along_y, 1e-12)
    part = min(max(part, 0.0), 1.0)
    return math.sqrt((x - from_x - part * along_x) ** 2 + (y - from_y - part * along_y) ** 2)


@compiled
def clearance(joints: Floats, lengths: Floats, x: float, y: float) -> float:
    """Metres from (x, y) to the middle line of the nearest link."""
    least, from_x, from_y, heading = 1e9, 0.0, 0.0, 0.0
    for k in range(lengths.shape[0]):
        heading += joints[k]
        to_x = from_x + lengths[k] * math.cos(heading)
        to_y = from_y + lengths[k] * math.sin(heading)
        least = min(least, distance_to_segment(x, y, from_x, from_y, to_x, to_y))
        from_x, from_y = to_x, to_y
    return least
