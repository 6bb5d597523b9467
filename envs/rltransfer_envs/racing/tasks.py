"""What the tasks reward, apart from Gymnasium's own."""

from __future__ import annotations

import math
from typing import Any

from rltransfer_envs.racing.factors import CRUISE_SPEED, OFF_ROAD_PRICE

OFF_FIELD = -100.0
"""What Gymnasium gives for leaving the field, in every task."""


def wheels_off_road(car: Any) -> int:
    """How many of the four wheels touch no piece of road."""
    return sum(not wheel.tiles for wheel in car.wheels)


def clean_price(car: Any) -> float:
    """What ``clean`` takes for one step."""
    return OFF_ROAD_PRICE * wheels_off_road(car)


def cruise_reward(car: Any, track: Any, is_clockwise: bool) -> float:
    """The share of the wheels that is on the road, times 1 at the speed asked for and 0 at none or at twice as much.

    Args:
        car: whose speed along the road counts.
        track: for each piece of road its angle around the middle, its heading's angle, x and y.
        is_clockwise: whether the car shall drive against the order of the pieces.
    """
    pieces = [tile.idx for wheel in car.wheels for tile in wheel.tiles]
    if not pieces:
        return 0.0
    heading = track[min(pieces)][1]
    velocity = car.hull.linearVelocity
    speed = float(-math.sin(heading) * velocity[0] + math.cos(heading) * velocity[1])
    speed = -speed if is_clockwise else speed
    return (1 - wheels_off_road(car) / 4) * max(0.0, 1 - abs(speed - CRUISE_SPEED) / CRUISE_SPEED)
