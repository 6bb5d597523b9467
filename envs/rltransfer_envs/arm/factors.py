"""What an Arm world is made of, as plain data: robots, tasks and factors. Imports no simulator."""

from __future__ import annotations

from rltransfer.tasks.factor import Factor, FactorKind, FactorValue

ROBOTS = {
    "two-link": "shoulder and elbow, two equal links with a finger at the end; two torques",
    "three-link": "shoulder, elbow and wrist, links that get shorter, a finger at the end; three torques",
    "gripper": "long upper arm, short forearm, a hand with two sliding jaws; two torques and the jaws' force",
}
TASKS = {
    "reach": "bring the tip onto the goal disc",
    "push": "move the puck onto the goal disc",
    "avoid": "bring the tip onto the goal disc without touching the hazard diamond with it",
    "follow": "keep the tip on a disc that moves along a circle",
}
TIME_LIMITS = {"reach": 60, "push": 100, "avoid": 60, "follow": 80}
"""Control steps after which an episode is truncated, by task."""

PALETTES = ("day", "dusk", "night", "shifted", "swapped")
TEXTURES = ("plain", "checker", "stripes", "noise")


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
        _choice("texture", "appearance", TEXTURES, "pattern of the table"),
        _number("distractors", "appearance", 0, 0, 6, "", "coloured things without effect, every other one moving"),
        _number("gravity", "dynamics", 0.0, 0.0, 3.0, "m/s^2", "pull towards the frame's lower edge: a tilted table"),
        _number("damping", "dynamics", 1.0, 0.4, 3.0, "1", "joint damping, relative to the robot's own"),
        _number("friction", "dynamics", 1.0, 0.0, 3.0, "1", "dry friction of joints, contacts and of puck on table"),
        _number("link_mass", "dynamics", 1.0, 0.5, 3.0, "1", "mass of the links, relative to the robot's own"),
        _number("link_length", "dynamics", 1.0, 0.75, 1.1, "1", "length of the links, relative to the robot's own"),
        _number("motor_gear", "dynamics", 1.0, 0.5, 2.0, "1", "torque of a full action, relative to the robot's own"),
        _number("payload", "dynamics", 0.0, 0.0, 1.0, "kg", "mass carried at the tip; the links weigh 1.2 kg"),
        _number("action_delay", "dynamics", 0, 0, 3, "steps", "control steps before an action takes effect"),
        _number("obstacles", "layout", 0, 0, 3, "", "fixed posts that links, hand and puck collide with"),
        _number("camera_x", "sensor", 0.0, -0.25, 0.25, "m", "the camera moved to the right"),
        _number("camera_y", "sensor", 0.0, -0.25, 0.25, "m", "the camera moved up"),
        _number("camera_rotation", "sensor", 0.0, -90.0, 90.0, "deg", "the camera turned counter-clockwise"),
        _number("camera_zoom", "sensor", 1.0, 0.7, 1.3, "1", "magnification"),
        _number("noise", "sensor", 0.0, 0.0, 60.0, "grey levels", "standard deviation of the noise on each pixel"),
        _number("blur", "sensor", 0, 0, 4, "", "passes of a 3 by 3 binomial blur"),
        _number("occlusion", "sensor", 0.0, 0.0, 0.4, "1", "side of a dark patch on the lens, relative to the frame"),
        Factor(name="grayscale", kind="sensor", default=False, description="three equal channels of luminance"),
    )
}
"""Every factor of the family, by name."""
