"""The mountain-car family, declared without importing its simulator."""

from __future__ import annotations

from typing import Any

from rltransfer.tasks.family import Task
from rltransfer_envs.classic_control.control_family import ControlFamily, upstream_env
from rltransfer_envs.classic_control.factors import by_name, number

STRONG = {"force": 0.01}
"""Without which the car is too weak to get far at random."""


class MountainCarFamily(ControlFamily):
    """DOC"""

    name = "mountain-car"
    summary = "car too weak for its hill: rock it up to the right or to the left, every constant a factor"
    robots = {
        "discrete": "engine full back, off or full ahead, three discrete actions",
        "continuous": "engine from full back to full ahead, one continuous action",
    }
    tasks = {
        "reach": "reach the flag on the hill to the right",
        "reach-left": "reach the flag on the hill to the left",
    }
    meanings = {"discrete": ("accelerate left", "coast", "accelerate right")}
    system = "rltransfer_envs.classic_control.mountain_car_system:MountainCar"
    simulator_modules = ("rltransfer_envs.classic_control.mountain_car_system",)
    factors = by_name(
        number("force", "dynamics", 0.001, 0.0001, 0.01, "1/step^2", "of the engine", usual=(0.0005, 0.005)),
        number(
            "gravity", "dynamics", 0.0025, 0.0005, 0.01, "1/step^2", "weight of the car on a slope", usual=(0.001, 0.005)
        ),
        number("max_speed", "dynamics", 0.07, 0.02, 0.07, "1/step", "beyond which velocity is cut", acts_with=STRONG),
        number("goal_velocity", "dynamics", 0.0, 0.0, 0.06, "1/step", "least velocity at the flag", acts_with=STRONG),
        number("goal_shift", "layout", 0.0, -0.09, 0.08, "1", "the flag moved outwards", acts_with=STRONG),
    )

    def time_limit(self, task: Task) -> int:
        """See ``ControlFamily.time_limit``."""
        return 200 if task.robot == "discrete" else 999

    def upstream(self, task: Task) -> Any:
        """``MountainCar-v0`` and ``MountainCarContinuous-v0``, where the flag is to the right."""
        if task.task != "reach":
            return None
        return upstream_env("MountainCar-v0" if task.robot == "discrete" else "MountainCarContinuous-v0")


MOUNTAIN_CAR = MountainCarFamily()
"""The family, as the registry finds it."""
