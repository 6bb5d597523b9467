"""The lunar-lander family, declared without importing its simulator."""

from __future__ import annotations

from typing import Any

from rltransfer.tasks.family import Task
from rltransfer_envs.classic_control.control_family import ControlFamily, upstream_env
from rltransfer_envs.classic_control.factors import by_name, number


class LunarLanderFamily(ControlFamily):
    """DOC"""

    name = "lunar-lander"
    summary = "rocket above the moon on Box2D: land on the pad or hover, engines, mass, gravity and wind as factors"
    extra = "box2d"
    restores_state = False
    robots = {
        "discrete": "engines off, or one of three at full power, four discrete actions",
        "continuous": "throttles of the main and the side engines, two continuous actions",
    }
    tasks = {
        "land": "come to rest on the pad",
        "hover": "stay above the pad",
    }
    meanings = {"discrete": ("engines off", "left engine", "main engine", "right engine")}
    system = "rltransfer_envs.classic_control.lunar_lander_system:LunarLander"
    simulator_modules = ("Box2D", "rltransfer_envs.classic_control.lunar_lander_system")
    factors = by_name(
        number("gravity", "dynamics", 10.0, 2.0, 11.9, "m/s^2", "downwards; upstream allows less than 12"),
        number("main_engine", "dynamics", 13.0, 8.0, 26.0, "1", "power of the main engine"),
        number("side_engine", "dynamics", 0.6, 0.3, 1.2, "1", "power of the side engines"),
        number("mass", "dynamics", 1.0, 0.5, 2.0, "1", "of lander and legs, relative to upstream's"),
        number("leg_spring", "dynamics", 40.0, 10.0, 160.0, "N m", "greatest torque of the legs' springs"),
        number("wind", "dynamics", 0.0, 0.0, 20.0, "N", "greatest force of the wind, which changes in time"),
        number("turbulence", "dynamics", 0.0, 0.0, 2.0, "N m", "greatest torque of the wind"),
        number("start_push", "layout", 1000.0, 0.0, 2000.0, "N", "greatest force of the push at the start"),
    )

    def time_limit(self, task: Task) -> int:
        """See ``ControlFamily.time_limit``."""
        return 1000 if task.task == "land" else 400

    def upstream(self, task: Task) -> Any:
        """``LunarLander-v3``, where it is to land."""
        return upstream_env("LunarLander-v3", continuous=task.robot == "continuous") if task.task == "land" else None


LUNAR_LANDER = LunarLanderFamily()
"""The family, as the registry finds it."""
