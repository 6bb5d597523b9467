"""What a Bipedal world is made of, as plain data: robots, tasks and factors. Imports no simulator."""

from __future__ import annotations

from rltransfer.tasks.factor import Factor, FactorKind, FactorValue

ROBOTS = {
    "standard": "Gymnasium's body: two legs of two links of 34 units, four joints",
    "short-legs": "links of 24 units and 10 wide: stable, with short steps",
    "long-legs": "links of 46 units: a high hull that falls easily",
}
TASKS = {
    "forward": "walk right to the far end of the course, as in Gymnasium",
    "backward": "walk left, away from where the lidar looks; the course is the mirrored one",
    "stand": "stay upright in place for 400 steps",
}
LEG_SIZES = {"standard": (34.0, 8.0), "short-legs": (24.0, 10.0), "long-legs": (46.0, 8.0)}
"""Length and width of each link in Gymnasium's units (30 a metre), by robot."""

TIME_LIMIT = 1600
OBSTACLE_TIME_LIMIT = 2000
"""Steps of an episode on a course with obstacles, as in Gymnasium."""
STAND_TIME_LIMIT = 400


def _number(  # noqa: PLR0917 -- a table row
    name: str,
    kind: FactorKind,
    default: FactorValue,
    low: float,
    high: float,
    unit: str,
    description: str,
    **needed: bool,
) -> Factor:
    return Factor(
        name=name,
        kind=kind,
        default=default,
        low=low,
        high=high,
        unit=unit,
        description=description,
        requires={other: (value,) for other, value in needed.items()},
    )


def _obstacle(name: str, description: str) -> Factor:
    return Factor(name=name, kind="layout", default=False, usual=(False, True), description=description)


FACTORS: dict[str, Factor] = {
    factor.name: factor
    for factor in (
        _number("gravity", "dynamics", 10.0, 5.0, 15.0, "m/s^2", "pulls everything down"),
        _number("wind", "dynamics", 0.0, -15.0, 15.0, "N", "steady force that pushes the hull to the right"),
        _number("push", "dynamics", 5.0, 0.0, 200.0, "N", "greatest random push at the start, for one step"),
        _number("motor_torque", "dynamics", 80.0, 40.0, 160.0, "N m", "greatest torque of a joint; more costs more"),
        _number(
            "speed_hip", "dynamics", 4.0, 2.0, 8.0, "rad/s", "top speed of the hips, which their reading is told in"
        ),
        _number("speed_knee", "dynamics", 6.0, 3.0, 12.0, "rad/s", "top speed of the knees, likewise"),
        _number("friction", "dynamics", 2.5, 0.1, 5.0, "1", "grip of the ground; the feet slide on little of it"),
        _number("leg_length", "dynamics", 1.0, 0.75, 1.25, "1", "length of the legs, relative to the robot's own"),
        _number("leg_width", "dynamics", 1.0, 0.5, 1.5, "1", "width of the legs, relative; wide legs are heavy"),
        _number("leg_density", "dynamics", 1.0, 0.5, 3.0, "kg/m^2", "heaviness of the legs for their size"),
        _number("hull_density", "dynamics", 5.0, 2.5, 10.0, "kg/m^2", "heaviness of the hull for its size"),
        _number("roughness", "layout", 1.0, 0.0, 2.5, "1", "height of the random bumps, relative; none at 0"),
        _obstacle("stumps", "blocks to step over stand on the course"),
        _obstacle("stairs", "flights of steps, up and down, are on the course"),
        _obstacle("pits", "gaps to stride over are in the course"),
        _number("stump_height", "layout", 1.0, 0.25, 2.0, "1", "height of stumps, relative", stumps=True),
        _number("stair_height", "layout", 1.0, 0.25, 2.0, "1", "height of each stair, relative", stairs=True),
        _number("pit_width", "layout", 0, -2, 4, "times 0.47 m", "added to the width of pits", pits=True),
        _number(
            "lidar_range",
            "sensor",
            160 / 30,
            1.5,
            12.0,
            "m",
            "reach of the rays; what they tell is relative to it",
            blind=False,
        ),
        _number(
            "lidar_noise", "sensor", 0.0, 0.0, 0.5, "1", "standard deviation of the noise on each ray", blind=False
        ),
        _number("noise", "sensor", 0.0, 0.0, 0.3, "1", "standard deviation of the noise on joints and hull"),
        Factor(
            name="blind", kind="sensor", default=False, description="every ray of the lidar tells that nothing is near"
        ),
    )
}
"""Every factor of the family, by name."""
