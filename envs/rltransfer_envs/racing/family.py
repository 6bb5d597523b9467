"""The Racing family, declared without importing its simulator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rltransfer.errors import ConfigError
from rltransfer.tasks.extras import imported
from rltransfer.tasks.family import ActionKind, Picture, Task
from rltransfer.tasks.single_env_family import SingleEnvFamily
from rltransfer_envs.racing.factors import FACTORS, ROBOTS, TASKS

if TYPE_CHECKING:
    from gymnasium import Env

ACTION_MEANINGS = {"discrete": ("nothing", "right", "left", "gas", "brake")}


class Racing(SingleEnvFamily):
    """Driving a car seen from above in Box2D. ``env.RacingEnv`` describes it in full."""

    name = "racing"
    summary = "Gymnasium's CarRacing: colours, car, track and camera as factors; 96 by 96 pixels"
    robots = ROBOTS
    tasks = TASKS
    factors = FACTORS
    extra = "box2d"
    simulator_modules = ("rltransfer_envs.racing.making",)
    picture = Picture(robot="discrete", steps=75, hold=15)
    described_in = "rltransfer_envs.racing.env:RacingEnv"

    def make(self, task: Task, *, render_mode: str | None = None) -> Env[Any, Any]:
        """One environment of ``task``."""
        if render_mode not in (None, "rgb_array"):
            raise ConfigError(f"render_mode is {render_mode!r}; Racing renders 'rgb_array' only")
        imported("Box2D", family=self.name, extra="box2d")
        imported("pygame", family=self.name, extra="box2d")
        from rltransfer_envs.racing.making import make

        return make(task.robot, task.task, task.environment.full(), render_mode)

    def action_meanings(self, robot: str) -> tuple[str, ...] | None:
        """What each discrete action of ``robot`` does; None for the continuous one."""
        return ACTION_MEANINGS.get(robot)

    def action_kind(self, robot: str) -> ActionKind:
        """Discrete for the robot whose actions have names."""
        return "discrete" if robot in ACTION_MEANINGS else "continuous"

    def upstream(self, task: Task) -> Env[Any, Any] | None:
        """Gymnasium's own."""
        if task.task != "race" or task.environment:
            return None
        import gymnasium

        return gymnasium.make("CarRacing-v3", continuous=task.robot == "continuous")


RACING = Racing()
"""The family, as the registry finds it."""
