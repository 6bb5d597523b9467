"""Making a Racing environment whose constants are its own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import gymnasium
from gymnasium.envs.box2d import car_racing
from gymnasium.envs.box2d.car_racing import CarRacing

from rltransfer.tasks.factor import FactorValue
from rltransfer.tasks.replayed_state import ReplayedState
from rltransfer_envs.box2d_witness import poses
from rltransfer_envs.own_constants import with_constants
from rltransfer_envs.racing.car import car_class
from rltransfer_envs.racing.env import RacingEnv


def make(
    robot: str, task: str, environment: Mapping[str, FactorValue], render_mode: str | None
) -> gymnasium.Env[Any, Any]:
    """One environment, with physics of its own.

    Args:
        robot: its name.
        task: its name.
        environment: every factor of the family.
        render_mode: ``"rgb_array"`` or None.
    """
    width = car_racing.TRACK_WIDTH * float(environment["track_width"])
    constants = {
        "TRACK_WIDTH": width,
        "TRACK_RAD": car_racing.TRACK_RAD * float(environment["track_radius"]),
        "TRACK_TURN_RATE": environment["turn_rate"],
        "Car": car_class(environment),
    }
    longest = max(car_racing.GRASS_DIM, width, car_racing.TRACK_DETAIL_STEP) * math.sqrt(2)
    reach = longest * car_racing.ZOOM * max(1.0, float(environment["camera_zoom"])) * car_racing.SCALE
    simulator = with_constants(CarRacing, constants)
    racing = type("RacingEnv", (RacingEnv, simulator), {})
    env = racing(robot=robot, task=task, environment=environment, reach=reach, render_mode=render_mode)
    return ReplayedState(
        env,
        while_replaying=env.without_pictures,
        witness=lambda: poses([env.car.hull, *env.car.wheels], (polygon for polygon, _ in env.road_poly)),
    )
