"""The mountain-car family, declared without importing its simulator."""

from __future__ import annotations

from typing import Any

from rltransfer.tasks.family import Task
from rltransfer_envs.classic_control.control_family import ControlFamily, upstream_env
from rltransfer_envs.classic_control.factors import by_name, number

STRONG = {"force": 0.01}
"""With which the car gets far at random."""

ROBOTS = {
    "discrete": "engine full back, off or full ahead, three discrete actions",
    "continuous": "engine from full back to full ahead, one continuous action",
}
TASKS = {
    "reach": "reach the flag on the hill to the right",
    "reach-left": "reach the flag on the hill to the left",
}
MEANINGS = {"discrete": ("accelerate left", "coast", "accelerate right")}


class MountainCarFamily(ControlFamily):
    """A car in a valley, too weak to drive straight out of it.

    ## Description
    Gymnasium's ``MountainCar-v0`` and ``MountainCarContinuous-v0`` (Moore 1990) with their constants set; the
    continuous car's gravity, a literal upstream, is a constant here.

    - ``reach``: reach the flag on the right hill, at 0.5 for the discrete robot and 0.45 for the continuous one.
    - ``reach-left``: reach the flag on the left hill, at -1.1; a wall at -1.2 stops the car.

    ## Action Space
    | robot | space | actions |
    |---|---|---|
    | discrete | ``Discrete(3)`` | 0 accelerate left, 1 coast, 2 accelerate right, with ``force`` |
    | continuous | ``Box(-1, 1, (1,), float32)`` | share of 1.5 times ``force``, as upstream's power is; clipped |

    ## Observation Space
    ``Box((2,), float32)``: position (-1.2 to 0.6) and velocity (-0.07 to 0.07 a step).

    ``observation: pixels`` gives ``Box(0, 255, (64, 64, 3), uint8)`` instead, drawn here without OpenGL or pygame,
    the same for every robot. An afterimage shows where moving parts would have been 8 steps ago at their present
    velocities, so one frame holds the state, and the image keeps three channels for trunks made for other families.
    Switch ``afterimage`` off, and a stack of frames is needed to see velocities.

    ## Rewards
    - discrete: -1 a step.
    - continuous: ``-0.1 * action ** 2`` a step, and 100 at the flag.

    ## Starting State
    Position uniform in -0.6 to -0.4, at rest.

    ## Episode End
    Termination: the flag is reached (or passed) with at least ``goal_velocity`` outwards; where the car runs into the
    wall, with the velocity before it. Truncation: 200 steps, 999 for the continuous robot. ``info["is_success"]``: the
    flag was reached.

    ## Arguments
    - ``robot``, ``task``: see above.
    - ``environment``: factor name to value. Appearance and sensor factors change what is seen and nothing else; all
      but ``observation_noise`` act with ``observation: pixels`` only.
    - ``render_mode``: ``"rgb_array"`` for frames of 384 by 384 pixels, drawn anew at that size.

    | name | kind | default | allowed | effect |
    |---|---|---|---|---|
    | force | dynamics | 0.001 | 0.0001 to 0.01 1/step^2 | of the engine |
    | gravity | dynamics | 0.0025 | 0.0005 to 0.01 1/step^2 | weight of the car on a slope |
    | max_speed | dynamics | 0.07 | 0.02 to 0.07 1/step | beyond which velocity is cut |
    | goal_velocity | dynamics | 0.0 | 0.0 to 0.06 1/step | least velocity at the flag |
    | goal_shift | layout | 0.0 | -0.09 to 0.08 | the flag moved outwards |
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

    ``force`` and ``gravity`` (their ``mass``) have the ranges of Packer et al. 2018, table 1: what is allowed is
    their range for extrapolation, ``usual`` theirs for training and interpolation. All other bounds are our own.

    ## Version History
    - v0: first version.
    """

    name = "mountain-car"
    summary = "car too weak for its hill: rock it up to the right or to the left, every constant a factor"
    robots = ROBOTS
    tasks = TASKS
    meanings = MEANINGS
    measures = ("position", "velocity")
    system = "rltransfer_envs.classic_control.mountain_car_system:MountainCar"
    simulator_modules = ("rltransfer_envs.classic_control.mountain_car_system",)
    factors = by_name(
        number("force", "dynamics", 0.001, 0.0001, 0.01, "1/step^2", "of the engine", usual=(0.0005, 0.005)),
        number(
            "gravity",
            "dynamics",
            0.0025,
            0.0005,
            0.01,
            "1/step^2",
            "weight of the car on a slope",
            usual=(0.001, 0.005),
        ),
        number("max_speed", "dynamics", 0.07, 0.02, 0.07, "1/step", "beyond which velocity is cut", shown_with=STRONG),
        number("goal_velocity", "dynamics", 0.0, 0.0, 0.06, "1/step", "least velocity at the flag", shown_with=STRONG),
        number("goal_shift", "layout", 0.0, -0.09, 0.08, "1", "the flag moved outwards", shown_with=STRONG),
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
