"""What the agent sees, computed from the encoded grid: symbols and pixels, equal to MiniGrid's own bit for bit.

MiniGrid slices, rotates and masks a grid of Python objects for every view and pastes tiles one by one, which takes
most of the time of a step.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rltransfer_envs.drawing.jit import compiled

SIDE = 7
"""Cells along a side of the agent's view; a smaller ``view_size`` leaves the rest unseen."""
UNSEEN, EMPTY, WALL, DOOR, AGENT = 0, 1, 2, 4, 10
"""MiniGrid's numbers of what a cell holds."""
RED, GREY = 0, 5
OPEN = 0
NUM_CODES = 11 * 6 * 4 * 5 * 2
"""Kinds of tile: object, colour, state; the agent's heading or none; highlighted or not."""

Cells = npt.NDArray[np.uint8]
"""(width, height, 3): object, colour and state of every cell; (1, 0, 0) where it is empty."""
Pixels = npt.NDArray[np.uint8]
"""(height, width, 3)"""


@compiled
def look(  # noqa: PLR0917 -- compiled functions take positions
    cells: Cells, x: int, y: int, heading: int, carried: Cells, size: int, transparent: bool, view: Cells
) -> None:
    """Write the agent's view: it is at the bottom in the middle and faces up.

    Args:
        cells: the whole grid.
        x: column of the agent.
        y: row of the agent.
        heading: 0 right, 1 down, 2 left, 3 up.
        carried: (3,) the object carried, or (1, 0, 0); it is shown in the agent's own cell.
        size: rows seen; columns are as many for an odd size, one more for an even one.
        transparent: nothing hides what is behind it.
        view: (7, 7, 3) columns, rows; (0, 0, 0) where unseen.
    """
    dx = 1 if heading == 0 else (-1 if heading == 2 else 0)
    dy = 1 if heading == 1 else (-1 if heading == 3 else 0)
    half, middle, bottom = size // 2, SIDE // 2, SIDE - 1
    view[:] = 0
    for i in range(middle - half, middle + half + 1):
        for j in range(SIDE - size, SIDE):
            across, ahead = i - middle, bottom - j
            column, row = x - dy * across + dx * ahead, y + dx * across + dy * ahead
            if 0 <= column < cells.shape[0] and 0 <= row < cells.shape[1]:
                view[i, j] = cells[column, row]
            else:
                view[i, j, 0], view[i, j, 1] = WALL, GREY
    if not transparent:
        _hide(view, middle - half, middle + half, SIDE - size)
    view[middle, bottom] = carried


@compiled
def _see_behind(cell: Cells) -> bool:
    return not (cell[0] == WALL or (cell[0] == DOOR and cell[2] != OPEN))


@compiled
def _hide(view: Cells, left: int, right: int, top: int) -> None:
    """Blank what no path of sight reaches; ``Grid.process_vis`` of MiniGrid, in the same order."""
    seen = np.zeros((SIDE, SIDE), np.bool_)
    seen[SIDE // 2, SIDE - 1] = True
    for j in range(SIDE - 1, top - 1, -1):
        for i in range(left, right):
            if seen[i, j] and _see_behind(view[i, j]):
                seen[i + 1, j] = True
                if j > top:
                    seen[i + 1, j - 1] = True
                    seen[i, j - 1] = True
        for i in range(right, left, -1):
            if seen[i, j] and _see_behind(view[i, j]):
                seen[i - 1, j] = True
                if j > top:
                    seen[i - 1, j - 1] = True
                    seen[i, j - 1] = True
    for i in range(SIDE):
        for j in range(SIDE):
            if not seen[i, j]:
                view[i, j] = 0


@compiled
def tile_code(cell: Cells, heading: int, is_lit: bool) -> int:
    """The number of a tile; ``heading`` is -1 where the agent is elsewhere."""
    kind = (int(cell[0]) * 6 + int(cell[1])) * 4 + int(cell[2])
    return (kind * 5 + heading + 1) * 2 + int(is_lit)


@compiled
def _paste(tiles: Pixels, code: int, picture: Pixels, top: int, left: int) -> None:
    """Number by number, which compiles to less than half the time of assigning a slice."""
    side = tiles.shape[1]
    for row in range(side):
        for column in range(side):
            for channel in range(3):
                picture[top + row, left + column, channel] = tiles[code, row, column, channel]


@compiled
def draw_view(view: Cells, tiles: Pixels, is_drawn: npt.NDArray[np.bool_], picture: Pixels) -> int:
    """Paste the tiles of the agent's view; what is seen is lit, as upstream.

    Args:
        view: (7, 7, 3) of ``look``.
        tiles: (NUM_CODES, pixels, pixels, 3).
        is_drawn: (NUM_CODES,) which tiles there are.
        picture: where to, (7 * pixels, 7 * pixels, 3).

    Returns:
        The code of a tile that is missing, or -1.
    """
    side = tiles.shape[1]
    up = 3
    for i in range(SIDE):
        for j in range(SIDE):
            heading = up if i == SIDE // 2 and j == SIDE - 1 else -1
            code = tile_code(view[i, j], heading, view[i, j, 0] != UNSEEN)
            if not is_drawn[code]:
                return code
            _paste(tiles, code, picture, j * side, i * side)
    return -1


@compiled
def draw_grid(  # noqa: PLR0917 -- compiled functions take positions
    cells: Cells,
    view: Cells,
    x: int,
    y: int,
    heading: int,
    tiles: Pixels,
    is_drawn: npt.NDArray[np.bool_],
    picture: Pixels,
) -> int:
    """Paste the tiles of the whole grid in the middle of ``picture``; what the agent sees is lit.

    Returns:
        The code of a tile that is missing, or -1.
    """
    width, height, side = cells.shape[0], cells.shape[1], tiles.shape[1]
    is_lit = _lit(view, x, y, heading, width, height)
    left, top = (picture.shape[1] - width * side) // 2, (picture.shape[0] - height * side) // 2
    for i in range(width):
        for j in range(height):
            code = tile_code(cells[i, j], heading if i == x and j == y else -1, is_lit[i, j])
            if not is_drawn[code]:
                return code
            _paste(tiles, code, picture, top + j * side, left + i * side)
    return -1


@compiled
def _lit(  # noqa: PLR0917 -- compiled functions take positions
    view: Cells, x: int, y: int, heading: int, width: int, height: int
) -> npt.NDArray[np.bool_]:
    """(width, height): which cells of the grid the agent sees."""
    dx = 1 if heading == 0 else (-1 if heading == 2 else 0)
    dy = 1 if heading == 1 else (-1 if heading == 3 else 0)
    is_lit = np.zeros((width, height), np.bool_)
    for i in range(SIDE):
        for j in range(SIDE):
            across, ahead = i - SIDE // 2, SIDE - 1 - j
            column, row = x - dy * across + dx * ahead, y + dx * across + dy * ahead
            if view[i, j, 0] != UNSEEN and 0 <= column < width and 0 <= row < height:
                is_lit[column, row] = True
    return is_lit
