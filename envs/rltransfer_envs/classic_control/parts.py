"""Scenes as lists of coloured shapes, the form in which a system says what is to be drawn.

A part is a row of eight numbers: shape, x, y, heading, half length, half width, colour and opacity, in metres and
radians of the scene. Every system builds its parts for all copies at once.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rltransfer_envs.drawing.shapes import CAPSULE

Parts = npt.NDArray[np.float64]
"""(copies, parts, 8)."""
Values = float | npt.NDArray[np.float64]
"""One number for all copies, or (copies,)"""


GHOST_OPACITY = 0.8
"""Of afterimages."""


class Scene:
    """Parts of ``num`` copies, added one after another and drawn in that order."""

    def __init__(self, num: int) -> None:
        self._num = num
        self._rows: list[npt.NDArray[np.float64]] = []

    def add(  # noqa: PLR0917 -- a part is a row of numbers
        self,
        shape: int,
        x: Values,
        y: Values,
        heading: Values,
        half_length: Values,
        half_width: Values,
        colour: Values,
        opacity: Values = 1.0,
    ) -> None:
        """One part of each copy."""
        row = np.empty((self._num, 8))
        row[:, 0], row[:, 1], row[:, 2], row[:, 3] = shape, x, y, heading
        row[:, 4], row[:, 5], row[:, 6], row[:, 7] = half_length, half_width, colour, opacity
        self._rows.append(row)

    def rod(  # noqa: PLR0917 -- a part is a row of numbers
        self, x: Values, y: Values, heading: Values, length: Values, half_width: float, colour: int, opacity: float = 1
    ) -> tuple[Values, Values]:
        """A rod with round ends from (x, y) on; returns where it ends."""
        dx, dy = length * np.cos(heading), length * np.sin(heading)
        self.add(CAPSULE, x + dx / 2, y + dy / 2, heading, length / 2, half_width, colour, opacity)
        return x + dx, y + dy

    def parts(self) -> Parts:
        """(copies, parts, 8)."""
        if not self._rows:
            return np.empty((self._num, 0, 8))
        return np.stack(self._rows, axis=1)
