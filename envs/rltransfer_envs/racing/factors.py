"""What a Racing world is made of, as plain data: robots, tasks and factors. Imports no simulator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rltransfer.tasks.factor import Factor, FactorKind, FactorValue

ROBOTS = {
    "continuous": "steering, gas and brake as three numbers",
    "discrete": "five actions: nothing, right, left, gas, brake",
}
TASKS = {
    "race": "visit every piece of the road, soon; as in Gymnasium",
    "clean": "race, and pay for each wheel that is off the road",
    "cruise": "drive along the road at a given speed, wheels on it, as long as the episode lasts",
}
TIME_LIMIT = 1000
"""Steps of an episode, as in Gymnasium."""
LAP = 0.95
"""The share of the road that must be visited for a lap, as in Gymnasium."""
OFF_ROAD_PRICE = 0.25
"""What ``clean`` takes for a wheel that is off the road, each step."""
OFF_ROAD_STEPS = 50
"""Steps with a wheel off the road that ``clean`` forgives when it tells success."""
CRUISE_SPEED = 30.0
"""Metres a second along the road that ``cruise`` asks for."""
CRUISE_SCORE = 700.0
"""The return of ``cruise`` that is success; 1000 is the most."""

CHOSEN: Mapping[str, tuple[FactorValue, ...]] = {"domain_randomize": (False,)}
"""Colours of ground and road that are chosen, and not drawn at random, have an effect."""


def _number(  # noqa: PLR0917 -- a table row
    name: str,
    kind: FactorKind,
    default: FactorValue,
    low: float,
    high: float,
    unit: str,
    description: str,
    *,
    requires: Mapping[str, tuple[FactorValue, ...]] | None = None,
    shown_with: Mapping[str, FactorValue] | None = None,
) -> Factor:
    return Factor(
        name=name,
        kind=kind,
        default=default,
        low=low,
        high=high,
        unit=unit,
        description=description,
        requires=requires or {},
        shown_with=shown_with or {},
    )


def _painted(name: str, default: FactorValue, low: float, high: float, unit: str, description: str) -> Factor:  # noqa: PLR0917
    return _number(name, "appearance", default, low, high, unit, description, requires=CHOSEN)


FACTORS: dict[str, Factor] = {
    factor.name: factor
    for factor in (
        _painted("grass_hue", 120, 0, 300, "deg", "colour of the ground: 0 red, 120 green, 240 blue"),
        _painted("grass_patches", 26, 0, 50, "grey levels", "how much brighter its squares are"),
        _painted("road_brightness", 102, 30, 200, "grey levels", "of the road's grey"),
        _painted("road_saturation", 0.0, 0.0, 1.0, "1", "colourfulness of the road"),
        replace(
            _painted("road_hue", 0, 0, 300, "deg", "colour of a road that has one"),
            requires={**CHOSEN, "road_saturation": ()},
            shown_with={"road_saturation": 0.8},
        ),
        _number("car_hue", "appearance", 0, 0, 300, "deg", "colour of the car: 0 red, 120 green, 240 blue"),
        Factor(
            name="domain_randomize",
            kind="appearance",
            default=False,
            description="ground and road in random colours, other ones every episode",
        ),
        _number("engine", "dynamics", 1.0, 0.4, 2.0, "1", "power of the engine, relative"),
        _number("brakes", "dynamics", 1.0, 0.2, 1.0, "1", "strength of the brakes, relative"),
        _number("steering", "dynamics", 1.0, 0.3, 2.0, "1", "how far the wheels turn for an action, relative"),
        _number("friction", "dynamics", 1.0, 0.3, 1.5, "1", "grip of tyres on road and grass, relative"),
        _number(
            "grass_friction",
            "dynamics",
            0.6,
            0.2,
            1.0,
            "1",
            "grip on the grass, relative to that on the road",
            shown_with={"start_offset": 12.0},
        ),
        _number("hull_mass", "dynamics", 1.0, 0.5, 3.0, "1", "heaviness of the car without its wheels, relative"),
        _number("wheel_radius", "dynamics", 1.0, 0.7, 1.4, "1", "of all four, relative: faster and harder to spin up"),
        replace(
            _number("tracks", "layout", 0, 0, 100, "", "how many there are; 0 is endless: a new one every episode"),
            usual=(0, 0),
        ),
        _number("track_width", "layout", 1.0, 0.6, 1.5, "1", "width of the road, relative"),
        _number("track_radius", "layout", 1.0, 0.6, 1.25, "1", "size of the whole track, relative"),
        _number("turn_rate", "layout", 0.31, 0.2, 0.45, "rad", "sharpest bend of the road for each 3.5 m"),
        Factor(
            name="direction",
            kind="layout",
            default="counter-clockwise",
            choices=("counter-clockwise", "clockwise"),
            usual=("counter-clockwise", "clockwise"),
            description="which way round the car stands on the track",
        ),
        _number("start_offset", "layout", 0.0, -12.0, 12.0, "m", "how far outside the road's middle the car starts"),
        _number("camera_zoom", "sensor", 1.0, 0.5, 1.5, "1", "magnification"),
        _number("noise", "sensor", 0.0, 0.0, 60.0, "grey levels", "standard deviation of the noise on each pixel"),
        _number("blur", "sensor", 0, 0, 4, "", "passes of a 3 by 3 binomial blur"),
        _number("occlusion", "sensor", 0.0, 0.0, 0.4, "1", "side of a dark patch on the lens, relative to the frame"),
        Factor(name="grayscale", kind="sensor", default=False, description="three equal channels of luminance"),
        Factor(name="dashboard", kind="sensor", default=True, description="the bar below shows speed and wheels"),
    )
}
"""Every factor of the family, by name."""
