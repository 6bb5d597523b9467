"""The cart-pole family, declared without importing its simulator."""

from __future__ import annotations

from typing import Any

from rltransfer.tasks.family import Task
from rltransfer_envs.classic_control.control_family import ControlFamily, upstream_env
from rltransfer_envs.classic_control.factors import by_name, choice, number

ROBOTS = {
    "discrete": "pushed to the left or to the right with full force, two discrete actions",
    "continuous": "pushed with any share of the force, one continuous action",
}
TASKS = {
    "balance": "keep the pole up, from where it almost stands",
    "swing-up": "swing the pole up, from where it hangs, and keep it there",
}
MEANINGS = {"discrete": ("push left", "push right")}


class CartPoleFamily(ControlFamily):
    """A pole on a cart that is pushed along a track.

    ## Description
    The equations are those of Gymnasium's ``CartPole-v1`` (Barto, Sutton and Anderson 1983), stepped for all copies
    in one compiled call and equal to it bit for bit in the default environment. ``total_mass`` and
    ``polemass_length`` are derived from the factors, never left over from the defaults.

    - ``balance``: keep the pole up. The discrete robot's is ``CartPole-v1``.
    - ``swing-up``: the pole starts hanging. Always integrated by the semi-implicit Euler method, as the explicit
      one pumps energy into a pole that swings.

    ## Action Space
    | robot | space | actions |
    |---|---|---|
    | discrete | ``Discrete(2)`` | 0 push left, 1 push right, with ``force`` |
    | continuous | ``Box(-1, 1, (1,), float32)`` | share of ``force``; clipped |

    ## Observation Space
    ``Box((4,), float32)``: position (m), velocity (m/s), angle from upright (rad, positive to the right) and
    angular velocity (rad/s); in ``swing-up`` the angle is within -pi to pi. The bounds are upstream's but for the
    angle's, which are -pi to pi in both tasks so that these have one space.

    ``observation: pixels`` gives ``Box(0, 255, (64, 64, 3), uint8)`` instead, drawn here without OpenGL or pygame,
    the same for every robot: 5.6 m across, or more where the track or the pole is longer. An afterimage shows where
    moving parts would have been 0.3 s ago at their present velocities, so one frame holds the state, and the image
    keeps three channels for trunks made for other families. Switch ``afterimage`` off, and a stack of frames is needed
    to see velocities.

    ## Rewards
    - ``balance``: 1 a step.
    - ``swing-up``: ``(1 + cos(angle)) / 2`` a step.

    ## Starting State
    Each number uniform within ``start_range`` (0.05) of 0; in ``swing-up`` the angle as near to hanging.

    ## Episode End
    Termination: the cart leaves the track (2.4 m), or in ``balance`` the pole leaves the ``angle_limit`` (12
    degrees). Truncation: 500 steps. ``info["is_success"]``: ``balance`` has lasted 500 steps; in ``swing-up`` the
    episode has lasted and the pole was within 12 degrees for its last 100 steps.

    ## Arguments
    - ``robot``, ``task``: see above.
    - ``environment``: factor name to value. Appearance and sensor factors change what is seen and nothing else; all
      but ``observation_noise`` act with ``observation: pixels`` only.
    - ``render_mode``: ``"rgb_array"`` for frames of 384 by 384 pixels, drawn anew at that size.

    | name | kind | default | allowed | effect |
    |---|---|---|---|---|
    | force | dynamics | 10.0 | 1.0 to 20.0 N | greatest force on the cart |
    | length | dynamics | 0.5 | 0.05 to 1.0 m | half the length of the pole |
    | mass | dynamics | 0.1 | 0.01 to 1.0 kg | of the pole |
    | cart_mass | dynamics | 1.0 | 0.25 to 4.0 kg | of the cart |
    | gravity | dynamics | 9.8 | 1.6 to 24.8 m/s^2 | from the Moon's to Jupiter's |
    | cart_friction | dynamics | 0.0 | 0.0 to 2.0 N s/m | force on the cart against its velocity |
    | pole_friction | dynamics | 0.0 | 0.0 to 0.05 N m s | torque of the joint against its velocity |
    | time_step | dynamics | 0.02 | 0.01 to 0.04 s | between two actions |
    | integrator | dynamics | explicit | explicit, semi-implicit | Euler's method; swing-up is always implicit |
    | angle_limit | dynamics | 12.0 | 6.0 to 24.0 deg | at which the pole counts as fallen (``balance``) |
    | track_limit | layout | 2.4 | 1.2 to 3.6 m | from the middle to the track's end |
    | start_range | layout | 0.05 | 0.01 to 0.1 | of each number of the starting state |
    | observation | sensor | vector | vector, pixels | upstream's numbers, or a drawn frame of 64 by 64 pixels |
    | observation_noise | sensor | 0.0 | 0.0 to 0.2 | deviation of a vector's noise, relative to its scales |
    | palette | appearance | day | day, dusk, night, shifted | colours of everything in the scene |
    | brightness | appearance | 1.0 | 0.4 to 1.5 | of the whole scene; less is darker |
    | texture | appearance | plain | plain, checker, stripes, noise | pattern of the background |
    | distractors | appearance | 0 | 0 to 6 | coloured things without effect, every other one moving |
    | camera_x | sensor | 0.0 | -0.1 to 0.1 frames | the camera moved to the right, in widths of the frame |
    | camera_y | sensor | 0.0 | -0.1 to 0.1 frames | the camera moved up, in heights of the frame |
    | camera_rotation | sensor | 0.0 | -30.0 to 30.0 deg | the camera turned counter-clockwise |
    | camera_zoom | sensor | 1.0 | 0.8 to 1.25 | magnification |
    | noise | sensor | 0.0 | 0.0 to 60.0 grey levels | standard deviation of the noise on each pixel |
    | blur | sensor | 0 | 0 to 4 | passes of a 3 by 3 binomial blur |
    | occlusion | sensor | 0.0 | 0.0 to 0.4 | side of a dark patch on the lens, relative to the frame |
    | grayscale | sensor | False | true or false | three equal channels of luminance |
    | afterimage | sensor | True | true or false | a faint image of where things came from: shows velocities |

    ``force``, ``length`` and ``mass`` have the ranges of Packer et al. 2018 (there too ``length`` is half the
    pole's), table 1: what is allowed is their range for extrapolation, ``usual`` theirs for training and
    interpolation. All other bounds are our own.

    ## Version History
    - v0: first version.
    """

    name = "cartpole"
    summary = "pole on a cart: balance it or swing it up, every constant a factor; stepped natively in batch"
    robots = ROBOTS
    tasks = TASKS
    meanings = MEANINGS
    measures = ("position", "velocity", "angle", "angular_velocity")
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
        choice(
            "integrator",
            "dynamics",
            ("explicit", "semi-implicit"),
            "Euler's method; swing-up is always semi-implicit",
            tasks=("balance",),
        ),
        number(
            "angle_limit", "dynamics", 12.0, 6.0, 24.0, "deg", "at which the pole counts as fallen", tasks=("balance",)
        ),
        number(
            "track_limit",
            "layout",
            2.4,
            1.2,
            3.6,
            "m",
            "from the middle to the track's end",
            shown_with={"force": 20.0},
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
