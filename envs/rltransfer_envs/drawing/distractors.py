"""Coloured things without effect, of which every other one moves."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from rltransfer_envs.drawing.jit import compiled
from rltransfer_envs.drawing.streams import PIXELS, Streams, uniform

Floats = npt.NDArray[np.float64]


@compiled
def scatter(distractors: Floats, count: int, streams: Streams, room: float, step: float) -> None:
    """Place them for a new episode.

    Args:
        distractors: (most, 4) x, y and their velocities; the first ``count`` are written.
        count: how many there are.
        streams: of the copy; its pixel stream moves on.
        room: metres from the middle that they stay within, along either axis.
        step: metres that a moving one goes in a control step.
    """
    for k in range(count):
        angle = 2 * math.pi * uniform(streams, PIXELS)
        distractors[k, 0] = (2 * uniform(streams, PIXELS) - 1) * room
        distractors[k, 1] = (2 * uniform(streams, PIXELS) - 1) * room
        pace = step if k % 2 == 0 else 0.0
        distractors[k, 2] = pace * math.cos(angle)
        distractors[k, 3] = pace * math.sin(angle)


@compiled
def drift(distractors: Floats, count: int, room: float) -> None:
    """Move the first ``count`` by one control step; they bounce off the edge of their room."""
    for k in range(count):
        for axis in range(2):
            there = distractors[k, axis] + distractors[k, 2 + axis]
            if abs(there) > room:
                distractors[k, 2 + axis] = -distractors[k, 2 + axis]
                there = distractors[k, axis] + distractors[k, 2 + axis]
            distractors[k, axis] = there
