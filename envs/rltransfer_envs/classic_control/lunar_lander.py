"""The lunar-lander family, declared without importing its simulator."""

from __future__ import annotations

from typing import Any

from rltransfer.tasks.family import Task
from rltransfer_envs.classic_control.control_family import ControlFamily, upstream_env
from rltransfer_envs.classic_control.factors import by_name, number

ROBOTS = {
    "discrete": "engines off, or one of three at full power, four discrete actions",
    "continuous": "throttles of the main and the side engines, two continuous actions",
}
TASKS = {
    "land": "come to rest on the pad",
    "hover": "stay above the pad",
}
MEANINGS = {"discrete": ("engines off", "left engine", "main engine", "right engine")}


class LunarLanderFamily(ControlFamily):
    """A lander with three engines above the moon, on Box2D.

    ## Description
    Gymnasium's ``LunarLander-v3``. Its module's constants are replaced for the copies of this family alone: their
    ``reset`` and ``step`` are upstream's code reading other globals, see ``own_constants.rebound``. Mass reaches Box2D
    through the densities.

    - ``land``: come to rest on the pad between the flags. ``LunarLander-v3``, discrete or continuous.
    - ``hover``: stay above the pad, at 0.7 in observed units.

    Box2D keeps contacts and solver state to itself, so a state is put back by playing its episode again: exact, and as
    long as the episode was.

    ## Action Space
    | robot | space | actions |
    |---|---|---|
    | discrete | ``Discrete(4)`` | 0 engines off, 1 left engine, 2 main engine, 3 right engine |
    | continuous | ``Box(-1, 1, (2,), float32)`` | main engine: 50 to 100 % for 0 to 1; side engines: beyond 0.5 |

    ## Observation Space
    ``Box((8,), float32)``: x and y from the pad, their velocities, angle (rad), angular velocity, and whether each
    leg touches the ground; scaled as upstream.

    ``observation: pixels`` gives ``Box(0, 255, (64, 64, 3), uint8)`` instead, drawn here without OpenGL or pygame,
    the same for every robot. An afterimage shows where moving parts would have been 0.3 s ago at their present
    velocities, so one frame holds the state, and the image keeps three channels for trunks made for other families.
    Switch ``afterimage`` off, and a stack of frames is needed to see velocities.

    ## Rewards
    - ``land``: upstream's shaping by place, velocity, angle and contacts, minus fuel; 100 for coming to rest, -100
      for a crash.
    - ``hover``: ``exp(-2 d - 0.3 v - 0.3 |a|)`` a step, with the distance d from the place, speed v and angle a; 0
      in a crash.

    ## Starting State
    At the top in the middle, pushed by a random force (``start_push``); the surface but for the pad is random.

    ## Episode End
    Termination: the lander crashes, leaves the frame or comes to rest. Truncation: 1,000 steps, 400 in ``hover``.
    ``info["is_success"]``: at rest on the pad (middle between the flags); in ``hover`` within 0.3 of the place in
    the last 100 steps.

    ## Arguments
    - ``robot``, ``task``: see above.
    - ``environment``: factor name to value. Appearance and sensor factors change what is seen and nothing else; all
      but ``observation_noise`` act with ``observation: pixels`` only.
    - ``render_mode``: ``"rgb_array"`` for frames of 384 by 384 pixels, drawn anew at that size.

    | name | kind | default | allowed | effect |
    |---|---|---|---|---|
    | gravity | dynamics | 10.0 | 2.0 to 11.9 m/s^2 | downwards; upstream allows less than 12 |
    | main_engine | dynamics | 13.0 | 8.0 to 26.0 | power of the main engine |
    | side_engine | dynamics | 0.6 | 0.3 to 1.2 | power of the side engines |
    | mass | dynamics | 1.0 | 0.5 to 2.0 | of lander and legs, relative to upstream's |
    | leg_spring | dynamics | 40.0 | 10.0 to 160.0 N m | greatest torque of the legs' springs |
    | wind | dynamics | 0.0 | 0.0 to 20.0 N | greatest force of the wind, which changes in time |
    | turbulence | dynamics | 0.0 | 0.0 to 2.0 N m | greatest torque of the wind |
    | start_push | layout | 1000.0 | 0.0 to 2000.0 N | greatest force of the push at the start |
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

    Packer et al. have no lunar lander; all bounds are our own.

    ## Version History
    - v0: first version.
    """

    name = "lunar-lander"
    summary = "rocket above the moon on Box2D: land on the pad or hover, engines, mass, gravity and wind as factors"
    extra = "box2d"
    robots = ROBOTS
    tasks = TASKS
    meanings = MEANINGS
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
