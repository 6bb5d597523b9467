"""The Bipedal family, declared without importing its simulator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rltransfer.errors import ConfigError
from rltransfer.tasks.extras import imported
from rltransfer.tasks.family import ActionKind, Picture, Task
from rltransfer.tasks.single_env_family import SingleEnvFamily
from rltransfer_envs.bipedal.factors import FACTORS, ROBOTS, TASKS

if TYPE_CHECKING:
    from gymnasium import Env

HARDCORE: Mapping[str, object] = {"stumps": True, "stairs": True, "pits": True}
"""The environment of ``BipedalWalkerHardcore-v3``."""


class Bipedal(SingleEnvFamily):
    """Two-legged walking in Box2D. ``env.BipedalEnv`` describes it in full."""

    name = "bipedal"
    summary = "Gymnasium's BipedalWalker: legs, ground, obstacles and motors as factors; vectors, not pixels"
    robots = ROBOTS
    tasks = TASKS
    factors = FACTORS
    extra = "box2d"
    simulator_modules = ("rltransfer_envs.bipedal.making",)
    picture = Picture(steps=30)
    described_in = "rltransfer_envs.bipedal.env:BipedalEnv"

    def make(self, task: Task, *, render_mode: str | None = None) -> Env[Any, Any]:
        """One environment of ``task``."""
        if render_mode not in (None, "rgb_array"):
            raise ConfigError(f"render_mode is {render_mode!r}; Bipedal renders 'rgb_array' only")
        imported("Box2D", family=self.name, extra="box2d")
        imported("pygame", family=self.name, extra="box2d")
        from rltransfer_envs.bipedal.making import make

        return make(task.robot, task.task, task.environment.full(), render_mode)

    def action_kind(self, robot: str) -> ActionKind:
        """Torques of four joints."""
        return "continuous"

    def upstream(self, task: Task) -> Env[Any, Any] | None:
        """Gymnasium's own, plain or hardcore; every episode in a new world, see ``env.BipedalEnv``."""
        if (task.robot, task.task) != ("standard", "forward"):
            return None
        ids = {(): "BipedalWalker-v3", tuple(sorted(HARDCORE.items())): "BipedalWalkerHardcore-v3"}
        found = ids.get(tuple(task.environment.items()))
        if found is None:
            return None
        import gymnasium

        from rltransfer_envs.bipedal.new_world import NewWorld

        return NewWorld(gymnasium.make(found))


BIPEDAL = Bipedal()
"""The family, as the registry finds it."""
