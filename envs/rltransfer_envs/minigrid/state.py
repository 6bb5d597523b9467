"""States of a MiniGrid world as plain arrays, numbers and text, to be kept and put back."""

# Parts of MiniGrid have no types.
# mypy: allow-untyped-calls

from __future__ import annotations

from typing import Any

import numpy as np
from minigrid.core.world_object import WorldObj
from minigrid.minigrid_env import MiniGridEnv

from rltransfer_envs.minigrid.goals import Obstacle

POINTERS = ("carrying", "door", "obj", "red_door", "blue_door")
"""Attributes of worlds that are an object or None."""
NOWHERE = (-1, -1)


def get_world_state(world: MiniGridEnv) -> dict[str, Any]:
    """Everything that the rest of an episode, and the episodes after it, depend on.

    Objects are kept once each, with their identity: MiniGrid asks whether the box carried is *the* box.
    """
    table: list[WorldObj] = []
    rows_of: dict[int, int] = {}

    def number(thing: WorldObj | None) -> int:
        """Its row in the table of objects, or -1."""
        if thing is None:
            return -1
        if id(thing) not in rows_of:
            rows_of[id(thing)] = len(table)
            table.append(thing)
            number(thing.contains)
        return rows_of[id(thing)]

    grid = np.array([number(thing) for thing in world.grid.grid], np.int32)
    pointers = {name: number(getattr(world, name)) for name in POINTERS if hasattr(world, name)}
    obstacles = np.array([number(thing) for thing in getattr(world, "obstacles", ())], np.int32)
    rows = [(*thing.encode(), number(thing.contains), *_place(thing), isinstance(thing, Obstacle)) for thing in table]
    state = {
        "grid": grid,
        "objects": np.array(rows, np.int32).reshape(-1, 7),
        "pointers": pointers,
        "obstacles": obstacles,
        "agent": np.array([*world.agent_pos, world.agent_dir, world.step_count], np.int32),
        "mission": world.mission,
        "random": world.np_random.bit_generator.state,
    }
    if hasattr(world, "target_pos"):
        state["target"] = np.array(world.target_pos, np.int32)
    return state


def set_world_state(world: Any, state: dict[str, Any]) -> None:
    """Put ``world``, made for the same task and environment, into ``state``."""
    table: list[WorldObj] = []
    for kind, colour, condition, _, column, row, wanders in state["objects"].tolist():
        thing = Obstacle() if wanders else WorldObj.decode(kind, colour, condition)
        assert thing is not None
        thing.cur_pos = thing.init_pos = None if (column, row) == NOWHERE else (column, row)
        table.append(thing)
    for thing, contained in zip(table, state["objects"][:, 3].tolist(), strict=True):
        thing.contains = None if contained < 0 else table[contained]
    world.grid.grid = [None if k < 0 else table[k] for k in state["grid"].tolist()]
    for name, k in state["pointers"].items():
        setattr(world, name, None if k < 0 else table[k])
    if hasattr(world, "num_obstacles"):
        world.obstacles = [table[k] for k in state["obstacles"].tolist()]
    column, row, world.agent_dir, world.step_count = state["agent"].tolist()
    world.agent_pos = (column, row)
    world.mission = state["mission"]
    world.np_random.bit_generator.state = state["random"]
    if "target" in state:
        world.target_pos = tuple(state["target"].tolist())


def _place(thing: WorldObj) -> tuple[int, int]:
    return NOWHERE if thing.cur_pos is None else (int(thing.cur_pos[0]), int(thing.cur_pos[1]))
