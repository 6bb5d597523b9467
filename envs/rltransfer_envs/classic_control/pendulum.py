"""The pendulum family, declared without importing its simulator."""

from __future__ import annotations

from typing import Any

from rltransfer.tasks.family import Task
from rltransfer_envs.classic_control.control_family import ControlFamily, upstream_env
from rltransfer_envs.classic_control.factors import by_name, number


class PendulumFamily(ControlFamily):
    """DOC"""

    name = "pendulum"
    summary = "driven pendulum: swing it up, let it hang still or spin it, every constant a factor"
    robots = {
        "continuous": "any torque up to the greatest, one continuous action",
        "discrete": "five torques, five discrete actions",
    }
    tasks = {
        "swing-up": "swing the pendulum up and hold it there",
        "hang": "bring the pendulum to hang still",
        "spin": "turn counter-clockwise as fast as possible",
    }
    meanings = {
        "discrete": ("full clockwise", "half clockwise", "no torque", "half counter-clockwise", "full counter-clockwise")
    }
    system = "rltransfer_envs.classic_control.pendulum_system:Pendulum"
    simulator_modules = ("rltransfer_envs.classic_control.pendulum_system",)
    factors = by_name(
        number("length", "dynamics", 1.0, 0.5, 1.5, "m", "of the rod", usual=(0.75, 1.25)),
        number("mass", "dynamics", 1.0, 0.5, 1.5, "kg", "of the rod", usual=(0.75, 1.25)),
        number("gravity", "dynamics", 10.0, 1.6, 24.8, "m/s^2", "from the Moon's to Jupiter's; upstream's ``g``"),
        number("max_torque", "dynamics", 2.0, 1.0, 4.0, "N m", "to which actions are scaled"),
        number("max_speed", "dynamics", 8.0, 3.0, 8.0, "rad/s", "beyond which angular velocity is cut"),
        number("friction", "dynamics", 0.0, 0.0, 0.3, "N m s", "torque of the joint against its velocity"),
        number("time_step", "dynamics", 0.05, 0.02, 0.08, "s", "between two actions"),
    )

    def time_limit(self, task: Task) -> int:
        """See ``ControlFamily.time_limit``."""
        return 200

    def upstream(self, task: Task) -> Any:
        """``Pendulum-v1`` for the continuous robot that swings up."""
        return upstream_env("Pendulum-v1") if (task.robot, task.task) == ("continuous", "swing-up") else None


PENDULUM = PendulumFamily()
"""The family, as the registry finds it."""
