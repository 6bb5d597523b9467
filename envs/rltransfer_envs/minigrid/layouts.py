"""Layouts: MiniGrid's environments of the task ``reach``, in any size."""

# Parts of MiniGrid have no types.
# mypy: allow-untyped-calls

from __future__ import annotations

from typing import Any

from minigrid.core.grid import Grid
from minigrid.envs.crossing import CrossingEnv
from minigrid.envs.distshift import DistShiftEnv
from minigrid.envs.doorkey import DoorKeyEnv
from minigrid.envs.empty import EmptyEnv
from minigrid.envs.fourrooms import FourRoomsEnv
from minigrid.envs.lavagap import LavaGapEnv
from minigrid.envs.multiroom import MultiRoomEnv
from minigrid.minigrid_env import MiniGridEnv

from rltransfer.tasks.variation import Variation

Layout = tuple[type[MiniGridEnv], dict[str, Any]]
"""A class of MiniGrid and what to make it with."""


class FourRooms(FourRoomsEnv):
    """MiniGrid's four rooms, which are 19 cells wide, in another size."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = self.width = self.height = size
        self.grid = Grid(size, size)


class RandomStart(MiniGridEnv):
    """The agent starts anywhere in the layout that is mixed in, as in MiniGrid's ``Empty-Random``."""

    def _gen_grid(self, width: int, height: int) -> None:
        super()._gen_grid(width, height)  # type: ignore[safe-super]
        self.place_agent()


def layout_of(environment: Variation, *, has_objects: bool) -> Layout:
    """What to make for the layout of ``environment``.

    Args:
        environment: factors.
        has_objects: whether balls and keys are to be placed, for which too many crossings leave no room.
    """
    factors = environment.full()
    size, name = int(factors["size"]), str(factors["layout"])
    if name == "four-rooms":
        return FourRooms, {"size": size}
    if name in ("simple-crossing", "lava-crossing"):
        obstacle = "wall" if name == "simple-crossing" else "lava"
        crossings = min(int(factors["crossings"]), (size | 1) // 2 - 2 if has_objects else 5)
        return CrossingEnv, {"size": size | 1, "num_crossings": crossings, "obstacle_type": obstacle}
    if name == "dist-shift":
        height = size - 1
        row = min(int(factors["lava_row"]), height - 2)
        return DistShiftEnv, {"width": size + 1, "height": height, "strip2_row": row}
    if name == "lava-gap":
        return LavaGapEnv, {"size": size}
    if name == "door-key":
        return DoorKeyEnv, {"size": size}
    if name == "multi-room":
        rooms = int(factors["rooms"])
        return MultiRoomEnv, {"minNumRooms": rooms, "maxNumRooms": rooms, "maxRoomSize": max(4, size // 2)}
    return EmptyEnv, {"size": size}


STARTS_ANYWHERE = (FourRoomsEnv, DoorKeyEnv, MultiRoomEnv)
"""Layouts whose agent starts at random in any case; in the last two on this side of a closed door."""
