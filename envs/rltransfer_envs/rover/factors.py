"""What a Rover world is made of, as plain data: robots, tasks and factors. Imports no simulator."""

from __future__ import annotations

from dataclasses import replace

from rltransfer.tasks.factor import Factor, FactorKind, FactorValue

ROBOTS = {
    "omni": "mecanum platform, four discrete actions: drive right, up, left or down",
    "differential": "two-wheeled base, three discrete actions: drive forward, turn left, turn right",
    "hovercraft": "thrust in x and y, two continuous actions; glides on when the thrust stops",
}
TASKS = {
    "reach": "touch the goal disc, not a hazard diamond",
    "swap": "the roles exchanged: touch a hazard diamond, not the goal disc",
    "push": "bring the block onto the goal disc without touching a hazard",
}
TIME_LIMITS = {"reach": 50, "swap": 50, "push": 80}
"""Control steps after which an episode is truncated, by task."""

PALETTES = ("day", "dusk", "night", "shifted", "swapped")
TEXTURES = ("plain", "checker", "stripes", "noise")
ROOMS = ("open", "two", "four")


def _number(  # noqa: PLR0917 -- a table row
    name: str, kind: FactorKind, default: FactorValue, low: float, high: float, unit: str, description: str
) -> Factor:
    return Factor(name=name, kind=kind, default=default, low=low, high=high, unit=unit, description=description)


def _choice(name: str, kind: FactorKind, choices: tuple[str, ...], description: str) -> Factor:
    return Factor(name=name, kind=kind, default=choices[0], choices=choices, description=description)


FACTORS: dict[str, Factor] = {
    factor.name: factor
    for factor in (
        _choice("palette", "appearance", PALETTES, "colours of everything in the scene"),
        _number("brightness", "appearance", 1.0, 0.4, 1.5, "1", "of the whole scene; less is darker"),
        _number("gradient", "appearance", 0.0, 0.0, 0.7, "1", "how much darker the unlit side is"),
        replace(
            _number("gradient_angle", "appearance", 0, -180, 180, "deg", "where the light of the gradient stands"),
            requires={"gradient": ()},
            shown_with={"gradient": 0.7},
        ),
        _choice("texture", "appearance", TEXTURES, "pattern of the floor"),
        _number("distractors", "appearance", 0, 0, 6, "", "coloured things without effect, every other one moving"),
        _number("speed", "dynamics", 0.6, 0.3, 0.8, "m/s", "top speed of the robot"),
        _number("slip", "dynamics", 0.0, 0.0, 0.5, "1", "chance that a random action replaces the chosen one"),
        _number("drift_x", "dynamics", 0.0, -0.15, 0.15, "m/s", "wind that carries the robot to the right"),
        _number("drift_y", "dynamics", 0.0, -0.15, 0.15, "m/s", "wind that carries the robot up"),
        _number(
            "inertia",
            "dynamics",
            1.0,
            0.5,
            5.0,
            "1",
            "slowness of the robot's answer",
        ),
        _number("action_delay", "dynamics", 0, 0, 3, "steps", "control steps before an action takes effect"),
        replace(
            _number("friction", "dynamics", 0.8, 0.05, 1.2, "1", "of the ground: grips wheels and slows the block"),
            idle_for={"hovercraft": ("push",)},
        ),
        replace(
            _number("block_mass", "dynamics", 0.5, 0.1, 3.0, "kg", "of the block to push; the robot weighs 1 kg"),
            tasks=("push",),
        ),
        _number("arena_size", "layout", 1.6, 1.4, 1.8, "m", "side of the square floor"),
        _choice("rooms", "layout", ROOMS, "dividing walls, each with a door"),
        _number("walls", "layout", 0, 0, 4, "", "free-standing wall pieces"),
        _number("hazards", "layout", 1, 1, 3, "", "hazard diamonds"),
        _number("camera_x", "sensor", 0.0, -0.25, 0.25, "m", "the camera moved to the right"),
        _number("camera_y", "sensor", 0.0, -0.25, 0.25, "m", "the camera moved up"),
        _number("camera_rotation", "sensor", 0.0, -90.0, 90.0, "deg", "the camera turned counter-clockwise"),
        _number("camera_zoom", "sensor", 1.0, 0.7, 1.3, "1", "magnification"),
        _number("noise", "sensor", 0.0, 0.0, 60.0, "grey levels", "standard deviation of the noise on each pixel"),
        _number("blur", "sensor", 0, 0, 4, "", "passes of a 3 by 3 binomial blur"),
        _number(
            "occlusion",
            "sensor",
            0.0,
            0.0,
            0.4,
            "1",
            "side of a dark patch on the lens, relative to the frame",
        ),
        Factor(name="grayscale", kind="sensor", default=False, description="three equal channels of luminance"),
    )
}
"""Every factor of the family, by name."""
