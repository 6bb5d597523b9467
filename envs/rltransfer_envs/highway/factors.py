"""What a drive is made of, as plain data: cars, roads and factors."""

from __future__ import annotations

from rltransfer.tasks.factor import Factor

ROBOTS = {
    "meta": "five decisions: change lane to the left or right, go on, faster, slower; a controller drives",
    "continuous": "throttle and steering, two continuous actions",
}
TASKS = {
    "highway": "drive fast and on the right among slower cars",
    "merge": "drive fast and make room for a car that merges",
    "roundabout": "drive through a roundabout",
    "intersection": "turn left at a crossing without lights",
}
UPSTREAM = {
    "highway": "highway-fast-v0",
    "merge": "merge-generic-v1",
    "roundabout": "roundabout-generic-v1",
    "intersection": "intersection-v2",
}
"""Gymnasium ids."""
ACTION_MEANINGS = ("lane left", "idle", "lane right", "faster", "slower")
OBSERVATIONS = ("kinematics", "image")
NUMBERS = {"observation": ("kinematics",)}
"""What concerns numbers has an effect in these alone."""

FACTORS: dict[str, Factor] = {
    factor.name: factor
    for factor in (
        Factor(
            name="extra_lanes",
            kind="layout",
            default=0,
            low=0,
            high=2,
            tasks=("highway", "merge", "roundabout"),
            description="lanes more than the highway's 3 and the merge's and roundabout's 2",
        ),
        Factor(
            name="traffic",
            kind="layout",
            default=1.0,
            low=0.4,
            high=1.8,
            unit="1",
            description="how many other cars, relative to upstream's 20, 3, 5 and 10",
        ),
        Factor(
            name="density",
            kind="layout",
            default=1.0,
            low=0.5,
            high=2.0,
            unit="1",
            tasks=("highway",),
            description="how close cars start to each other",
        ),
        Factor(
            name="radius",
            kind="layout",
            default=20,
            low=16,
            high=30,
            unit="m",
            tasks=("roundabout",),
            description="of the roundabout's inner lane",
        ),
        Factor(
            name="traffic_speed",
            kind="dynamics",
            default=1.0,
            low=0.6,
            high=1.3,
            unit="1",
            description="speed limits, and the speed that other cars want",
        ),
        Factor(
            name="time_gap",
            kind="dynamics",
            default=1.5,
            low=0.5,
            high=3.0,
            unit="s",
            description="distance that other cars keep to the car ahead (IDM)",
        ),
        Factor(
            name="politeness",
            kind="dynamics",
            default=0.0,
            low=0.0,
            high=1.0,
            unit="1",
            description="how much other cars mind whom they hinder when they change lanes (MOBIL)",
        ),
        Factor(
            name="decision_rate",
            kind="dynamics",
            default=1,
            low=1,
            high=5,
            unit="Hz",
            usual=(1, 2),
            description="actions a second",
        ),
        Factor(
            name="simulation_rate",
            kind="dynamics",
            default=5,
            low=5,
            high=15,
            unit="Hz",
            description="steps of the simulation a second; more is finer and slower",
        ),
        Factor(
            name="observation",
            kind="sensor",
            default="kinematics",
            choices=OBSERVATIONS,
            changes_space=True,
            description="numbers of the nearest cars, or four grey frames from above",
        ),
        Factor(
            name="see_behind",
            kind="sensor",
            default=False,
            requires=NUMBERS,
            description="cars behind are among the numbers, too",
        ),
        Factor(
            name="noise",
            kind="sensor",
            default=0.0,
            low=0.0,
            high=0.2,
            unit="1",
            requires=NUMBERS,
            description="standard deviation of the noise on each number, which are about -1 to 1",
        ),
        Factor(
            name="dropout",
            kind="sensor",
            default=0.0,
            low=0.0,
            high=0.5,
            unit="1",
            requires=NUMBERS,
            description="chance that a car is missing from the numbers of a step",
        ),
    )
}
"""Every factor of the family, by name."""
