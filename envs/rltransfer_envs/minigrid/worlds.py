"""MiniGrid environments of every task, with observations left out: the family draws its own."""

# Parts of MiniGrid have no types.
# mypy: allow-untyped-calls

from __future__ import annotations

import functools
from typing import Any

from minigrid.core.grid import Grid
from minigrid.core.roomgrid import RoomGrid
from minigrid.core.world_object import Door
from minigrid.envs.gotodoor import GoToDoorEnv
from minigrid.envs.redbluedoors import RedBlueDoorEnv
from minigrid.envs.unlock import UnlockEnv
from minigrid.envs.unlockpickup import UnlockPickupEnv
from minigrid.minigrid_env import MiniGridEnv

from rltransfer.tasks.variation import Variation
from rltransfer_envs.minigrid.goals import Fetch, FetchKey, GoToBall, WithObjects, WithObstacles
from rltransfer_envs.minigrid.layouts import STARTS_ANYWHERE, RandomStart, layout_of

GOALS: dict[str, type[WithObjects]] = {"fetch-ball": Fetch, "fetch-key": FetchKey, "go-to-ball": GoToBall}
"""Tasks that come into the layout in place of its goal square."""


class Unseen(MiniGridEnv):
    """Leaves out MiniGrid's observation, which takes most of the time of a step."""

    def gen_obs(self) -> dict[str, Any]:
        """Nothing."""
        return {}


class GoToRedDoor(GoToDoorEnv):
    """MiniGrid's four doors, one of which is red: that is the one to go to, so nothing needs to be told in words."""

    def _gen_grid(self, width: int, height: int) -> None:
        doors: list[tuple[int, int]] = []
        while not doors:
            super()._gen_grid(width, height)
            held = enumerate(self.grid.grid)
            doors = [(k % width, k // width) for k, o in held if isinstance(o, Door) and o.color == "red"]
        self.target_pos, self.target_color = doors[0], "red"
        self.mission = "go to the red door"


def make_world(task: str, environment: Variation) -> Any:
    """The MiniGrid environment of ``task`` in the layout that ``environment`` describes."""
    factors = environment.full()
    size = int(factors["size"])
    if task == "go-to-door":
        world = _made((Unseen, GoToRedDoor), {"size": size})
    elif task == "red-blue-doors":
        world = _made((Unseen, RedBlueDoorEnv), {"size": size})
    elif task in ("unlock", "pick-up"):
        world = _two_rooms(UnlockEnv if task == "unlock" else UnlockPickupEnv, room_size=size - 2)
    else:
        world = _in_layout(task, environment)
    world.max_steps = max(1, round(world.max_steps * float(factors["time_limit"])))
    return world


def _in_layout(task: str, environment: Variation) -> Any:
    factors = environment.full()
    layout, arguments = layout_of(environment, has_objects=task in GOALS)
    parts: list[Any] = [Unseen, layout]
    if factors["random_start"] and not issubclass(layout, STARTS_ANYWHERE):
        parts.insert(1, RandomStart)
    if task in GOALS:
        parts.insert(1, GOALS[task])
    obstacles, size = int(factors["obstacles"]), int(factors["size"])
    if obstacles:
        parts.insert(1, WithObstacles)
    world = _made(tuple(parts), arguments)
    if isinstance(world, WithObjects):
        world.num_objects = int(factors["objects"])
    if isinstance(world, WithObstacles):
        world.num_obstacles = obstacles if obstacles <= size / 2 + 1 else size // 2
    return world


def _two_rooms(kind: type[RoomGrid], *, room_size: int) -> Any:
    """MiniGrid's two rooms, which are 6 cells wide, in another size."""
    world = _made((Unseen, kind), {})
    world.room_size, world.height, world.width = room_size, room_size, 2 * (room_size - 1) + 1
    world.grid = Grid(world.width, world.height)
    world.max_steps = 8 * room_size**2
    return world


def _made(parts: tuple[Any, ...], arguments: dict[str, Any]) -> Any:
    return _class_of(parts)(**arguments)


@functools.cache
def _class_of(parts: tuple[Any, ...]) -> Any:
    """A class that is all ``parts``, the first before the next in what it does."""
    return type("".join(part.__name__ for part in parts), parts, {})
