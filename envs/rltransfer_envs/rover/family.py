"""The Rover family, declared without importing its simulator."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rltransfer.tasks.family import ActionKind, Family, Task
from rltransfer_envs.rover import spaces
from rltransfer_envs.rover.factors import FACTORS, ROBOTS, TASKS
from rltransfer_envs.rover.reference_scores import REFERENCE_SCORES

if TYPE_CHECKING:
    from gymnasium import Space

    from rltransfer_envs.rover.env import RoverEnv
    from rltransfer_envs.rover.vector_env import RoverVectorEnv


class Rover(Family):
    """A mobile robot seen from above, in 64 by 64 pixels. ``env.RoverEnv`` describes it in full."""

    name = "rover"
    summary = "mobile robot seen from above: reach, swap or push; fast enough to learn from pixels in a minute"
    robots = ROBOTS
    tasks = TASKS
    factors = FACTORS
    seen_state = ("streams", "distractors", "occluder")
    simulator_modules = ("rltransfer_envs.rover.vector_env",)
    described_in = "rltransfer_envs.rover.env:RoverEnv"
    reference_scores = REFERENCE_SCORES

    def make_vec(self, task: Task, *, num_envs: int, render_mode: str | None = None) -> RoverVectorEnv:
        """``num_envs`` copies of ``task``, stepped by one compiled call."""
        from rltransfer_envs.rover.vector_env import RoverVectorEnv

        return RoverVectorEnv(
            num_envs, robot=task.robot, task=task.task, environment=task.environment, render_mode=render_mode
        )

    def make(self, task: Task, *, render_mode: str | None = None) -> RoverEnv:
        """One environment."""
        from rltransfer_envs.rover.env import RoverEnv

        return RoverEnv(robot=task.robot, task=task.task, environment=task.environment, render_mode=render_mode)

    def spaces(self, task: Task) -> tuple[Space[Any], Space[Any]]:
        """Observation and action space of one copy; no environment is made."""
        return spaces.observation_space(), spaces.action_space(task.robot)

    def action_meanings(self, robot: str) -> tuple[str, ...] | None:
        """What each discrete action of ``robot`` does; None for the hovercraft."""
        return spaces.ACTION_MEANINGS.get(robot)

    def action_kind(self, robot: str) -> ActionKind:
        """Discrete for robots whose actions have names."""
        return "discrete" if robot in spaces.ACTION_MEANINGS else "continuous"

    def facts(self, state: Mapping[str, Any], copy: int) -> Mapping[str, str | float]:
        """Where robot, goal and block are, in metres from the middle, and the robot's heading in degrees.

        ``goal_bearing`` is the direction from robot to goal, in degrees counter-clockwise from the right, and
        ``goal_distance`` how far it is, in metres.
        """
        x, y, heading = state["robot"][copy, :3].tolist()
        goal_x, goal_y = state["goal"][copy].tolist()
        block_x, block_y = state["block"][copy, :2].tolist()
        degrees = math.degrees(math.remainder(heading, math.tau))
        places = {"goal_x": goal_x, "goal_y": goal_y, "block_x": block_x, "block_y": block_y}
        right, up = goal_x - x, goal_y - y
        way = {"goal_bearing": math.degrees(math.atan2(up, right)), "goal_distance": math.hypot(right, up)}
        return {"x": x, "y": y, "heading": degrees, **places, **way}


ROVER = Rover()
"""The family, as the registry finds it."""
