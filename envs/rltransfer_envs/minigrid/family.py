"""The MiniGrid family, declared without importing its simulator."""

# Parts of MiniGrid have no types.
# mypy: allow-untyped-calls

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rltransfer.errors import ConfigError
from rltransfer.tasks.extras import imported
from rltransfer.tasks.family import HIDDEN, Context, Picture, Randomization, Task
from rltransfer.tasks.single_env_family import SingleEnvFamily
from rltransfer_envs.minigrid.factors import ACTION_MEANINGS, FACTORS, PLACED_ANYWHERE, ROBOTS, TASKS

if TYPE_CHECKING:
    from gymnasium import Env

    from rltransfer_envs.minigrid.env import GridWorldEnv

UPSTREAM = {
    "reach": "MiniGrid-Empty-8x8-v0",
    "unlock": "MiniGrid-Unlock-v0",
    "pick-up": "MiniGrid-UnlockPickup-v0",
    "red-blue-doors": "MiniGrid-RedBlueDoors-8x8-v0",
}
"""MiniGrid's ids of the tasks that it has, in the default environment."""
OF_LAYOUTS = ("layout", "random_start", "obstacles")
"""Factors that a task with a world of its own cannot have."""


class MiniGrid(SingleEnvFamily):
    """Grid worlds on MiniGrid. ``env.GridWorldEnv`` describes them in full."""

    name = "minigrid"
    summary = "grid worlds: goals, objects and doors in rooms, mazes and lava, seen from inside or above"
    robots = ROBOTS
    tasks = TASKS
    factors = FACTORS
    seen_state = ("streams",)
    extra = "minigrid"
    simulator_modules = ("rltransfer_envs.minigrid.env",)
    picture = Picture(layout={"observation": "full-rgb"})
    described_in = "rltransfer_envs.minigrid.env:GridWorldEnv"

    def task(
        self,
        *,
        robot: str | None = None,
        task: str | None = None,
        environment: Mapping[str, object] | None = None,
        randomization: Randomization | None = None,
        context: Context = HIDDEN,
    ) -> Task:
        """See ``Family.task``. Raises ConfigError too where a task has no such layout."""
        point = super().task(
            robot=robot, task=task, environment=environment, randomization=randomization, context=context
        )
        check(point)
        return point

    def make(self, task: Task, *, render_mode: str | None = None) -> GridWorldEnv:
        """One environment."""
        check(task)
        imported("minigrid", family=self.name, extra="minigrid")
        from rltransfer_envs.minigrid.env import GridWorldEnv

        return GridWorldEnv(robot=task.robot, task=task.task, environment=task.environment, render_mode=render_mode)

    def upstream(self, task: Task) -> Env[Any, Any] | None:
        """MiniGrid's own environment under its wrappers for RGB partial views; the turtle's alone."""
        if task.robot != "turtle" or task.task not in UPSTREAM:
            return None
        imported("minigrid", family=self.name, extra="minigrid")
        import gymnasium
        from minigrid.wrappers import ImgObsWrapper, RGBImgPartialObsWrapper

        return ImgObsWrapper(RGBImgPartialObsWrapper(gymnasium.make(UPSTREAM[task.task]), tile_size=8))

    def facts(self, state: Mapping[str, Any], copy: int) -> Mapping[str, str | float]:
        """Where the agent is, which way it faces, and the class and colour of the object in the cell before it."""
        imported("minigrid", family=self.name, extra="minigrid")
        from minigrid.core.constants import DIR_TO_VEC, IDX_TO_COLOR, IDX_TO_OBJECT

        world = state[str(copy)]["world"]
        column, row, facing, _ = world["agent"].tolist()
        before = [column + int(DIR_TO_VEC[facing][0]), row + int(DIR_TO_VEC[facing][1])]
        ahead = next((thing for thing in world["objects"].tolist() if thing[4:6] == before), None)
        return {
            "column": float(column),
            "row": float(row),
            "facing": ("right", "down", "left", "up")[facing],
            "ahead": "nothing" if ahead is None else IDX_TO_OBJECT[ahead[0]],
            "ahead_colour": "none" if ahead is None else IDX_TO_COLOR[ahead[1]],
        }

    def action_meanings(self, robot: str) -> tuple[str, ...] | None:
        """What each action of ``robot`` does."""
        return ACTION_MEANINGS[robot]


def check(task: Task) -> None:
    """Raise ConfigError where the environment of ``task`` is one that the task does not have."""
    for name in OF_LAYOUTS:
        value = task.environment.get(name, FACTORS[name].default)
        if value == FACTORS[name].default:
            continue
        if task.task not in PLACED_ANYWHERE:
            raise ConfigError(
                f"minigrid: task {task.task!r} has a world of its own; leave out factor {name!r}, "
                f"or take one of the tasks {', '.join(PLACED_ANYWHERE)}"
            )
        if name == "obstacles" and task.task != "reach":
            raise ConfigError(
                f"minigrid: task {task.task!r} has balls of its own; leave out factor 'obstacles', or take task 'reach'"
            )


MINIGRID = MiniGrid()
"""The family, as the registry finds it."""
