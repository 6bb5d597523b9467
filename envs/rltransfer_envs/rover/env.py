"""Rover as a Gymnasium environment, one copy; its docstring describes the family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rltransfer_envs.rover.simulation import Simulation
from rltransfer_envs.rover.spaces import action_space, observation_space
from rltransfer_envs.simulated_env import SimulatedEnv


class RoverEnv(SimulatedEnv[Simulation]):
    """A mobile robot on a walled floor, seen from above.

    ## Description
    The floor holds a goal (a disc with rings), one to three hazards (diamonds) and, in ``push``, a block.
    Three robots of one size drive on it: ``omni`` drives in four directions, ``differential`` turns and
    drives, ``hovercraft`` is thrust in x and y and glides. Robot and block are discs among axis-aligned
    walls; they collide with momentum kept along the normal, wheels grip and the block slows by Coulomb
    friction, nothing overlaps.

    - ``reach``: touch the goal, not a hazard.
    - ``swap``: touch a hazard, not the goal. The pixels are those of ``reach``.
    - ``push``: bring the block onto the goal; the robot must not touch a hazard.

    ## Action Space
    One action lasts 0.2 s.

    | robot | space | actions |
    |---|---|---|
    | omni | ``Discrete(4)`` | 0 right, 1 up, 2 left, 3 down, at ``speed`` |
    | differential | ``Discrete(3)`` | 0 forward, 1 turn left, 2 turn right by 45 degrees |
    | hovercraft | ``Box(-1, 1, (2,), float32)`` | velocity to glide to, relative to ``speed`` |

    ## Observation Space
    ``Box(0, 255, (64, 64, 3), uint8)``: a frame, height, width and colour; 1.9 m across at zoom 1.

    ## Rewards
    ``potential(now) - potential(one step before)``, plus 1 on success, minus 1 on failure.

    - ``reach``, ``swap``: the potential is minus the metres between the middles of the robot and the
      nearest target; for the differential robot plus 0.4 times the cosine of the angle between its heading
      and the way there.
    - ``push``: minus the metres between the middles of block and goal, minus 0.5 times the metres between
      the robot and the place where it would touch the block on the side away from the goal.

    Undiscounted, a good policy gets about 1.6 (``reach``, ``swap``) or 2 (``push``).

    ## Starting State
    Goal, hazards, block and robot at random places, apart from each other; the target at least 0.6 m from
    the robot while there is room; random walls, but always with a way from the robot to the target and the
    block. The differential robot's heading is random. Everything stands still.

    ## Episode End
    Termination with ``info["is_success"]`` true: the robot touches a target (their middles come within 0.28
    m), or in ``push`` the block's middle comes within 0.14 m of the goal's. Termination with ``is_success``
    false: the robot touches what is to be avoided. Truncation, with ``is_success`` false: 50 steps, 80 in
    ``push``. ``info`` is empty before the end.

    ## Arguments
    - ``robot``: ``"omni"``, ``"differential"`` or ``"hovercraft"``.
    - ``task``: ``"reach"``, ``"swap"`` or ``"push"``.
    - ``environment``: factor name to value. Appearance and sensor factors change pixels and nothing else.
    - ``render_mode``: ``"rgb_array"`` for frames of 384 by 384 pixels, drawn anew at that size.

    | factor | kind | default | allowed | effect |
    |---|---|---|---|---|
    | palette | appearance | day | day, dusk, night, shifted, swapped | colours of everything in the scene |
    | brightness | appearance | 1.0 | 0.4 to 1.5 | of the whole scene; less is darker |
    | gradient | appearance | 0.0 | 0.0 to 0.7 | how much darker the unlit side is |
    | gradient_angle | appearance | 0 | -180 to 180 deg | where the light of the gradient stands |
    | texture | appearance | plain | plain, checker, stripes, noise | pattern of the floor |
    | distractors | appearance | 0 | 0 to 6 | coloured things without effect, every other one moving |
    | speed | dynamics | 0.6 | 0.3 to 0.8 m/s | top speed of the robot |
    | slip | dynamics | 0.0 | 0.0 to 0.5 | chance that a random action replaces the chosen one |
    | drift_x | dynamics | 0.0 | -0.15 to 0.15 m/s | wind that carries the robot to the right |
    | drift_y | dynamics | 0.0 | -0.15 to 0.15 m/s | wind that carries the robot up |
    | inertia | dynamics | 1.0 | 0.5 to 5.0 | slowness of the robot's answer |
    | action_delay | dynamics | 0 | 0 to 3 steps | control steps before an action takes effect |
    | friction | dynamics | 0.8 | 0.05 to 1.2 | of the ground: grips wheels and slows the block |
    | block_mass | dynamics | 0.5 | 0.1 to 3.0 kg | of the block to push; the robot weighs 1 kg |
    | arena_size | layout | 1.6 | 1.4 to 1.8 m | side of the square floor |
    | rooms | layout | open | open, two, four | dividing walls, each with a door |
    | walls | layout | 0 | 0 to 4 | free-standing wall pieces |
    | hazards | layout | 1 | 1 to 3 | hazard diamonds |
    | camera_x | sensor | 0.0 | -0.25 to 0.25 m | the camera moved to the right |
    | camera_y | sensor | 0.0 | -0.25 to 0.25 m | the camera moved up |
    | camera_rotation | sensor | 0.0 | -90.0 to 90.0 deg | the camera turned counter-clockwise |
    | camera_zoom | sensor | 1.0 | 0.7 to 1.3 | magnification |
    | noise | sensor | 0.0 | 0.0 to 60.0 grey levels | standard deviation of the noise on each pixel |
    | blur | sensor | 0 | 0 to 4 | passes of a 3 by 3 binomial blur |
    | occlusion | sensor | 0.0 | 0.0 to 0.4 | side of a dark patch on the lens, relative to the frame |
    | grayscale | sensor | False | true or false | three equal channels of luminance |

    ## Version History
    - v0: first version.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 5}  # noqa: RUF012 -- as in Gymnasium

    def __init__(
        self,
        *,
        robot: str = "omni",
        task: str = "reach",
        environment: Mapping[str, object] | None = None,
        render_mode: str | None = None,
    ) -> None:
        super().__init__(
            Simulation(1, robot, task, environment), observation_space(), action_space(robot), render_mode=render_mode
        )
