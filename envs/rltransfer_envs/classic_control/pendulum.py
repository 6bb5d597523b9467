"""The pendulum family, declared without importing its simulator."""

from __future__ import annotations

from typing import Any

from rltransfer.tasks.family import Task
from rltransfer_envs.classic_control.control_family import ControlFamily, upstream_env
from rltransfer_envs.classic_control.factors import by_name, number

ROBOTS = {
    "continuous": "any torque up to the greatest, one continuous action",
    "discrete": "five torques, five discrete actions",
}
TASKS = {
    "swing-up": "swing the pendulum up and hold it there",
    "hang": "bring the pendulum to hang still",
    "spin": "turn counter-clockwise as fast as possible",
}
MEANINGS = {
    "discrete": (
        "full clockwise",
        "half clockwise",
        "no torque",
        "half counter-clockwise",
        "full counter-clockwise",
    )
}


class PendulumFamily(ControlFamily):
    """A rod that hangs from a driven joint.

    ## Description
    Gymnasium's ``Pendulum-v1`` with its constants set, and friction in the joint.

    - ``swing-up``: hold the rod upright. The continuous robot's is ``Pendulum-v1``.
    - ``hang``: bring the rod to hang still.
    - ``spin``: turn counter-clockwise as fast as possible.

    ## Action Space
    | robot | space | actions |
    |---|---|---|
    | continuous | ``Box(-2, 2, (1,), float32)`` | torque (N m), scaled by ``max_torque / 2``; clipped |
    | discrete | ``Discrete(5)`` | 0 full clockwise, 1 half, 2 no torque, 3 half counter-clockwise, 4 full |

    ## Observation Space
    ``Box((3,), float32)``: cosine and sine of the angle from upright, and angular velocity (rad/s, within 8),
    positive counter-clockwise.

    ``observation: pixels`` gives ``Box(0, 255, (64, 64, 3), uint8)`` instead, drawn here without OpenGL or pygame,
    the same for every robot. An afterimage shows where moving parts would have been 0.1 s ago at their present
    velocities, so one frame holds the state, and the image keeps three channels for trunks made for other families.
    Switch ``afterimage`` off, and a stack of frames is needed to see velocities.

    ## Rewards
    With the angle a from upright within -pi to pi, angular velocity w and torque u:

    - ``swing-up``: ``-(a ** 2 + 0.1 * w ** 2 + 0.001 * u ** 2)`` of the state before the step, as upstream.
    - ``hang``: the same of the angle from hanging, after the step.
    - ``spin``: ``w / 8 - 0.001 * u ** 2`` after the step.

    ## Starting State
    Angle uniform over the circle, angular velocity uniform in -1 to 1 rad/s.

    ## Episode End
    Truncation: 200 steps; there is no termination. ``info["is_success"]``: for the last 100 steps the rod was
    within 60 degrees of upright (Packer et al.'s definition), within 60 degrees of hanging, or turning counter-
    clockwise.

    ## Arguments
    - ``robot``, ``task``: see above.
    - ``environment``: factor name to value. Appearance and sensor factors change what is seen and nothing else; all
      but ``observation_noise`` act with ``observation: pixels`` only.
    - ``render_mode``: ``"rgb_array"`` for frames of 384 by 384 pixels, drawn anew at that size.

    | name | kind | default | allowed | effect |
    |---|---|---|---|---|
    | length | dynamics | 1.0 | 0.5 to 1.5 m | of the rod |
    | mass | dynamics | 1.0 | 0.5 to 1.5 kg | of the rod |
    | gravity | dynamics | 10.0 | 1.6 to 24.8 m/s^2 | from the Moon's to Jupiter's; upstream's ``g`` |
    | max_torque | dynamics | 2.0 | 1.0 to 4.0 N m | to which actions are scaled |
    | max_speed | dynamics | 8.0 | 3.0 to 8.0 rad/s | beyond which angular velocity is cut |
    | friction | dynamics | 0.0 | 0.0 to 0.3 N m s | torque of the joint against its velocity |
    | time_step | dynamics | 0.05 | 0.02 to 0.08 s | between two actions |
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

    ``length`` and ``mass`` have the ranges of Packer et al. 2018, table 1: what is allowed is their range for
    extrapolation, ``usual`` theirs for training and interpolation. All other bounds are our own.

    ## Version History
    - v0: first version.
    """

    name = "pendulum"
    summary = "driven pendulum: swing it up, let it hang still or spin it, every constant a factor"
    robots = ROBOTS
    tasks = TASKS
    meanings = MEANINGS
    measures = ("angle", "angular_velocity")
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
