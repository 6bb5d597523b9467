"""The acrobot family, declared without importing its simulator."""

from __future__ import annotations

import math
from typing import Any

from rltransfer.tasks.family import Task
from rltransfer_envs.classic_control.control_family import ControlFamily, upstream_env
from rltransfer_envs.classic_control.factors import by_name, choice, number

ROBOTS = {
    "discrete": "full torque one way, none, or full the other way, three discrete actions",
    "continuous": "any torque up to the greatest, one continuous action",
}
TASKS = {
    "swing-up": "swing the tip above the line, once and soon",
    "hold": "keep the tip as high as possible",
}
MEANINGS = {"discrete": ("torque clockwise", "no torque", "torque counter-clockwise")}


class AcrobotFamily(ControlFamily):
    """Two links that hang from a joint and are driven at the elbow.

    ## Description
    Gymnasium's ``Acrobot-v1`` (Sutton 1996) with its constants set. The centres of mass, constants of their own
    upstream, are derived from ``length`` (half of it); gravity, a literal upstream, is a constant here.

    - ``swing-up``: swing the tip above the line, once. The discrete robot's is ``Acrobot-v1``.
    - ``hold``: keep the tip as high as possible.

    ## Action Space
    | robot | space | actions |
    |---|---|---|
    | discrete | ``Discrete(3)`` | 0 ``-torque``, 1 none, 2 ``+torque`` at the elbow |
    | continuous | ``Box(-1, 1, (1,), float32)`` | share of ``torque``; clipped |

    ## Observation Space
    ``Box((6,), float32)``: cosine and sine of the upper link's angle from hanging, cosine and sine of the elbow's,
    and both angular velocities (rad/s, within 4 pi and 9 pi).

    ``observation: pixels`` gives ``Box(0, 255, (64, 64, 3), uint8)`` instead, drawn here without OpenGL or pygame,
    the same for every robot: 5.2 m across, or more where links are longer. An afterimage shows where moving
    parts would have been 0.2 s ago at their present velocities, so one frame holds the state, and the image keeps three
    channels for trunks made for other families. Switch ``afterimage`` off, and a stack of frames is needed to see
    velocities.

    ## Rewards
    - ``swing-up``: -1 a step, 0 in the step that ends it.
    - ``hold``: the height of the tip, 0 (lowest) to 1 (highest).

    ## Starting State
    Both angles and both velocities uniform in -0.1 to 0.1, almost hanging.

    ## Episode End
    Termination in ``swing-up``: the tip is above the line. Truncation: 500 steps. ``info["is_success"]``: ``swing-
    up`` has ended so; in ``hold`` the tip was above the line in the last 20 steps.

    ## Arguments
    - ``robot``, ``task``: see above.
    - ``environment``: factor name to value. Appearance and sensor factors change what is seen and nothing else; all
      but ``observation_noise`` act with ``observation: pixels`` only.
    - ``render_mode``: ``"rgb_array"`` for frames of 384 by 384 pixels, drawn anew at that size.

    | name | kind | default | allowed | effect |
    |---|---|---|---|---|
    | length | dynamics | 1.0 | 0.5 to 1.5 m | of each link; its middle is its centre |
    | mass | dynamics | 1.0 | 0.5 to 1.5 kg | of each link |
    | inertia | dynamics | 1.0 | 0.5 to 1.5 kg m^2 | of each link about its centre |
    | gravity | dynamics | 9.8 | 1.6 to 24.8 m/s^2 | from the Moon's to Jupiter's |
    | torque | dynamics | 1.0 | 0.5 to 4.0 N m | greatest at the elbow |
    | torque_noise | dynamics | 0.0 | 0.0 to 0.5 N m | greatest random torque added to it |
    | friction | dynamics | 0.0 | 0.0 to 0.5 N m s | torque of the elbow against its velocity |
    | max_speed_1 | dynamics | 12.57 | 1.0 to 12.57 rad/s | beyond which the upper link's is cut |
    | max_speed_2 | dynamics | 28.27 | 2.0 to 28.27 rad/s | beyond which the elbow's is cut |
    | time_step | dynamics | 0.2 | 0.1 to 0.3 s | between two actions |
    | equations | dynamics | book | book, nips | Sutton and Barto's, or those of the paper before it |
    | goal_height | layout | 1.0 | 0.0 to 1.8 links | of the line above the upper joint, in lengths of a link |
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

    ``length``, ``mass`` and ``inertia``, of both links, have the ranges of Packer et al. 2018, table 1: what is
    allowed is their range for extrapolation, ``usual`` theirs for training and interpolation. All other bounds are
    our own.

    ## Version History
    - v0: first version.
    """

    name = "acrobot"
    summary = "two links driven at the elbow: swing the tip up or keep it up, every constant a factor"
    robots = ROBOTS
    tasks = TASKS
    meanings = MEANINGS
    measures = ("first_angle", "second_angle", "first_velocity", "second_velocity")
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
        number("max_speed_2", "dynamics", 9 * math.pi, 2.0, 9 * math.pi, "rad/s", "beyond which the elbow's is cut"),
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
            shown_with={"torque": 4.0, "gravity": 1.6},
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
