"""Tiles drawn by MiniGrid once and kept, in the colours of an environment."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
from minigrid.core.grid import Grid
from minigrid.core.world_object import WorldObj

from rltransfer_envs.minigrid.view import NUM_CODES

Floats = npt.NDArray[np.float64]


class Tiles:
    """One tile for each code of ``view.tile_code``, drawn when it is first needed.

    Args:
        pixels: of a side.
        palette: of the family's palettes.
        brightness: factor on every colour.
    """

    def __init__(self, pixels: int, palette: str, brightness: float) -> None:
        self._pixels, self._palette, self._brightness = pixels, palette, brightness
        self.images = np.zeros((NUM_CODES, pixels, pixels, 3), np.uint8)
        self.is_drawn = np.zeros(NUM_CODES, np.bool_)

    def draw(self, code: int) -> None:
        """Have MiniGrid draw the tile of ``code``."""
        rest, is_lit = divmod(code, 2)
        rest, heading = divmod(rest, 5)
        rest, state = divmod(rest, 4)
        kind, colour = divmod(rest, 6)
        tile = Grid.render_tile(
            WorldObj.decode(kind, colour, state),
            agent_dir=heading - 1 if heading > 0 else None,
            highlight=bool(is_lit),
            tile_size=self._pixels,
        )
        self.images[code] = tile  # fractions are cut off, as MiniGrid does when it pastes a tile
        if self._palette != "standard" or self._brightness != 1.0:
            coloured = recoloured(self.images[code].astype(np.float64), self._palette) * self._brightness
            self.images[code] = np.clip(np.rint(coloured), 0, 255)
        self.is_drawn[code] = True


@functools.lru_cache(maxsize=16)
def tiles_of(pixels: int, palette: str, brightness: float) -> Tiles:
    """The tiles that all environments of this process with these colours share."""
    return Tiles(pixels, palette, brightness)


def recoloured(colours: Floats, palette: str) -> Floats:
    """(..., 3) colours of 0 to 255 in another palette, own choice: shifted a little, a lot, and past recognition."""
    if palette == "dusk":
        dimmed: Floats = colours * np.array([0.75, 0.6, 0.9]) + np.array([25.0, 10.0, 35.0])
        return dimmed
    if palette == "pastel":
        return 0.55 * colours + 115.0
    if palette == "rotated":
        return np.roll(colours, 1, axis=-1)
    if palette == "inverted":
        return 255.0 - colours
    return colours
