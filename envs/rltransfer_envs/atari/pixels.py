"""From the emulator's screen to the agent's frame: colours, maximum over two screens, scaling by areas.

The scaling is OpenCV's ``INTER_AREA`` on uint8, sum for sum in float32 and in the same order, so frames are bit for
bit those of ``ale_py.vector_env.AtariVectorEnv``, and no OpenCV is needed.
"""

from __future__ import annotations

import functools
import math

import numpy as np
import numpy.typing as npt

from rltransfer_envs.drawing.jit import compiled

SIDE = 84
"""Rows and columns of a frame."""

Screen = npt.NDArray[np.uint8]
"""(height, width) grey levels, or (height, width, 3) colours, of the game's own screen."""
Frame = npt.NDArray[np.uint8]
"""(84, 84) grey levels."""
Shares = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float32]]
"""(n,) source pixel, (n,) pixel it falls into and (n,) its share there, ordered by source pixel."""
ColumnShares = tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]
"""(3, 84) source pixels of each pixel, and (3, 84) their shares."""


@functools.cache
def area_shares(size: int) -> Shares:
    """How ``size`` pixels share out over 84: those that straddle an edge appear twice.

    Source: ``computeResizeAreaTab`` of OpenCV's ``resize.cpp``, whose arithmetic is in float64 and whose shares are
    float32.
    """
    scale = size / SIDE
    source, target, share = [], [], []
    for k in range(SIDE):
        start, stop = k * scale, k * scale + scale
        width = min(scale, size - start)
        first, last = math.ceil(start), min(math.floor(stop), size - 1)
        first = min(first, last)
        parts = [(first - 1, first - start)] if first - start > 1e-3 else []
        parts += [(pixel, 1.0) for pixel in range(first, last)]
        if stop - last > 1e-3:
            parts.append((last, min(stop - last, 1.0, width)))
        for pixel, overlap in parts:
            source.append(pixel)
            target.append(k)
            share.append(overlap / width)
    return np.array(source), np.array(target), np.array(share, np.float32)


@functools.cache
def column_shares(size: int) -> ColumnShares:
    """``area_shares`` of a line of ``size`` pixels, up to 252, by target: three sources each, the last often with 0."""
    sources, shares = np.zeros((3, SIDE), np.int64), np.zeros((3, SIDE), np.float32)
    filled = np.zeros(SIDE, np.int64)
    for source, target, share in zip(*area_shares(size), strict=True):
        sources[filled[target], target], shares[filled[target], target] = source, share
        filled[target] += 1
    return sources, shares


@compiled
def scale_down(screen: Screen, rows: Shares, columns: ColumnShares, frame: Frame) -> None:
    """Average areas of ``screen`` into ``frame``."""
    row_source, row_target, row_share = rows
    sources, shares = columns
    sums, line = np.zeros(frame.shape[1], np.float32), np.empty(frame.shape[1], np.float32)
    pixels = np.empty(screen.shape[1], np.float32)
    current = row_target[0]
    for j in range(row_source.shape[0]):
        if j == 0 or row_source[j] != row_source[j - 1]:  # else the row straddles two of the frame's
            for column in range(screen.shape[1]):
                pixels[column] = np.float32(screen[row_source[j], column])
            for column in range(frame.shape[1]):
                line[column] = (
                    pixels[sources[0, column]] * shares[0, column]
                    + pixels[sources[1, column]] * shares[1, column]
                    + pixels[sources[2, column]] * shares[2, column]
                )
        if row_target[j] != current:
            for column in range(frame.shape[1]):
                frame[current, column] = np.uint8(np.rint(sums[column]))
                sums[column] = np.float32(0)
            current = row_target[j]
        for column in range(frame.shape[1]):
            sums[column] += row_share[j] * line[column]
    for column in range(frame.shape[1]):
        frame[current, column] = np.uint8(np.rint(sums[column]))


@compiled
def keep_brightest(screen: Screen, other: Screen) -> None:
    """The maximum of two screens, into the first: sprites that flicker are in one of two successive screens only."""
    for row in range(screen.shape[0]):
        for column in range(screen.shape[1]):
            screen[row, column] = max(screen[row, column], other[row, column])


@compiled
def push(stack: npt.NDArray[np.uint8], frame: Frame, grey_levels: npt.NDArray[np.uint8]) -> None:
    """Put ``frame`` behind the others of ``stack``, (84, 84, frames), whose oldest leaves."""
    last = stack.shape[2] - 1
    for row in range(stack.shape[0]):
        for column in range(stack.shape[1]):
            for k in range(last):
                stack[row, column, k] = stack[row, column, k + 1]
            stack[row, column, last] = grey_levels[frame[row, column]]


def compile_now() -> None:
    """Compile what every frame passes through, so that processes forked later find it compiled."""
    screen, frame = np.zeros((SIDE, SIDE), np.uint8), np.zeros((SIDE, SIDE), np.uint8)
    keep_brightest(screen, screen)
    scale_down(screen, area_shares(SIDE), column_shares(SIDE), frame)
    push(np.zeros((SIDE, SIDE, 1), np.uint8), frame, np.zeros(256, np.uint8))
