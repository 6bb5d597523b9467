"""The body of a robot: constants of Gymnasium's module that build it, with all that is derived from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gymnasium.envs.box2d import bipedal_walker

from rltransfer.tasks.factor import FactorValue
from rltransfer_envs.bipedal.factors import LEG_SIZES

SCALE = bipedal_walker.SCALE


def constants(robot: str, environment: Mapping[str, FactorValue]) -> dict[str, Any]:
    """Constants of ``bipedal_walker`` for a robot in an environment, as ``own_constants`` takes them.

    The fixtures of the links are computed from the length and width of a leg when that module is imported: they are
    made here again.

    Args:
        robot: its name.
        environment: every factor of the family.
    """
    length, width = LEG_SIZES[robot]
    leg_height = length * float(environment["leg_length"]) / SCALE
    leg_width = width * float(environment["leg_width"]) / SCALE
    density = float(environment["leg_density"])
    return {
        "MOTORS_TORQUE": environment["motor_torque"],
        "SPEED_HIP": environment["speed_hip"],
        "SPEED_KNEE": environment["speed_knee"],
        "LIDAR_RANGE": environment["lidar_range"],
        "INITIAL_RANDOM": environment["push"],
        "FRICTION": environment["friction"],
        "LEG_H": leg_height,
        "LEG_W": leg_width,
        "HULL_FD": hull_fixture(float(environment["hull_density"])),
        "LEG_FD": link_fixture(leg_width, leg_height, density),
        "LOWER_FD": link_fixture(0.8 * leg_width, leg_height, density),
    }


def hull_fixture(density: float) -> Any:
    """The hull's shape and heaviness; it touches the ground alone."""
    from Box2D.b2 import fixtureDef, polygonShape

    return fixtureDef(
        shape=polygonShape(vertices=[(x / SCALE, y / SCALE) for x, y in bipedal_walker.HULL_POLY]),
        density=density,
        friction=0.1,
        categoryBits=0x0020,
        maskBits=0x001,
        restitution=0.0,
    )


def link_fixture(width: float, height: float, density: float) -> Any:
    """One link of a leg, metres and kg/m^2."""
    from Box2D.b2 import fixtureDef, polygonShape

    return fixtureDef(
        shape=polygonShape(box=(width / 2, height / 2)),
        density=density,
        restitution=0.0,
        categoryBits=0x0020,
        maskBits=0x001,
    )
