"""The Arm family, declared without importing its simulator."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rltransfer.tasks.family import ActionKind, Family, Task
from rltransfer_envs.arm import spaces
from rltransfer_envs.arm.factors import FACTORS, ROBOTS, TASKS
from rltransfer_envs.arm.reference_scores import REFERENCE_SCORES

if TYPE_CHECKING:
    from gymnasium import Space

    from rltransfer_envs.arm.env import ArmEnv
    from rltransfer_envs.arm.vector_env import ArmVectorEnv


class Arm(Family):
    """A robot arm over a table, moved by MuJoCo, in 64 by 64 pixels. ``env.ArmEnv`` describes it in full."""

    name = "arm"
    summary = "planar robot arm in MuJoCo, seen by a camera: reach, push, avoid or follow by joint torques"
    robots = ROBOTS
    tasks = TASKS
    factors = FACTORS
    seen_state = ("streams", "distractors", "occluder")
    simulator_modules = ("rltransfer_envs.arm.vector_env",)
    render_modes = ("rgb_array", "mujoco")
    described_in = "rltransfer_envs.arm.env:ArmEnv"
    reference_scores = REFERENCE_SCORES

    def make_vec(self, task: Task, *, num_envs: int, render_mode: str | None = None) -> ArmVectorEnv:
        """``num_envs`` copies of ``task``, stepped together."""
        from rltransfer_envs.arm.vector_env import ArmVectorEnv

        return ArmVectorEnv(
            num_envs, robot=task.robot, task=task.task, environment=task.environment, render_mode=render_mode
        )

    def make(self, task: Task, *, render_mode: str | None = None) -> ArmEnv:
        """One environment."""
        from rltransfer_envs.arm.env import ArmEnv

        return ArmEnv(robot=task.robot, task=task.task, environment=task.environment, render_mode=render_mode)

    def spaces(self, task: Task) -> tuple[Space[Any], Space[Any]]:
        """Observation and action space of one copy; no environment is made."""
        return spaces.observation_space(), spaces.action_space(task.robot)

    def facts(self, state: Mapping[str, Any], copy: int) -> Mapping[str, str | float]:
        """Where the goal is, in metres from the shoulder, and the first link's direction in degrees."""
        goal_x, goal_y = state["goal"][copy].tolist()
        first_joint = float(state["mujoco"][copy, 1])  # behind the time
        shoulder = math.degrees(math.remainder(first_joint, math.tau))
        return {"goal_x": goal_x, "goal_y": goal_y, "shoulder": shoulder}

    def action_kind(self, robot: str) -> ActionKind:
        """Every robot acts by torques and forces."""
        return "continuous"


ARM = Arm()
"""The family, as the registry finds it."""
