"""The car: Gymnasium's, with constants and controls of its own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from gymnasium.envs.box2d import car_dynamics
from gymnasium.envs.box2d.car_dynamics import Car

from rltransfer.tasks.factor import FactorValue
from rltransfer_envs.own_constants import with_constants
from rltransfer_envs.racing.colours import from_hue

GRASS_FRICTION = 0.6
"""What ``Car.step`` multiplies ``FRICTION_LIMIT`` with on grass: a number in its code, not a constant."""


class FactorCar(Car):
    """A car with weaker or stronger controls, a mass of its own, anywhere across the track and either way round."""

    environment: Mapping[str, FactorValue]
    """Every factor of the family; of the class that ``car_class`` makes."""

    def __init__(self, world: Any, angle: float, x: float, y: float) -> None:
        is_turned = self.environment["direction"] == "clockwise"
        offset = float(self.environment["start_offset"])
        if offset:
            x, y = x + offset * math.cos(angle), y + offset * math.sin(angle)
        super().__init__(world, angle + math.pi if is_turned else angle, x, y)
        if is_turned:
            self._put_wheels_on_axles()
        mass = float(self.environment["hull_mass"])
        if mass != 1.0:
            for fixture in self.hull.fixtures:
                fixture.density *= mass
            self.hull.ResetMassData()
        hue = float(self.environment["car_hue"])
        if hue:
            self.hull.color = tuple(level / 255 for level in from_hue(hue, 1.0, 204))

    def _put_wheels_on_axles(self) -> None:
        """Gymnasium makes wheels where they are on a car that points up, and its joints draw them in from there."""
        for wheel, (x, y) in zip(self.wheels, car_dynamics.WHEELPOS, strict=True):
            wheel.position = self.hull.GetWorldPoint((x * car_dynamics.SIZE, y * car_dynamics.SIZE))

    def steer(self, s: float) -> None:
        """Where the front wheels shall turn to, radians; joints stop them at 0.4."""
        super().steer(float(self.environment["steering"]) * s)

    def brake(self, b: float) -> None:
        """The brakes, 0 to 1; from 0.9 on they block the wheels."""
        super().brake(float(self.environment["brakes"]) * b)


def car_class(environment: Mapping[str, FactorValue]) -> type[Any]:
    """The class of a car in an environment.

    Args:
        environment: every factor of the family.
    """
    radius = float(environment["wheel_radius"])
    constants = {
        "ENGINE_POWER": car_dynamics.ENGINE_POWER * float(environment["engine"]),
        "FRICTION_LIMIT": car_dynamics.FRICTION_LIMIT
        * float(environment["friction"])
        * (float(environment["grass_friction"]) / GRASS_FRICTION),
        "WHEEL_R": car_dynamics.WHEEL_R * radius,
    }
    return type("FactorCar", (FactorCar, with_constants(Car, constants)), {"environment": environment})


def road_friction(environment: Mapping[str, FactorValue]) -> float:
    """What a piece of road multiplies the car's ``FRICTION_LIMIT`` with, which holds the grass' share already."""
    return GRASS_FRICTION / float(environment["grass_friction"])
