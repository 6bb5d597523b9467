"""Arm as a Gymnasium environment, one copy; its docstring describes the family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from rltransfer_envs.arm.rendering import RENDER_MODES, Drawing
from rltransfer_envs.arm.simulation import Simulation
from rltransfer_envs.arm.spaces import action_space, observation_space
from rltransfer_envs.simulated_env import SimulatedEnv


class ArmEnv(SimulatedEnv[Simulation]):
    """A planar robot arm over a table, moved by MuJoCo and seen from above.

    ## Description
    The shoulder stands in the middle of a table of 1.8 m; every robot reaches 0.8 m. The links move in one
    horizontal plane, so gravity does not act until the table is tilted. Each joint but the shoulder turns up to 2.6
    rad either way. The finger of ``two-link`` and ``three-link`` and the jaws of ``gripper`` reach down to the table
    and meet the puck, over which the links pass. Posts stop all of them. Friction and contact are MuJoCo's.

    - ``reach``: bring the tip onto the goal (a disc with rings). The gripper's tip is the point between its jaws.
    - ``push``: move the puck onto the goal.
    - ``avoid``: as ``reach``, with a hazard (a diamond) about the way that the tip must not touch.
    - ``follow``: keep the tip on the goal, which moves along a circle at 0.2 to 0.32 m/s.

    ## Action Space
    Torques from the shoulder outwards, each relative to what the motor has; values beyond 1 count as 1. One action
    lasts 0.05 s: 4 physics steps of 0.0125 s.

    | robot | space | actions |
    |---|---|---|
    | two-link | ``Box(-1, 1, (2,), float32)`` | shoulder (5 N m), elbow (2 N m) |
    | three-link | ``Box(-1, 1, (3,), float32)`` | shoulder (5 N m), elbow (2.5 N m), wrist (1 N m) |
    | gripper | ``Box(-1, 1, (3,), float32)`` | shoulder (5 N m), elbow (2 N m), jaws: 1 closes with 3 N, -1 opens |

    ## Observation Space
    ``Box(0, 255, (64, 64, 3), uint8)``: a frame, height, width and colour; 1.9 m across at zoom 1.

    ## Rewards
    ``potential(now) - potential(one step before)``, plus 1 on success and minus 1 on failure in all tasks but
    ``follow``. Distances in metres, between middles:

    - ``reach``, ``follow``: the potential is minus the distance from tip to goal.
    - ``avoid``: as ``reach``, minus how far the tip is within 0.3 of the hazard.
    - ``push``: minus the distance from puck to goal, minus 0.5 times that from the tip to where it would touch the
      puck on the side away from the goal (gripper: to the puck).
    - ``follow``: also ``2 / 80 * max(0, 1 - distance / 0.3)`` in every step.

    Undiscounted, the scripted expert gets 1.8 to 2.3.

    ## Starting State
    At rest in a random pose with a bent elbow. Goal and puck are where the tip of another random pose with the elbow
    on the same side is, in at most 0.93 of the reach. The goal is more than 0.3 m from the tip (``avoid``: 0.45 m), in
    ``push`` more than 0.25 m from the puck, whose straight way to the goal does not lead over the shoulder. Posts
    stand clear of a straight motion in joint space from the first pose to the goal's.

    ## Episode End
    Termination with ``info["is_success"]`` true: the tip is within 0.12 m of the goal, in ``push`` the puck within
    0.07 m. Termination with ``is_success`` false: the tip touches the hazard (0.125 m). Truncation: 60 steps
    in ``reach`` and ``avoid``, 100 in ``push``, with ``is_success`` false; 80 in ``follow``, where success is a mean
    distance below 0.1 m after the first 20 steps. ``info`` is empty before the end.

    ## Arguments
    - ``robot``: ``"two-link"``, ``"three-link"`` or ``"gripper"``.
    - ``task``: ``"reach"``, ``"push"``, ``"avoid"`` or ``"follow"``.
    - ``environment``: factor name to value. Appearance and sensor factors change pixels and nothing else; dynamics
      are MuJoCo's model fields, inertias and positions derived anew.
    - ``render_mode``: ``"rgb_array"`` for frames of 384 by 384 pixels, drawn anew at that size; ``"mujoco"`` for
      MuJoCo's own rendering, which needs OpenGL (EGL or OSMesa) and shows no appearance or sensor factor.

    | factor | kind | default | allowed | effect |
    |---|---|---|---|---|
    | palette | appearance | day | day, dusk, night, shifted, swapped | colours of everything in the scene |
    | brightness | appearance | 1.0 | 0.4 to 1.5 | of the whole scene; less is darker |
    | texture | appearance | plain | plain, checker, stripes, noise | pattern of the table |
    | distractors | appearance | 0 | 0 to 6 | coloured things without effect, every other one moving |
    | gravity | dynamics | 0.0 | 0.0 to 3.0 m/s^2 | pull towards the frame's lower edge: a tilted table |
    | damping | dynamics | 1.0 | 0.4 to 3.0 | joint damping, relative to the robot's own |
    | friction | dynamics | 1.0 | 0.0 to 3.0 | dry friction of joints, contacts and of puck on table |
    | link_mass | dynamics | 1.0 | 0.5 to 3.0 | mass of the links, relative to the robot's own |
    | link_length | dynamics | 1.0 | 0.75 to 1.1 | length of the links, relative to the robot's own |
    | motor_gear | dynamics | 1.0 | 0.5 to 2.0 | torque of a full action, relative to the robot's own |
    | payload | dynamics | 0.0 | 0.0 to 1.0 kg | mass carried at the tip; the links weigh 1.2 kg |
    | action_delay | dynamics | 0 | 0 to 3 steps | control steps before an action takes effect |
    | obstacles | layout | 0 | 0 to 3 | fixed posts that links, hand and puck collide with |
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

    metadata: dict[str, Any] = {"render_modes": list(RENDER_MODES), "render_fps": 20}  # noqa: RUF012 -- as in Gymnasium

    def __init__(
        self,
        *,
        robot: str = "two-link",
        task: str = "reach",
        environment: Mapping[str, object] | None = None,
        render_mode: str | None = None,
    ) -> None:
        super().__init__(
            Simulation(1, robot, task, environment), observation_space(), action_space(robot), render_mode=render_mode
        )
        self._drawing = Drawing(self.simulation, render_mode)

    def render(self) -> npt.NDArray[np.uint8] | None:
        """A (384, 384, 3) frame; None without a ``render_mode``."""
        frames = self._drawing.frames()
        return None if frames is None else frames[0]

    def close(self) -> None:
        """Free what MuJoCo's renderer holds."""
        self._drawing.close()
