"""Tasks and factors as plain data. Imports no simulator."""

from __future__ import annotations

from rltransfer.tasks.factor import Factor, FactorKind, FactorValue

TASKS = {
    "forward": "run forwards, as upstream",
    "backward": "run backwards: the forward reward with its sign changed",
    "faster": "run forwards, speed weighing three times as much against effort and survival",
    "stand": "stay where you are: speed either way is a cost",
}
MAX_DELAY = 3
"""Control steps."""


def _number(  # noqa: PLR0917 -- a table row
    name: str,
    kind: FactorKind,
    default: FactorValue,
    bounds: tuple[float, float],
    usual: tuple[float, float],
    unit: str,
    description: str,
    idle_for: dict[str, tuple[str, ...]] | None = None,
) -> Factor:
    low, high = bounds
    return Factor(
        name=name,
        kind=kind,
        default=default,
        low=low,
        high=high,
        usual=usual,
        unit=unit,
        description=description,
        idle_for=idle_for or {},
    )


FACTORS: dict[str, Factor] = {
    factor.name: factor
    for factor in (
        _number(
            "gravity",
            "dynamics",
            1.0,
            (0.5, 1.5),
            (0.75, 1.25),
            "1",
            "times the robot's own gravity",
            {"swimmer": ("slope",)},
        ),
        _number("slope", "dynamics", 0.0, (-8.0, 8.0), (-4.0, 4.0), "deg", "of the ground, uphill forwards"),
        # Packer et al. 2018, table 1, over their defaults: friction 0.8, density 1000, power 0.9
        _number(
            "friction",
            "dynamics",
            1.0,
            (0.25, 1.75),
            (0.625, 1.375),
            "1",
            "times the friction of every surface",
            {"swimmer": ()},
        ),
        _number("density", "dynamics", 1.0, (0.5, 1.5), (0.75, 1.25), "1", "times mass and inertia of every body"),
        _number("limb_mass", "dynamics", 1.0, (0.5, 2.0), (0.75, 1.5), "1", "times mass and inertia of the limbs"),
        _number("limb_length", "dynamics", 1.0, (0.7, 1.3), (0.85, 1.15), "1", "times the length of the limbs"),
        _number(
            "torso_length", "dynamics", 1.0, (0.7, 1.3), (0.85, 1.15), "1", "times the length of the torso", {"ant": ()}
        ),
        _number("motor_strength", "dynamics", 1.0, (0.5556, 1.4444), (0.7778, 1.2222), "1", "times every motor's gear"),
        _number(
            "damping",
            "dynamics",
            1.0,
            (0.25, 2.0),
            (0.625, 1.5),
            "1",
            "times the damping of every joint",
            {"swimmer": ()},
        ),
        _number(
            "action_delay",
            "dynamics",
            0,
            (0, MAX_DELAY),
            (0, 1),
            "steps",
            "control steps before an action takes effect",
        ),
        _number("noise", "sensor", 0.0, (0.0, 0.3), (0.0, 0.1), "1", "standard deviation added to every observation"),
    )
}
"""Every factor of the family, by name."""
