"""The acrobot family, declared without importing its simulator."""

from __future__ import annotations

import math
from typing import Any

from rltransfer.tasks.family import Task
from rltransfer_envs.classic_control.control_family import ControlFamily, upstream_env
from rltransfer_envs.classic_control.factors import by_name, choice, number


class AcrobotFamily(ControlFamily):
    """DOC"""

    name = "acrobot"
    summary = "two links driven at the elbow: swing the tip up or keep it up, every constant a factor"
    robots = {
        "discrete": "full torque one way, none, or full the other way, three discrete actions",
        "continuous": "any torque up to the greatest, one continuous action",
    }
    tasks = {
        "swing-up": "swing the tip above the line, once and soon",
        "hold": "keep the tip as high as possible",
    }
    meanings = {"discrete": ("torque clockwise", "no torque", "torque counter-clockwise")}
    system = "rltransfer_envs.classic_control.acrobot_system:Acrobot"
    simulator_modules = ("rltransfer_envs.classic_control.acrobot_system",)
    factors = by_name(
        number("length", "dynamics", 1.0, 0.5, 1.5, "m", "of each link; its middle is its centre", usual=(0.75, 1.25)),
        number("mass", "dynamics", 1.0, 0.5, 1.5, "kg", "of each link", usual=(0.75, 1.25)),
        number("inertia", "dynamics", 1.0, 0.5, 1.5, "kg m^2", "of each link about its centre", usual=(0.75, 1.25)),
        number("gravity", "dynamics", 9.8, 1.6, 24.8, "m/s^2", "from the Moon's to Jupiter's"),
        number("torque", "dynamics", 1.0, 0.5, 4.0, "N m", "greatest at the elbow"),
        number("torque_noise", "dynamics", 0.0, 0.0, 0.5, "N m", "greatest random torque added to it"),
        number("friction", "dynamics", 0.0, 0.0, 0.5, "N m s", "torque of the elbow against its velocity"),
        number(
            "max_speed_1", "dynamics", 4 * math.pi, 1.0, 4 * math.pi, "rad/s", "beyond which the upper link's is cut"
        ),
        number(
            "max_speed_2", "dynamics", 9 * math.pi, 2.0, 9 * math.pi, "rad/s", "beyond which the elbow's is cut"
        ),
        number("time_step", "dynamics", 0.2, 0.1, 0.3, "s", "between two actions"),
        choice("equations", "dynamics", ("book", "nips"), "Sutton and Barto's, or those of the paper before it"),
        number(
            "goal_height",
            "layout",
            1.0,
            0.0,
            1.8,
            "links",
            "of the line above the upper joint, in lengths of a link",
            acts_with={"observation": "pixels"},
        ),
    )

    def time_limit(self, task: Task) -> int:
        """See ``ControlFamily.time_limit``."""
        return 500

    def upstream(self, task: Task) -> Any:
        """``Acrobot-v1`` for the discrete robot that swings up."""
        return upstream_env("Acrobot-v1") if (task.robot, task.task) == ("discrete", "swing-up") else None


ACROBOT = AcrobotFamily()
"""The family, as the registry finds it."""
