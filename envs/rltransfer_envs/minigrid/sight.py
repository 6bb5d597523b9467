"""What the agent gets to see: the grid kept as an array, and an observation of it by the factors of the sensor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from minigrid.minigrid_env import MiniGridEnv

from rltransfer.tasks.factor import FactorValue
from rltransfer_envs.drawing import lens
from rltransfer_envs.drawing.streams import Streams
from rltransfer_envs.minigrid.tiles import Tiles, tiles_of
from rltransfer_envs.minigrid.view import AGENT, EMPTY, RED, SIDE, draw_grid, draw_view, look

Pixels = npt.NDArray[np.uint8]
TILE = 8
"""Pixels of a cell in the agent's view, as in MiniGrid's wrapper."""
FRAME = TILE * SIDE
"""Pixels along a side of RGB observations."""
NOTHING = (EMPTY, 0, 0)


class Sight:
    """The sensor of one environment.

    Args:
        world: MiniGrid's environment.
        factors: every factor and its value.
    """

    def __init__(self, world: MiniGridEnv, factors: Mapping[str, FactorValue]) -> None:
        self._world = world
        self._kind = str(factors["observation"])
        self._size = int(factors["view_size"])
        vision = factors["vision"]
        self._is_transparent = bool(world.see_through_walls if vision == "layout" else vision == "transparent")
        self._noise, self._blur = float(factors["noise"]), int(factors["blur"])
        self._grain = lens.make_grain() if self._noise > 0 else np.zeros(1, np.float32)
        pixels = TILE if self._kind == "partial-rgb" else max(1, FRAME // max(world.width, world.height))
        self._tiles: Tiles = tiles_of(pixels, str(factors["palette"]), float(factors["brightness"]))
        self.cells: Pixels = np.zeros((world.width, world.height, 3), np.uint8)
        """(width, height, 3): the grid as MiniGrid encodes it."""
        self._carried = np.array(NOTHING, np.uint8)
        self._obstacles: list[tuple[int, int]] = []

    def space(self) -> spaces.Box:
        """The observation space."""
        shapes = {"partial-symbolic": (SIDE, SIDE, 3), "full-symbolic": self.cells.shape}
        return spaces.Box(0, 255, shapes.get(self._kind, (FRAME, FRAME, 3)), np.uint8)

    def begin(self) -> None:
        """Read the whole grid: an episode begins, or a state was put back."""
        codes = [NOTHING if thing is None else thing.encode() for thing in self._world.grid.grid]
        self.cells[:] = np.array(codes, np.uint8).reshape(*self.cells.shape[1::-1], 3).transpose(1, 0, 2)
        self._note_loose_things()

    def follow(self, ahead: tuple[int, int]) -> None:
        """Read what the last step can have changed: the cell acted on, what is carried, and obstacles."""
        changed = [ahead, *self._obstacles]
        self._note_loose_things()
        for column, row in (*changed, *self._obstacles):
            thing = self._world.grid.get(column, row)
            self.cells[column, row] = NOTHING if thing is None else thing.encode()

    def observe(self, streams: Streams) -> Pixels:
        """The observation now; noise moves the stream of pixels on."""
        world = self._world
        (x, y), heading = world.agent_pos, world.agent_dir
        if self._kind == "full-symbolic":
            symbols = self.cells.copy()
            symbols[x, y] = AGENT, RED, heading
            return symbols
        view = np.empty((SIDE, SIDE, 3), np.uint8)
        look(self.cells, x, y, heading, self._carried, self._size, self._is_transparent, view)
        if self._kind == "partial-symbolic":
            return view
        picture = self._drawn(view, int(x), int(y), heading)
        if self._blur > 0:
            lens.blur(picture, self._blur)
        if self._noise > 0:
            lens.add_noise(picture, self._grain, streams, self._noise)
        return picture

    def _drawn(self, view: Pixels, x: int, y: int, heading: int) -> Pixels:
        tiles = self._tiles
        picture = np.zeros((FRAME, FRAME, 3), np.uint8)
        while True:
            if self._kind == "partial-rgb":
                missing = draw_view(view, tiles.images, tiles.is_drawn, picture)
            else:
                missing = draw_grid(self.cells, view, x, y, heading, tiles.images, tiles.is_drawn, picture)
            if missing < 0:
                return picture
            tiles.draw(missing)

    def _note_loose_things(self) -> None:
        world: Any = self._world
        self._carried[:] = NOTHING if world.carrying is None else world.carrying.encode()
        self._obstacles = [(int(o.cur_pos[0]), int(o.cur_pos[1])) for o in getattr(world, "obstacles", ())]
