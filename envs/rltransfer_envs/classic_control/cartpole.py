"""The cart-pole family, declared without importing its simulator."""

from __future__ import annotations

from typing import Any

from rltransfer.tasks.family import Task
from rltransfer_envs.classic_control.control_family import ControlFamily, upstream_env
from rltransfer_envs.classic_control.factors import by_name, choice, number


class CartPoleFamily(ControlFamily):
    """DOC"""

    name = "cartpole"
    summary = "pole on a cart: balance it or swing it up, every constant a factor; stepped natively in batch"
    robots = {
        "discrete": "pushed to the left or to the right with full force, two discrete actions",
        "continuous": "pushed with any share of the force, one continuous action",
    }
    tasks = {
        "balance": "keep the pole up, from where it almost stands",
        "swing-up": "swing the pole up, from where it hangs, and keep it there",
    }
    meanings = {"discrete": ("push left", "push right")}
    system = "rltransfer_envs.classic_control.cartpole_system:CartPole"
    simulator_modules = ("rltransfer_envs.classic_control.cartpole_system",)
    factors = by_name(
        number("force", "dynamics", 10.0, 1.0, 20.0, "N", "greatest force on the cart", usual=(5.0, 15.0)),
        number("length", "dynamics", 0.5, 0.05, 1.0, "m", "half the length of the pole", usual=(0.25, 0.75)),
        number("mass", "dynamics", 0.1, 0.01, 1.0, "kg", "of the pole", usual=(0.05, 0.5)),
        number("cart_mass", "dynamics", 1.0, 0.25, 4.0, "kg", "of the cart"),
        number("gravity", "dynamics", 9.8, 1.6, 24.8, "m/s^2", "from the Moon's to Jupiter's"),
        number("cart_friction", "dynamics", 0.0, 0.0, 2.0, "N s/m", "force on the cart against its velocity"),
        number("pole_friction", "dynamics", 0.0, 0.0, 0.05, "N m s", "torque of the joint against its velocity"),
        number("time_step", "dynamics", 0.02, 0.01, 0.04, "s", "between two actions"),
        choice("integrator", "dynamics", ("explicit", "semi-implicit"), "Euler's method; swing-up is always implicit"),
        number("angle_limit", "dynamics", 12.0, 6.0, 24.0, "deg", "at which the pole counts as fallen"),
        number(
            "track_limit", "layout", 2.4, 1.2, 3.6, "m", "from the middle to the track's end", acts_with={"force": 20.0}
        ),
        number("start_range", "layout", 0.05, 0.01, 0.1, "1", "of each number of the starting state"),
    )

    def time_limit(self, task: Task) -> int:
        """See ``ControlFamily.time_limit``."""
        return 500

    def upstream(self, task: Task) -> Any:
        """``CartPole-v1`` for the discrete robot that balances."""
        return upstream_env("CartPole-v1") if (task.robot, task.task) == ("discrete", "balance") else None


CARTPOLE = CartPoleFamily()
"""The family, as the registry finds it."""
