"""The Locomotion family, declared without importing its simulator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rltransfer.tasks.family import ActionKind, Family, Task
from rltransfer_envs.locomotion.bodies import BODIES, Body
from rltransfer_envs.locomotion.factors import FACTORS, TASKS

if TYPE_CHECKING:
    from gymnasium import Env

    from rltransfer_envs.locomotion.vector_env import LocomotionVectorEnv


class Locomotion(Family):
    """Gymnasium's MuJoCo robots."""

    summary = "MuJoCo robots that run: forwards, backwards, faster or not at all; other bodies, limbs and physics"
    tasks = TASKS
    factors = FACTORS
    simulator_modules = ("rltransfer_envs.locomotion.vector_env",)

    def __init__(self, *, name: str = "locomotion", bodies: Mapping[str, Body] = BODIES) -> None:
        self.name = name
        self.bodies = dict(bodies)
        self.robots = {robot: body.summary for robot, body in self.bodies.items()}

    def make_vec(self, task: Task, *, num_envs: int, render_mode: str | None = None) -> LocomotionVectorEnv:
        """``num_envs`` copies of ``task``, stepped by one call of MuJoCo's batch."""
        from rltransfer_envs.locomotion.models import make_setting
        from rltransfer_envs.locomotion.vector_env import LocomotionVectorEnv

        body = self.bodies[task.robot]
        setting = make_setting(body, task.environment.full())
        return LocomotionVectorEnv(body, task.task, [setting] * num_envs, render_mode=render_mode)

    def upstream(self, task: Task) -> Env[Any, Any] | None:
        """Gymnasium's environment, with the weight of the forward reward that is the task; none for ``stand``."""
        import gymnasium

        from rltransfer_envs.locomotion.models import model_path
        from rltransfer_envs.locomotion.scoring import FORWARD_WEIGHTS

        if task.task not in FORWARD_WEIGHTS:
            return None
        body = self.bodies[task.robot]
        arguments = body.upstream_arguments()
        if "xml_file" in arguments:
            arguments["xml_file"] = str(model_path(body.xml_file))
        if task.task != "forward":
            arguments["forward_reward_weight"] = body.forward_reward_weight * FORWARD_WEIGHTS[task.task]
        return gymnasium.make(body.gymnasium_id, max_episode_steps=body.time_limit, **arguments)

    def action_kind(self, robot: str) -> ActionKind:
        """Every robot's motors take continuous numbers."""
        return "continuous"


LOCOMOTION = Locomotion()
"""The family, as the registry finds it."""
