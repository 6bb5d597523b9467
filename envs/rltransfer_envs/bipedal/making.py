"""Making a Bipedal environment whose constants are its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
from gymnasium.envs.box2d.bipedal_walker import BipedalWalker

from rltransfer.tasks.factor import FactorValue
from rltransfer.tasks.replayed_state import ReplayedState
from rltransfer_envs.bipedal import body, course
from rltransfer_envs.bipedal.env import FAR_END, START, BipedalEnv
from rltransfer_envs.box2d_witness import poses
from rltransfer_envs.own_constants import with_constants


def make(
    robot: str, task: str, environment: Mapping[str, FactorValue], render_mode: str | None
) -> gymnasium.Env[Any, Any]:
    """One environment, with physics of its own.

    Args:
        robot: its name.
        task: its name.
        environment: every factor of the family.
        render_mode: ``"rgb_array"`` or None.
    """
    constants = body.constants(robot, environment)
    if task == "backward":
        constants["TERRAIN_STARTPAD"] = 2 * (FAR_END - START) / course.STEP  # its half is where the robot starts
    simulator = with_constants(BipedalWalker, constants)
    walker = type("BipedalEnv", (BipedalEnv, simulator), {})
    env = walker(task=task, environment=environment, render_mode=render_mode)
    return ReplayedState(
        env, witness=lambda: poses([env.hull, *env.legs], (part.fixtures[0].shape.vertices for part in env.terrain))
    )
