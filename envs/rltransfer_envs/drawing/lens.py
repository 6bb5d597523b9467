"""What happens between a scene and the pixels that an agent gets: blur, occlusion and noise."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rltransfer_envs.drawing.jit import compiled
from rltransfer_envs.drawing.shapes import Frame
from rltransfer_envs.drawing.streams import PIXELS, Streams, integer

Floats = npt.NDArray[np.float64]
Grain = npt.NDArray[np.float32]
"""(n,) standard normal numbers, from which noise is cut; see ``make_grain``."""


def make_grain() -> Grain:
    """The normal numbers that all noise is cut from: drawing each anew would cost more than the scene."""
    return np.random.Generator(np.random.PCG64(0)).standard_normal(2**15).astype(np.float32)


@compiled
def blur(frame: Frame, passes: int) -> None:
    """Binomial 3 by 3 filter, passes times, edges repeated."""
    size = frame.shape[0]
    source = np.empty((size + 2, size + 2, 3), np.uint16)
    for _ in range(passes):
        for r in range(size + 2):
            row = min(max(r - 1, 0), size - 1)
            for c in range(size + 2):
                column = min(max(c - 1, 0), size - 1)
                for channel in range(3):
                    source[r, c, channel] = frame[row, column, channel]
        for r in range(size):
            for c in range(size):
                for channel in range(3):
                    total = 8
                    for d in range(3):
                        weight = 2 if d == 1 else 1
                        line = source[r + d]
                        total += weight * (line[c, channel] + 2 * line[c + 1, channel] + line[c + 2, channel])
                    frame[r, c, channel] = np.uint8(total // 16)


@compiled
def occlude(frame: Frame, corner: Floats, side: float) -> None:
    """Darken a square of ``side`` times the frame's size."""
    size = frame.shape[0]
    length = int(side * size + 0.5)
    top, left = int(corner[1] * (size - length)), int(corner[0] * (size - length))
    for r in range(top, top + length):
        for c in range(left, left + length):
            for channel in range(3):
                frame[r, c, channel] = 12


@compiled
def add_noise(frame: Frame, grain: Grain, streams: Streams, deviation: float) -> None:
    """Gaussian noise; each row takes a random cut of one long stretch of normal numbers."""
    length = frame.shape[1] * 3
    for r in range(frame.shape[0]):
        start = integer(streams, PIXELS, grain.shape[0] - length)
        row = frame[r].reshape(length)
        cut = grain[start : start + length]
        level = np.float32(deviation)
        for k in range(length):
            value = np.float32(row[k]) + level * cut[k] + np.float32(0.5)
            row[k] = np.uint8(min(max(value, np.float32(0)), np.float32(255)))
